/** The maps of a family: where each code lies at every knot and between them. */

import { lerp } from "../maths";
import { windowOf } from "../space";
import type { Spot, Way } from "./family";
import type { MapName, Window } from "./moment";
import { affineOf } from "./statistics";

const PRIOR = 3; // σ of N(0, I) that a map shows at least

/** Some rows to show, of as many classes as there are. */
export function framesOf(labels: Int32Array | undefined, rows: number, count: number): number[] {
  const every = Array.from({ length: rows }, (_, row) => row);
  if (!labels) return every.slice(0, count);
  const firsts = [...new Map(every.toReversed().map((row) => [labels[row], row]))].sort(([a], [b]) => a - b).map(([, row]) => row);
  return [...firsts, ...every.filter((row) => !firsts.includes(row))].slice(0, count);
}

export class Maps {
  readonly names: MapName[];
  private chosen: MapName;
  private windows = new Map<MapName, Window[]>();
  private affine?: Float32Array; // (K, 2, D + 1)

  constructor(private way: Way) {
    this.names = [...way.maps.keys()];
    this.chosen = this.names[0];
  }

  get name(): MapName {
    return this.chosen;
  }

  set name(name: MapName) {
    if (this.way.maps.has(name)) this.chosen = name;
  }

  private get places(): Float32Array {
    return this.way.maps.get(this.chosen)!;
  }

  /** Whether a place is an affine map of the code. */
  private get flat(): boolean {
    return this.chosen !== "umap";
  }

  /** Where the codes lie, shape (N, 2): between knots, or codes of their own, shape (N, D), where the map takes them. */
  positions({ k, t }: Spot, codes: Float32Array | null): Float32Array {
    const { dim, knots } = this.way;
    if (!codes || !this.flat) return lerp(this.places, k, t, 2 * knots.rows);
    if (this.chosen === "z") return codes;
    const map = this.affineAt({ k, t });
    const out = new Float32Array(2 * knots.rows);
    for (let i = 0; i < out.length; i++) {
      const [row, axis] = [i >> 1, i & 1];
      let sum = map[axis * (dim + 1) + dim];
      for (let d = 0; d < dim; d++) sum += map[axis * (dim + 1) + d] * codes[row * dim + d];
      out[i] = sum;
    }
    return out;
  }

  private affineAt({ k, t }: Spot): Float32Array {
    const { dim, knots } = this.way;
    if (!this.affine) {
      const size = 2 * (dim + 1);
      this.affine = new Float32Array(knots.count * size);
      for (let knot = 0; knot < knots.count; knot++) {
        const codes = knots.mu.subarray(knot * knots.rows * dim, (knot + 1) * knots.rows * dim);
        const places = this.way.maps.get("pca")!.subarray(knot * knots.rows * 2, (knot + 1) * knots.rows * 2);
        this.affine.set(affineOf(codes, places, dim), knot * size);
      }
    }
    return lerp(this.affine, k, t, 2 * (dim + 1));
  }

  /** How a step in z moves a place, shape (2, D); null on a UMAP. */
  directions(spot: Spot): Float32Array | null {
    const { dim } = this.way;
    if (this.chosen === "z") return Float32Array.of(1, 0, 0, 1);
    if (!this.flat) return null;
    const map = this.affineAt(spot);
    return Float32Array.from({ length: 2 * dim }, (_, i) => map[Math.floor(i / dim) * (dim + 1) + (i % dim)]);
  }

  /** Where z = 0 lies. */
  origin(spot: Spot): [x: number, y: number] {
    const { dim } = this.way;
    if (this.chosen !== "pca") return [0, 0];
    const map = this.affineAt(spot);
    return [map[dim], map[2 * dim + 1]];
  }

  /** What a map shows: the prior to 3σ, or what the codes need; of a UMAP always the same. */
  window({ k, t }: Spot): Window {
    const all = this.windows.get(this.chosen) ?? this.measured();
    const [a, b] = [all[k], all[Math.min(k + 1, all.length - 1)]];
    const mix = (low: number, high: number) => (1 - t) * low + t * high;
    return {
      centre: [mix(a.centre[0], b.centre[0]), mix(a.centre[1], b.centre[1])],
      reach: Math.exp(mix(Math.log(a.reach), Math.log(b.reach))),
    };
  }

  private measured(): Window[] {
    const { count, rows } = this.way.knots;
    const slice = (knot: number) => this.places.subarray(knot * rows * 2, (knot + 1) * rows * 2);
    const windows = this.flat
      ? Array.from({ length: count }, (_, knot): Window => {
          const own = windowOf(slice(knot));
          const [x, y] = this.origin({ k: knot, t: 0 });
          const needed = Math.max(own.reach, PRIOR);
          return own.reach > PRIOR ? { centre: own.centre, reach: needed } : { centre: [x, y], reach: needed };
        })
      : Array.from({ length: count }, () => windowOf(this.places));
    this.windows.set(this.chosen, windows);
    return windows;
  }
}
