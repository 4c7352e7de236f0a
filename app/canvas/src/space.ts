/** Views: where each code lies on the page, and which code lies behind a place on the page. */

import KDBush from "kdbush";
import { usualDims } from "./axes";
import { distances, inverseWeights, mean, nearest, quantile, smallest } from "./maths";
import type { Scene } from "./scene";

export type ViewName = "z" | "pca" | "umap" | "tsne" | "pca3" | "umap3";

export const TITLES: Record<ViewName, string> = {
  z: "raw z",
  pca: "PCA",
  umap: "UMAP",
  tsne: "t-SNE",
  pca3: "PCA 3-D",
  umap3: "UMAP 3-D",
};

/** A place on a flat view, in the view's own units. */
export type Place = [x: number, y: number];

export interface View {
  name: ViewName;
  /** Where each code lies, shape (N, 2); (N, 3) on a view in three dimensions. */
  points: Float32Array;
  axes: [string, string];
  /** Whether it has three dimensions. */
  deep: boolean;
  /** Whether the code behind a place is known, and not estimated from the nearest codes. */
  exact: boolean;
  /** The code behind a place, shape (D,); not on a view in three dimensions. */
  code(place: Place): Float32Array;
  /** Where a code lies, or is estimated to lie. */
  place(z: Float32Array): Place;
  /** The square that holds all but the outermost points: its middle, and half its side. */
  window: { centre: Place; reach: number };
}

/** Name of a latent dimension, counted from one: z₁. */
export function dimension(d: number): string {
  return "z" + String(d + 1).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]);
}

/** The views a scene has, the one to start with first. */
export function viewNames({ dim, card }: Scene): ViewName[] {
  const maps = card.maps.filter((name): name is ViewName => name in TITLES);
  if (dim === 1) return maps;
  return dim === 2 ? ["z", ...maps] : [...maps, "z"];
}

/** The views that have two dimensions. */
export function flatNames(scene: Scene): ViewName[] {
  return viewNames(scene).filter((name) => !isDeep(name));
}

function isDeep(name: ViewName): boolean {
  return name === "pca3" || name === "umap3";
}

const NEIGHBOURS = 8;

/** One view of a scene.
 *
 * @param dims For "z", the dimension that grows to the right, and the one that grows upwards; the two that carry most.
 */
export function viewOf(scene: Scene, name: ViewName, dims?: [number, number]): View {
  if (name === "z") return raw(scene, dims ?? usualDims(scene));
  const points = scene.codes.maps[name];
  const { pcaMean, pcaComponents } = scene.codes;
  if (name === "pca" && pcaMean && pcaComponents) return pca(scene, points, pcaMean, pcaComponents);
  return estimated(scene, name, points);
}

function raw({ codes, dim }: Scene, [right, up]: [number, number]): View {
  const points = new Float32Array((2 * codes.mu.length) / dim);
  for (let row = 0; row < points.length / 2; row++) {
    points[2 * row] = codes.mu[row * dim + right];
    points[2 * row + 1] = codes.mu[row * dim + up];
  }
  const centre = mean(codes.mu, dim);
  return {
    name: "z",
    points,
    axes: [dimension(right), dimension(up)],
    deep: false,
    exact: true,
    code: ([x, y]) => centre.map((value, d) => (d === right ? x : d === up ? y : value)),
    place: (z) => [z[right], z[up]],
    window: windowOf(points),
  };
}

function pca({ dim }: Scene, points: Float32Array, centre: Float32Array, components: Float32Array): View {
  const along = (z: Float32Array, axis: number) =>
    z.reduce((sum, value, d) => sum + (value - centre[d]) * components[axis * dim + d], 0);
  return {
    name: "pca",
    points,
    axes: ["PC 1", "PC 2"],
    deep: false,
    exact: true,
    code: ([x, y]) => centre.map((value, d) => value + x * components[d] + y * components[dim + d]),
    place: (z) => [along(z, 0), along(z, 1)],
    window: windowOf(points),
  };
}

/** A map without an inverse: what lies behind a place is guessed from the codes that lie around it. */
function estimated({ codes, dim }: Scene, name: ViewName, points: Float32Array): View {
  const deep = isDeep(name);
  const flat = deep ? new Float32Array() : points;
  return {
    name,
    points,
    axes: ["", ""],
    deep,
    exact: false,
    code: (place) => {
      const squared = distances(flat, Float32Array.from(place));
      const rows = smallest(squared, NEIGHBOURS);
      return mean(codes.mu, dim, rows, inverseWeights(rows.map((row) => squared[row])));
    },
    place: (z) => {
      const rows = nearest(codes.mu, z, NEIGHBOURS);
      const weights = inverseWeights(rows.map((row) => squaredDistance(codes.mu, row, z)));
      const [x, y] = mean(flat, 2, rows, weights);
      return [x, y];
    },
    window: windowOf(points, deep ? 3 : 2),
  };
}

function squaredDistance(codes: Float32Array, row: number, z: Float32Array): number {
  return z.reduce((sum, value, d) => sum + (value - codes[row * z.length + d]) ** 2, 0);
}

/** One stray code must not shrink the rest: the outermost 0.8 % on each side may lie outside. */
export function windowOf(points: Float32Array, axes = 2): View["window"] {
  const every = Math.max(1, Math.floor(points.length / axes / 20000)); // enough for a quantile
  const ends = [0, 1].map((axis) => {
    const values: number[] = [];
    for (let i = axis; i < points.length; i += axes * every) values.push(points[i]);
    return [quantile(values, 0.008), quantile(values, 0.992)];
  });
  const reach = Math.max(...ends.map(([low, high]) => high - low)) / 2 || 0.5;
  return { centre: ends.map(([low, high]) => (low + high) / 2) as Place, reach };
}

/** Finds points near a place. */
export class Finder {
  private tree: KDBush;

  constructor(private points: Float32Array) {
    this.tree = new KDBush(points.length / 2, 64, Float32Array);
    for (let i = 0; i < points.length; i += 2) this.tree.add(points[i], points[i + 1]);
    this.tree.finish();
  }

  /** The row of the point nearest to a place and at most ``reach`` away, or -1. */
  at([x, y]: Place, reach: number, allowed: (row: number) => boolean = () => true): number {
    let [best, least] = [-1, Infinity];
    for (const row of this.tree.within(x, y, reach)) {
      const away = (this.points[2 * row] - x) ** 2 + (this.points[2 * row + 1] - y) ** 2;
      if (away < least && allowed(row)) [best, least] = [row, away];
    }
    return best;
  }

  /** Rows of the points in a box. */
  within(low: Place, high: Place): number[] {
    return this.tree.range(low[0], low[1], high[0], high[1]);
  }
}
