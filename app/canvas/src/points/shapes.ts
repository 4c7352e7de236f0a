/** Lines above the points: paths, rings around rows, and the lasso or box while it is drawn. */

import type { Place } from "../space";
import type { Board } from "./board";
import type { Layer } from "./layers";

const RING = 7; // pixels

export class Shapes implements Layer {
  paths: Place[][] = [];
  lit: number[] = [];
  /** The lasso's corners so far, or the two of a box. */
  drawn: Place[] = [];

  draw(pen: CanvasRenderingContext2D, board: Board): void {
    const { ink, accent, panel } = board.tones();
    const line = (places: Place[]) => {
      pen.beginPath();
      for (const place of places) pen.lineTo(...board.camera.pixel(place));
    };
    pen.lineJoin = pen.lineCap = "round";
    for (const path of this.paths) {
      line(path);
      for (const [colour, width] of [[panel, 5], [ink, 2]] as const) {
        pen.strokeStyle = colour;
        pen.lineWidth = width;
        pen.stroke();
      }
    }
    for (const row of this.lit) {
      pen.beginPath();
      pen.arc(...board.pixelOf(row), RING, 0, 2 * Math.PI);
      for (const [colour, width] of [[panel, 4], [ink, 1.75]] as const) {
        pen.strokeStyle = colour;
        pen.lineWidth = width;
        pen.stroke();
      }
    }
    if (this.drawn.length > 1) {
      line(this.drawn);
      pen.closePath();
      pen.strokeStyle = pen.fillStyle = accent;
      pen.lineWidth = 1.5;
      pen.setLineDash([5, 4]);
      pen.stroke();
      pen.setLineDash([]);
      pen.globalAlpha = 0.1;
      pen.fill();
      pen.globalAlpha = 1;
    }
  }
}

/** The four corners of the box between two opposite ones. */
export function corners([ax, ay]: Place, [bx, by]: Place): Place[] {
  return [[ax, ay], [bx, ay], [bx, by], [ax, by]]; // prettier-ignore
}

/** Rows of a board inside a polygon (even–odd). */
export function inside(board: Board, polygon: Place[]): number[] {
  const [xs, ys] = [polygon.map(([x]) => x), polygon.map(([, y]) => y)];
  const box = board.within([Math.min(...xs), Math.min(...ys)], [Math.max(...xs), Math.max(...ys)]);
  return box.filter((row) => encloses(polygon, board.placeOf(row))).sort((a, b) => a - b);
}

/** Whether a ray to the right of the place crosses the polygon's edge an odd number of times. */
export function encloses(polygon: Place[], [x, y]: Place): boolean {
  let odd = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [[ax, ay], [bx, by]] = [polygon[i], polygon[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}
