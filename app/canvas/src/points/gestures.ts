/** What hands do on a stage: pointers, wheel and fingers, told apart and given to whoever acts on them. */

import type { Board } from "./board";
import type { Pixel } from "./camera";

export type Gesture = "cursor" | "shape" | "pan" | "turn";

export interface Acts {
  /** What a press with the first button or one finger does. */
  gesture(): Gesture;
  begin(gesture: Gesture, pixel: Pixel, event: PointerEvent): void;
  move(gesture: Gesture, pixel: Pixel, event: PointerEvent): void;
  /** A press that did not move is a click. */
  end(gesture: Gesture, pixel: Pixel, clicked: boolean): void;
  /** It was another gesture, or none: what it did is undone. */
  cancel(gesture: Gesture, event: Event): void;
  hover(pixel: Pixel | null): void;
}

const CLICK = 4; // pixels that a click may move
const TURN = 0.008; // radians a pixel

const OFTEN = 4; // ms between two moves that are acted on before their frame

/** Every move of a pointer as soon as it is known: browsers keep ``pointermove`` back until the next frame. */
export function onMoves(element: HTMLElement, signal: AbortSignal, act: (event: PointerEvent, last: PointerEvent) => void): void {
  let [x, y, then] = [NaN, NaN, 0];
  const moved = (event: PointerEvent) => {
    const last = event.getCoalescedEvents?.().at(-1) ?? event;
    const early = event.type === "pointerrawupdate";
    if (early && (!event.buttons || event.timeStamp - then < OFTEN)) return;
    if (!early && event.buttons && last.clientX === x && last.clientY === y) return; // known already
    [x, y, then] = [last.clientX, last.clientY, event.timeStamp];
    act(event, last);
  };
  element.addEventListener("pointerrawupdate", moved as EventListener, { signal });
  element.addEventListener("pointermove", moved, { signal });
}

/** Listens on a stage until it is told to stop. */
export function listen(root: HTMLElement, board: Board, acts: Acts): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const down = new Map<number, Pixel>();
  let gesture: Gesture | undefined;
  let [start, travelled]: [Pixel, number] = [[0, 0], 0];
  let space = false;

  const pixel = (event: MouseEvent): Pixel => {
    const box = root.getBoundingClientRect();
    return [event.clientX - box.left - root.clientLeft, event.clientY - box.top - root.clientTop];
  };
  const own = (event: Event) => (event.target as Element).closest?.("[data-own]") !== null;

  root.addEventListener("pointerdown", (event) => {
    if (own(event)) return;
    const at = pixel(event);
    down.set(event.pointerId, at);
    root.setPointerCapture(event.pointerId);
    board.held = true;
    board.still();
    acts.hover(null);
    if (down.size === 2) {
      if (gesture) acts.cancel(gesture, event);
      gesture = undefined;
      return;
    }
    if (down.size > 2) return;
    const panning = event.button === 1 || (event.button === 0 && space);
    if (!panning && event.button !== 0) return;
    if (panning) event.preventDefault();
    gesture = panning ? "pan" : acts.gesture();
    [start, travelled] = [at, 0];
    root.dataset.doing = gesture;
    acts.begin(gesture, at, event);
  }, { signal });

  onMoves(root, signal, (event, last) => {
    const before = down.get(event.pointerId);
    const at = pixel(last);
    if (!before) {
      board.still();
      if (event.pointerType !== "touch") acts.hover(own(event) ? null : at);
      return;
    }
    if (down.size === 2) pinch(before, at, event.pointerId);
    down.set(event.pointerId, at);
    if (!gesture) return;
    travelled = Math.max(travelled, Math.hypot(at[0] - start[0], at[1] - start[1]));
    const [dx, dy] = [at[0] - before[0], at[1] - before[1]];
    if (gesture === "pan") {
      board.camera.pan(dx, dy);
      board.touch();
    } else if (gesture === "turn") {
      board.rotate(dx * TURN, dy * TURN);
    }
    acts.move(gesture, at, event);
  });

  /** Two fingers: what lies under them stays under them. */
  const pinch = (before: Pixel, at: Pixel, id: number) => {
    const [, other] = [...down].find(([each]) => each !== id)!;
    const away = (a: Pixel) => Math.hypot(a[0] - other[0], a[1] - other[1]) || 1;
    board.camera.pan((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
    board.camera.zoomBy(away(at) / away(before), [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2]);
    board.touch();
  };

  const up = (event: PointerEvent) => {
    if (!down.delete(event.pointerId)) return;
    board.held = down.size > 0;
    delete root.dataset.doing;
    if (!gesture) return;
    if (event.type === "pointercancel") acts.cancel(gesture, event);
    else acts.end(gesture, pixel(event), travelled < CLICK);
    gesture = undefined;
  };
  root.addEventListener("pointerup", up, { signal });
  root.addEventListener("pointercancel", up, { signal });
  root.addEventListener("pointerleave", () => acts.hover(null), { signal });
  root.addEventListener("mousedown", (event) => event.button === 1 && event.preventDefault(), { signal }); // no autoscroll

  root.addEventListener("wheel", (event) => {
    if (own(event)) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    board.camera.zoomBy(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0018)), pixel(event));
    acts.hover(null);
    board.touch();
  }, { passive: false, signal });

  // The space bar pans while it is held, unless it is meant for a control.
  const pressed = (event: KeyboardEvent, on: boolean) => {
    if (on && gesture && event.key === "Escape") {
      acts.cancel(gesture, event);
      gesture = undefined;
      event.stopPropagation();
    }
    if (event.code !== "Space") return;
    const target = event.composedPath()[0] as Element;
    const free = target === root || target === document.body;
    if (on && (!free || !root.matches(":hover, :focus"))) return;
    if (on) event.preventDefault();
    space = on;
    root.classList.toggle("panning", on);
  };
  window.addEventListener("keydown", (event) => pressed(event, true), { capture: true, signal });
  window.addEventListener("keyup", (event) => pressed(event, false), { signal });
  window.addEventListener("blur", () => {
    space = false;
    root.classList.remove("panning");
  }, { signal });
  return () => stop.abort();
}
