/** Which codes a frame decodes, and how many of them fit into it. */

import { momentsOf } from "./statistics";
import type { Window } from "./moment";

export const SAMPLES = 24;
export const STRIPS = 3;

/** How much of a frame is decoded. */
export interface Detail {
  side: number; // cells along the manifold
  samples: number;
  steps: number; // cells of a strip
}

export const FULL: Detail = { side: 20, samples: SAMPLES, steps: 9 };
/** While β moves: the finest that fits; strips and samples keep their number as long as they can. */
const LESSER: Detail[] = [FULL, { ...FULL, side: 14 }, { ...FULL, side: 10 }, { side: 7, samples: 16, steps: 9 }, { side: 5, samples: 8, steps: 5 }];
export const SHOWN = 8; // examples that are reconstructed
const LATE = 28; // ms from the hand to the picture, of the 33 that two frames of a screen have
const LEAST = 2;
/** Milliseconds of a frame that decoding may take at most. */
export const BUDGET = 12;

/** What decoding may take of the next frame: less after one that came late, and slowly more again. */
export function budgetAfter(budget: number, behind: number): number {
  return Math.min(BUDGET, Math.max(LEAST, budget * (behind > LATE ? 0.9 : 1.01)));
}

/** @param cost Milliseconds that an example takes, or 0 where that is not known yet. */
export function detailFor(cost: number, dim: number, budget: number): Detail {
  const count = ({ side, samples, steps }: Detail) => SHOWN + samples + Math.min(STRIPS, dim) * steps + (dim === 2 ? side ** 2 : 0);
  return LESSER.find((each) => count(each) * cost <= budget) ?? LESSER.at(-1)!;
}

/** Codes of the middles of a window's cells, row by row from the upper left, shape (side², 2). */
export function gridCodes({ centre: [x, y], reach }: Window, side: number): Float32Array {
  const codes = new Float32Array(2 * side * side);
  const step = (2 * reach) / side;
  for (let cell = 0; cell < side * side; cell++) {
    codes[2 * cell] = x - reach + ((cell % side) + 0.5) * step;
    codes[2 * cell + 1] = y + reach - (Math.floor(cell / side) + 0.5) * step;
  }
  return codes;
}

/** Strips along the dimensions that carry most, from −3σ to 3σ: of the prior, or of the codes where they reach farther.
 *
 * @param mu Codes of all examples, shape (N, D).
 * @returns Codes, shape (dims · steps, D), NaN in every other dimension, and the dimensions in their own order.
 */
export function traversalCodes(mu: Float32Array, kl: Float32Array, dim: number, steps: number) {
  const { mean, variance } = momentsOf(mu, dim);
  const carries = kl.length ? kl : variance;
  const most = Array.from({ length: dim }, (_, d) => d).sort((a, b) => carries[b] - carries[a]);
  const dims = most.slice(0, STRIPS).sort((a, b) => a - b);
  const codes = new Float32Array(dims.length * steps * dim).fill(NaN);
  dims.forEach((d, strip) => {
    const sigma = Math.sqrt(variance[d]);
    const [centre, reach] = sigma > 1 ? [mean[d], 3 * sigma] : [0, 3];
    for (let i = 0; i < steps; i++) {
      codes[(strip * steps + i) * dim + d] = centre + reach * ((2 * i) / (steps - 1) - 1);
    }
  });
  return { codes, dims };
}
