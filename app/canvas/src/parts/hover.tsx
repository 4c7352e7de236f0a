/** The point under the pointer: a ring at once, and after a moment a card that says what it is. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Colouring } from "../colouring";
import { easel, paint, wipe } from "../examples/paint";
import { decodeRows, Latest } from "../models";
import type { Board } from "../points/board";
import type { Scene } from "../scene";
import type { StageActs } from "./acts";
import { factsOf } from "./point";
import { digits, Facts } from "./kit";
import { painterOf } from "./original";
import { Pinned } from "./overlay";

const DWELL = 125; // ms on a point before its card opens
const GRACE = 260; // ms that a card stays once the pointer has left
const GAP = 18; // pixels between a point and its card

export function Card(props: { board: Board; acts: StageActs; scene: Scene; colours: Colouring; shown: boolean }) {
  const { board, acts, scene, shown } = props;
  const [row, setRow] = useState(-1);
  const [open, setOpen] = useState(-1);
  useLayoutEffect(() => {
    let last = -1;
    let timer = 0;
    const over = (next: number) => {
      if (next === last) return;
      last = next;
      setRow(next);
      window.clearTimeout(timer);
      timer = window.setTimeout(() => setOpen(next), next < 0 ? GRACE : DWELL);
    };
    acts.onRow = over;
    board.onMove = () => {
      if (last < 0) return;
      over(-1);
      setOpen(-1);
    };
    return () => {
      window.clearTimeout(timer);
      acts.onRow = board.onMove = undefined;
      setRow(-1);
      setOpen(-1);
    };
  }, [acts, board, scene]);
  // The rows of another scene may be fewer.
  const there = row >= 0 && row < scene.count;
  return (
    <>
      {there && <Pinned board={board} place={board.placeOf(row)} class="hover-ring" />}
      {shown && open >= 0 && open < scene.count && <Details {...props} row={open} />}
    </>
  );
}

function Details({ board, scene, row, colours }: { board: Board; scene: Scene; row: number; colours: Colouring }) {
  const card = useRef<HTMLDivElement>(null);
  const original = useRef<HTMLCanvasElement>(null);
  const decoded = useRef<HTMLCanvasElement>(null);
  const [missing, setMissing] = useState("");
  const facts = useMemo(() => factsWith(scene, row, colours), [scene, row, colours]);
  const asked = useRef(row); // a picture that comes late belongs to a row that was left
  asked.current = row;
  const pictures = useMemo(() => {
    const shown = (canvas: HTMLCanvasElement | null) => canvas?.classList.remove("waiting");
    const originals = new Latest(
      (its: number) => painterOf(scene, its),
      (painter, its) => {
        setMissing(typeof painter === "string" ? painter : "");
        if (typeof painter === "string" || its !== asked.current || !original.current) return;
        painter(original.current);
        shown(original.current);
      },
      ({ message }) => setMissing(message),
    );
    const decodings = new Latest(
      (its: number) => decodeRows(scene, [its]),
      (x, its) => {
        if (its !== asked.current || !decoded.current) return;
        paint(decoded.current, x, scene.card.data);
        shown(decoded.current);
      },
    );
    return [originals, decodings];
  }, [scene]);
  useEffect(() => () => pictures.forEach((picture) => picture.cancel()), [pictures]);
  useLayoutEffect(() => {
    for (const { current } of [original, decoded]) {
      if (!current) continue;
      wipe(current);
      current.classList.add("waiting");
    }
    for (const picture of pictures) picture.ask(row);
  }, [pictures, row]);
  useLayoutEffect(() => {
    const { offsetWidth, offsetHeight, style } = card.current!;
    const [x, y] = beside(board.camera.pixel(board.placeOf(row)), [offsetWidth, offsetHeight], board.camera);
    style.transform = `translate(${x}px, ${y}px)`;
  }, [board, row, missing, facts]);
  return (
    <div ref={card} class="hover-card" aria-hidden="true">
      <div class="pair" data-kind={scene.card.data.kind}>
        <figure>
          {missing ? <p class="missing">{missing}</p> : <canvas ref={original} class="picture waiting" {...easel(scene.card.data)} />}
          <figcaption>original</figcaption>
        </figure>
        <figure>
          <canvas ref={decoded} class="picture waiting" {...easel(scene.card.data)} />
          <figcaption>decoded</figcaption>
        </figure>
      </div>
      <Facts facts={facts} />
    </div>
  );
}

/** Where a card goes: to the right of its point, to the left, below or above; never on it, never off the stage. */
export function beside(
  [x, y]: [number, number],
  [width, height]: [number, number],
  stage: { width: number; height: number },
): [number, number] {
  const into = (value: number, size: number, room: number) => Math.max(6, Math.min(value, room - size - 6));
  const [level, plumb] = [into(y - height * 0.3, height, stage.height), into(x - width / 2, width, stage.width)];
  const room = [stage.width - x - width, x - width, stage.height - y - height, y - height];
  const ways: [number, number][] = [
    [x + GAP, level],
    [x - GAP - width, level],
    [plumb, y + GAP],
    [plumb, y - GAP - height],
  ];
  const fits = room.findIndex((pixels) => pixels >= GAP + 6);
  return ways[fits < 0 ? room.indexOf(Math.max(...room)) : fits].map(Math.round) as [number, number];
}

/** What is known of a point, and the dimension that colours it. */
function factsWith(scene: Scene, row: number, colours: Colouring): [string, string][] {
  const dimension = /^z(\d+)$/.exec(colours.name);
  if (!dimension) return factsOf(scene, row);
  return [...factsOf(scene, row), [colours.title, digits(scene.code(row)[Number(dimension[1]) - 1])]];
}
