/** The stage by keyboard, and what a screen reader is told. */

import type { RefObject } from "preact";
import type { Board } from "../points/board";
import type { Scene } from "../scene";
import type { Place } from "../space";
import { SHAPES } from "./acts";
import { digits } from "./kit";
import { arrow, shifted } from "./overlay";
import type { StageProps } from "./stage";

const ZOOM = 1.25;
const QUIET = 400; // ms between two announcements
const TURN = 0.02; // radians a pixel

export function keysOf(board: Board, props: RefObject<StageProps>, live: RefObject<HTMLElement | null>) {
  let timer = 0;
  const say = (text: () => string) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => live.current && (live.current.textContent = text()), QUIET);
  };
  const steer = (by: [number, number], event: KeyboardEvent) => {
    const { tool, onCursor, onCursorEnd, cursor = board.camera.centre } = props.current!;
    if (board.turn) {
      board.rotate(by[0] * TURN, by[1] * TURN);
    } else if (tool === "decode" && onCursor) {
      const place = shifted(board, cursor, by);
      board.camera.reveal(place);
      board.touch();
      onCursor(place, event);
      say(() => {
        onCursorEnd?.(place);
        return spoken(board, props.current!, place);
      });
    } else {
      board.camera.pan(-4 * by[0], -4 * by[1]);
      board.touch();
    }
  };
  return (event: KeyboardEvent) => {
    board.still();
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const { cursor, onPoint, onSelect, scene, tool } = props.current!;
    const by = arrow(event);
    const zoom = { "+": ZOOM, "=": ZOOM, "-": 1 / ZOOM }[event.key];
    const middle = cursor && !board.turn ? board.camera.pixel(cursor) : undefined;
    const home = event.key === "0" || event.key === "Home";
    if (by) steer(by, event);
    else if (zoom || home) {
      if (zoom) board.camera.zoomBy(zoom, middle);
      else board.camera.fit();
      board.touch();
    } else if (event.key === "Escape") {
      onSelect?.([]);
      say(() => "Nothing selected.");
    } else if (event.key === "Enter" && SHAPES[tool]) {
      const rows = board.within(...board.camera.box()).sort((a, b) => a - b);
      onSelect?.(rows);
      say(() => `${rows.length} points selected.`);
    } else if (event.key === "Enter") {
      const row = board.at(middle ?? [board.camera.width / 2, board.camera.height / 2], Infinity);
      if (row < 0) return;
      onPoint?.(row);
      say(() => `Picked: ${facts(scene, row)}.`);
    } else return;
    event.preventDefault();
  };
}

function spoken(board: Board, { scene, view }: StageProps, place: Place): string {
  const row = board.at(board.camera.pixel(place), Infinity);
  const where = view.axes[0] ? view.axes.map((axis, i) => `${axis} ${digits(place[i])}`).join(", ") + ". " : "";
  return `${where}Nearest: ${facts(scene, row)}.`;
}

/** What is known about a row, in a sentence. */
export function facts({ card, codes }: Scene, row: number): string {
  const { label, error, kl } = codes;
  return [
    label && `label ${card.data.classes[label[row]] ?? label[row]}`,
    `error ${digits(error[row])} ${card.error_unit}`,
    kl && `KL ${digits(kl[row])} nats`,
  ].filter(Boolean).join(", "); // prettier-ignore
}
