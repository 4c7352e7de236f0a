/** What a hand on the stage comes to. */

import type { RefObject } from "preact";
import type { Board } from "../points/board";
import type { Pixel } from "../points/camera";
import type { Acts } from "../points/gestures";
import { corners, inside, type Shapes } from "../points/shapes";
import type { Place } from "../space";
import type { StageProps, Tool } from "./stage";

const REACH = 14; // pixels within which a point is meant

/** Tools that draw a shape. */
export const SHAPES: Partial<Record<Tool, boolean>> = { lasso: true, box: true };

export interface StageActs extends Acts {
  /** Who is told which row the pointer is over; -1 for none. */
  onRow?: (row: number) => void;
}

/** @param images Pixels from a point within which its image is meant. */
export function actsOf(board: Board, shapes: Shapes, props: RefObject<StageProps>, images: () => number): StageActs {
  const now = () => props.current!;
  const rowAt = (pixel: Pixel) => board.at(pixel, Math.max(REACH, images()));
  let first: Place = [0, 0];
  let was: Place | undefined; // the cursor before it was moved
  let [asked, waiting]: [Pixel | null, number] = [null, 0];
  const draw = (drawn: Place[]) => {
    shapes.drawn = drawn;
    board.layers.redraw(shapes);
  };
  const acts: StageActs = {
    gesture() {
      const { tool, onCursor } = now();
      if (SHAPES[tool]) return "shape";
      if (board.turn) return "turn";
      return tool === "decode" && onCursor ? "cursor" : "pan";
    },
    begin(gesture, pixel, event) {
      first = board.camera.place(pixel);
      was = now().cursor;
      if (gesture === "cursor") now().onCursor?.(first, event);
      if (gesture === "shape") draw([first]);
    },
    move(gesture, pixel, event) {
      const place = board.camera.place(pixel);
      if (gesture === "cursor") now().onCursor?.(place, event);
      if (gesture !== "shape") return;
      if (now().tool === "box") return draw(corners(first, place));
      shapes.drawn.push(place);
      board.layers.redraw(shapes);
    },
    end(gesture, pixel, clicked) {
      if (gesture === "cursor") now().onCursorEnd?.(board.camera.place(pixel));
      const row = clicked ? rowAt(pixel) : -1;
      if (row >= 0) now().onPoint?.(row);
      if (gesture !== "shape") return;
      if (!clicked) now().onSelect?.(inside(board, shapes.drawn));
      else if (row < 0) now().onSelect?.([]);
      draw([]);
    },
    cancel(gesture, event) {
      if (gesture === "cursor" && was) now().onCursor?.(was, event);
      draw([]);
    },
    hover(pixel) {
      asked = pixel;
      waiting ||= requestAnimationFrame(() => {
        waiting = 0;
        acts.onRow?.(asked && !board.busy ? rowAt(asked) : -1);
        if (asked && board.busy) acts.hover(asked); // again once the map is still
      });
    },
  };
  return acts;
}
