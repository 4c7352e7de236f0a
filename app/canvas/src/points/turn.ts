/** A cloud in three dimensions, turned by the hand. */

import { quantile } from "../maths";
import type { Place } from "../space";

const ENOUGH = 20000; // points, for a quantile

/** Radians about the upright axis and about the one to the right, by the stage's key, for a visit. */
const kept = new Map<string, { yaw: number; pitch: number }>();

export class Turn {
  /** Half the widest side of the box that holds all but the outermost points. */
  readonly reach: number;
  private readonly centre: number[];
  private readonly seen: { yaw: number; pitch: number };
  private cosines = [1, 0, 1, 0]; // cosine and sine of yaw and of pitch
  private flat?: Float32Array; // (N, 2), every point as it is seen

  /**
   * @param points Shape (N, 3).
   * @param key Where the turn is remembered.
   */
  constructor(
    private points: Float32Array,
    key: string,
  ) {
    this.seen = kept.get(key) ?? { yaw: 0.6, pitch: 0.35 };
    kept.set(key, this.seen);
    const every = 3 * Math.max(1, Math.floor(points.length / 3 / ENOUGH));
    const ends = [0, 1, 2].map((axis) => {
      const values: number[] = [];
      for (let i = axis; i < points.length; i += every) values.push(points[i]);
      return [quantile(values, 0.008), quantile(values, 0.992)];
    });
    this.centre = ends.map(([low, high]) => (low + high) / 2);
    this.reach = Math.max(...ends.map(([low, high]) => high - low)) / 2 || 1;
    this.by(0, 0);
  }

  /** Turns by some radians about the upright axis, and about the one that points to the right. */
  by(yaw: number, pitch: number): void {
    const { seen } = this;
    seen.yaw += yaw;
    seen.pitch = Math.min(1.5, Math.max(-1.5, seen.pitch + pitch));
    this.cosines = [Math.cos(seen.yaw), Math.sin(seen.yaw), Math.cos(seen.pitch), Math.sin(seen.pitch)];
    this.flat = undefined;
  }

  /** Writes where a row is seen: x to the right, y upwards, depth towards the eye in [-1, 1]. */
  place(row: number, out: Float32Array): void {
    const [cy, sy, cp, sp] = this.cosines;
    const x = this.points[3 * row] - this.centre[0];
    const y = this.points[3 * row + 1] - this.centre[1];
    const z = this.points[3 * row + 2] - this.centre[2];
    const forward = cy * z - sy * x;
    out[0] = cy * x + sy * z;
    out[1] = cp * y - sp * forward;
    out[2] = Math.min(1, Math.max(-1, (sp * y + cp * forward) / (1.5 * this.reach)));
  }

  private projected(): Float32Array {
    if (this.flat) return this.flat;
    const out = new Float32Array((this.points.length / 3) * 2);
    const place = new Float32Array(3);
    for (let row = 0; row < out.length / 2; row++) {
      this.place(row, place);
      out[2 * row] = place[0];
      out[2 * row + 1] = place[1];
    }
    return (this.flat = out);
  }

  /** As a `Finder`'s: the nearest row; an index would be worth nothing after the next turn. */
  at([x, y]: Place, reach: number, allowed: (row: number) => boolean): number {
    const flat = this.projected();
    let [best, least] = [-1, reach * reach];
    for (let row = 0; row < flat.length / 2; row++) {
      const away = (flat[2 * row] - x) ** 2 + (flat[2 * row + 1] - y) ** 2;
      if (away < least && allowed(row)) [best, least] = [row, away];
    }
    return best;
  }

  /** Rows that are seen in a box. */
  within(low: Place, high: Place): number[] {
    const flat = this.projected();
    const rows: number[] = [];
    for (let row = 0; row < flat.length / 2; row++) {
      const [x, y] = [flat[2 * row], flat[2 * row + 1]];
      if (x >= low[0] && y >= low[1] && x <= high[0] && y <= high[1]) rows.push(row);
    }
    return rows;
  }

  get window(): { centre: Place; reach: number } {
    return { centre: [0, 0], reach: 1.25 * this.reach };
  }
}
