/** What stands on the map and moves with it: the cursor, marks, the ring under the pointer, the names of the axes. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Board } from "../points/board";
import { onMoves } from "../points/gestures";
import type { Layer } from "../points/layers";
import type { Place, View } from "../space";

export interface Mark {
  id: string;
  place: Place;
  title: string;
  kind?: "cross" | "ring" | "end" | "dot";
  onDrag?(place: Place, event: Event): void;
  onDragEnd?(place: Place): void;
}

/** A canvas over the whole stage that a layer draws on. */
export function LayerCanvas({ board, layer }: { board: Board; layer: Layer }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => board.layers.add(canvas.current!, layer), [board, layer]);
  return <canvas ref={canvas} aria-hidden="true" />;
}

/** Something whose middle is at a place of the map. */
export function Pinned(props: { board: Board; place: Place; class: string; children?: ComponentChildren }) {
  const { board, place } = props;
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => board.layers.pin(element.current!, place), [board, place[0], place[1]]);
  useLayoutEffect(() => () => board.layers.unpin(element.current!), [board]);
  return (
    <div ref={element} class={`pinned ${props.class}`} aria-hidden="true">
      {props.children}
    </div>
  );
}

const STEP = 4; // pixels an arrow key moves something
const LEAP = 24; // the same with Shift

/** How far an arrow key moves something, in pixels; null for another key. */
export function arrow(event: KeyboardEvent): [dx: number, dy: number] | null {
  const size = event.shiftKey ? LEAP : STEP;
  const ways: Record<string, [number, number]> = {
    ArrowLeft: [-size, 0],
    ArrowRight: [size, 0],
    ArrowUp: [0, -size],
    ArrowDown: [0, size],
  };
  return ways[event.key] ?? null;
}

/** A place moved by some pixels. */
export function shifted(board: Board, place: Place, [dx, dy]: [number, number]): Place {
  const [x, y] = board.camera.pixel(place);
  return board.camera.place([x + dx, y + dy]);
}

/** A named thing on the map; draggable, and movable by arrow keys, where somebody listens. */
export function MarkHandle({ board, mark }: { board: Board; mark: Mark }) {
  const element = useRef<HTMLButtonElement>(null);
  const held = useRef<{ from: [number, number]; place: Place } | null>(null);
  const { place, title, kind = "cross", onDrag, onDragEnd } = mark;
  useLayoutEffect(() => board.layers.pin(element.current!, place), [board, place[0], place[1]]);
  useLayoutEffect(() => () => board.layers.unpin(element.current!), [board]);
  const moved = ({ clientX, clientY }: PointerEvent): Place => {
    const { from, place } = held.current!;
    return shifted(board, place, [clientX - from[0], clientY - from[1]]);
  };
  const drag = useRef(onDrag);
  drag.current = onDrag;
  useLayoutEffect(() => {
    const stop = new AbortController();
    onMoves(element.current!, stop.signal, (event, last) => held.current && drag.current?.(moved(last), event));
    return () => stop.abort();
  }, [board]);
  const face = (
    <>
      <i class={kind} />
      <span>{title}</span>
    </>
  );
  if (!onDrag) {
    return (
      <div ref={element as never} class="pinned mark" role="img" aria-label={title}>
        {face}
      </div>
    );
  }
  return (
    <button
      type="button"
      ref={element}
      class="pinned mark drags"
      data-own
      aria-label={`${title}. The arrow keys move it.`}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        held.current = { from: [event.clientX, event.clientY], place };
        board.held = true;
      }}
      onPointerUp={(event) => {
        if (!held.current) return;
        onDragEnd?.(moved(event));
        held.current = null;
        board.held = false;
      }}
      onPointerCancel={() => {
        if (held.current) onDragEnd?.(held.current.place);
        held.current = null;
        board.held = false;
      }}
      onKeyDown={(event) => {
        const by = arrow(event);
        if (!by) return;
        event.preventDefault();
        event.stopPropagation();
        onDrag(shifted(board, place, by), event);
      }}
      onKeyUp={(event) => arrow(event) && onDragEnd?.(mark.place)}
    >
      {face}
    </button>
  );
}

export function Axes({ view }: { view: View }) {
  const [right, up] = view.axes;
  return right ? (
    <div class="axes" aria-hidden="true">
      <span>{right} →</span>
      <span>↑ {up}</span>
    </div>
  ) : null;
}
