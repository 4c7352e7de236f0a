/** The stage: a map of codes that is panned, zoomed, asked, selected from, and decoded under the cursor. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Colouring } from "../colouring";
import { Board } from "../points/board";
import { listen } from "../points/gestures";
import { Shapes } from "../points/shapes";
import type { Scene } from "../scene";
import type { Place, View } from "../space";
import { actsOf, SHAPES } from "./acts";
import { Arrows } from "./arrows";
import { Card } from "./hover";
import { keysOf } from "./keys";
import { Fence } from "./kit";
import { Manifold } from "./manifold";
import { Corner } from "./corner";
import { Axes, LayerCanvas, MarkHandle, Pinned, type Mark } from "./overlay";
import { Thumbnails } from "./thumbnails";

export type { Mark } from "./overlay";
export type Tool = "decode" | "pan" | "lasso" | "box";

export interface StageProps {
  scene: Scene;
  view: View;
  label: string; // what the map shows, for a screen reader
  colours: Colouring;
  selected?: number[]; // lit, the rest dimmed; none: nothing is dimmed
  hidden?: Uint8Array | null; // (N), 1 where the legend filters a row out
  lit?: number[]; // rows with a ring
  tool: Tool;
  cursor?: Place;
  onCursor?(place: Place, event: Event): void;
  onCursorEnd?(place: Place): void;
  onSelect?(rows: number[]): void; // at the end of a lasso or a box; Escape gives []
  onPoint?(row: number): void; // a click, or Enter
  marks?: Mark[];
  paths?: Place[][];
  manifold?: boolean;
  arrows?: boolean; // the score field
  thumbnails?: boolean;
  card?: boolean; // over a point, unless false
  meter?: boolean;
  remember: string; // key under which the camera is kept for a visit
  children?: ComponentChildren; // over the map: a legend
}

const HOW: Record<Tool, string> = {
  decode: "Arrow keys move the cursor, Shift makes them larger.",
  pan: "Arrow keys move the map.",
  lasso: "Draw around points to select them, or press Enter to select what is in sight. Arrow keys move the map.",
  box: "Draw a box around points to select them, or press Enter to select what is in sight. Arrow keys move the map.",
};

/** What the map shows, and what the keys do. */
function spokenLabel({ label, tool }: StageProps, deep: boolean): string {
  const enter = SHAPES[tool] ? "" : ", Enter picks the nearest point";
  return `${label}. ${deep ? "Arrow keys turn it." : HOW[tool]} Plus and minus zoom, 0 shows everything${enter}.`;
}

export function Stage(props: StageProps) {
  return (
    <Fence>
      <Shown {...props} />
    </Fence>
  );
}

function Shown(props: StageProps) {
  const { scene, view, colours, selected, hidden, cursor, marks, lit, paths, tool } = props;
  const root = useRef<HTMLDivElement>(null);
  const rest = useRef<HTMLCanvasElement>(null);
  const bright = useRef<HTMLCanvasElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const said = useRef<HTMLParagraphElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const [board, setBoard] = useState<Board>();
  const shapes = useMemo(() => new Shapes(), []);
  const keys = useMemo(() => board && keysOf(board, latest, said), [board]);
  const thumbnails = useMemo(() => new Thumbnails(scene), [scene.base]);
  const images = useRef(thumbnails);
  images.current = thumbnails;
  const acts = useMemo(
    () => board && actsOf(board, shapes, latest, () => (latest.current.thumbnails ? images.current.reach : 0)),
    [board],
  );
  const shown = useRef<Manifold>(undefined);
  const manifold = useMemo(() => (shown.current = new Manifold(scene, view).inherit(shown.current)), [scene, view]);
  const arrows = useMemo(() => new Arrows(scene, view), [scene, view]);
  const [deep, exact] = [view.name === "pca3" || view.name === "umap3", view.exact];

  useLayoutEffect(() => {
    const off = new URLSearchParams(location.search).get("webgl") === "off";
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const made = new Board([rest.current!, bright.current!], !off, calm, probe.current!);
    const sized = new ResizeObserver(([{ contentRect }]) => made.resize(contentRect.width, contentRect.height));
    made.resize(root.current!.clientWidth, root.current!.clientHeight);
    sized.observe(root.current!);
    const rescaled = () => made.rescale();
    window.addEventListener("resize", rescaled); // another screen
    setBoard(made);
    return () => {
      sized.disconnect();
      window.removeEventListener("resize", rescaled);
      made.free();
    };
  }, []);
  useLayoutEffect(() => board && listen(root.current!, board, acts!), [board]);
  useLayoutEffect(() => board && follow(probe.current!, () => board.layers.redraw()), [board]);
  useLayoutEffect(() => {
    board?.show(scene.base, view, [props.remember, scene.card.id, view.name, ...view.axes].join(" "));
  }, [board, scene.base, view, props.remember]);
  useLayoutEffect(() => board?.colour(colours), [board, colours]);
  useLayoutEffect(() => board?.light(selected ?? [], hidden), [board, scene.base, selected, hidden]);
  useLayoutEffect(() => {
    Object.assign(shapes, { lit: lit ?? [], paths: paths ?? [] });
    board?.layers.redraw(shapes);
  }, [board, scene.base, view, lit, paths]);
  useEffect(() => () => manifold.cancel(), [manifold]);
  useEffect(() => () => arrows.cancel(), [arrows]);

  return (
    <div
      ref={root}
      class={`stage ${deep && !SHAPES[tool] ? "turn" : tool}`}
      role="application"
      tabIndex={0}
      aria-label={spokenLabel(props, deep)}
      onKeyDown={(event) => keys?.(event)}
    >
      <span ref={probe} class="probe" aria-hidden="true" />
      {board && props.manifold && exact && !deep && <LayerCanvas board={board} layer={manifold} />}
      <canvas ref={rest} class="points" aria-hidden="true" />
      <canvas ref={bright} class="points" aria-hidden="true" />
      {board && props.thumbnails && !deep && <LayerCanvas key="thumbnails" board={board} layer={thumbnails} />}
      {board && props.arrows && exact && !deep && <LayerCanvas key="arrows" board={board} layer={arrows} />}
      {board && <LayerCanvas key="shapes" board={board} layer={shapes} />}
      {board && !deep && marks?.map((mark) => <MarkHandle key={mark.id} board={board} mark={mark} />)}
      {board && !deep && cursor && (
        <Pinned board={board} place={cursor} class="crosshair">
          <i />
        </Pinned>
      )}
      <Axes view={view} />
      {board && acts && <Card board={board} acts={acts} scene={scene} colours={colours} shown={props.card !== false} />}
      {board && props.meter && <Corner board={board} manifold={props.manifold ? manifold : undefined} />}
      <p ref={said} class="unseen" aria-live="polite" />
      {props.children && (
        <div class="over" data-own>
          {props.children}
        </div>
      )}
    </div>
  );
}

/** Tells when the theme has changed: a colour that changes makes a transition, however it came about. */
function follow(probe: HTMLElement, changed: () => void): () => void {
  const ended = (event: TransitionEvent) => event.propertyName === "color" && changed();
  probe.addEventListener("transitionend", ended);
  return () => probe.removeEventListener("transitionend", ended);
}
