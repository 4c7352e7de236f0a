/** What draws points: by WebGL, on a plain canvas, or in three dimensions. */

import type { Affine } from "./camera";

/** A part of an order: from the first of these shares of it to the second. */
export type Share = [from: number, to: number];

export interface Frame {
  now: Affine;
  /** On the way from where the points were before, t from 0 to 1. */
  before?: Affine;
  t: number;
  share: Share;
  size: number; // diameter, CSS pixels
  opacity: number;
  ratio: number; // device pixels a CSS pixel
}

/** How many points of a kind of painter fit into a frame: learnt while it draws, for every stage of the page. */
export interface Pace {
  points: number;
}

const FRAME = 27; // ms that a moving frame should take
const FEWEST = 2000; // points, however slow the machine is: a shipped bundle is always whole

/** Takes more points into a frame while there is time, and fewer once there is not.
 *
 * @param gap ms since the frame before, 0 if that one drew nothing.
 * @param shown Points there are to draw.
 */
export function learn(pace: Pace, gap: number, shown: number): void {
  if (!gap) return;
  if (gap > FRAME) pace.points = Math.max(FEWEST, pace.points * Math.max(0.6, FRAME / gap));
  else if (gap < 0.75 * FRAME && pace.points < shown) pace.points *= 1.08;
}

export const PACES = { webgl: { points: 8000 }, plain: { points: 4000 }, deep: { points: 3000 } };

export interface Painter {
  readonly pace: Pace;
  /** Places, shape (N, 2); (N, 3) for a painter in three dimensions. ``before`` are those the points come from. */
  place(points: Float32Array, before?: Float32Array): void;
  /** A colour (hex) for each row by its index, shape (N,). */
  colour(of: Uint8Array, colours: string[]): void;
  /** Rows in the order they are drawn: those that step back if any is lit (all, if none is), and the lit ones. */
  order(rest: Uint32Array, lit: Uint32Array): void;
  /** Adds a part of the lit points, or of the others, to what is on the canvas. */
  draw(target: CanvasRenderingContext2D, frame: Frame, lit: boolean): void;
  free(): void;
}

/** Size and opacity that show ``count`` points well: the denser, the smaller and the more transparent. */
export function look(count: number, zoom: number, area: number): { size: number; opacity: number } {
  const room = Math.min(1.15, Math.max(0.65, Math.sqrt(area / 6e5)));
  const size = Math.min(10, 13 * room * Math.max(count, 100) ** -0.13 * Math.max(zoom, 0.5) ** 0.22);
  const covered = (count * size * size * 0.785) / (0.6 * area) / Math.max(zoom, 0.5) ** 1.5;
  return { size, opacity: Math.min(0.92, Math.max(0.25, 0.95 * (0.35 / covered) ** 0.35)) };
}

/** The rows of a share of an order. */
export function part(order: Uint32Array, [from, to]: Share): [start: number, end: number] {
  return [Math.round(order.length * from), Math.round(order.length * to)];
}
