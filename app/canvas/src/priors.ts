/** Draws from a prior that is a function of noise, or that writes the indices of a codebook one by one. */

import { noiseOf } from "./draws";
import { uniform } from "./maths";
import { fromNoise, lookup, run, warm } from "./models";
import type { Scene } from "./scene";

/** What is asked of a prior. */
export interface Wanted {
  seed: number;
  count: number;
  temperature: number;
  /** Of a ladder: levels up to this one are drawn anew in each cell, a row shares those above; 0 shares none. */
  anew: number;
  columns: number; // cells in a row
}

/** Codes, shape (count, D), that ``prior.onnx`` makes of the seed's noise, times the temperature. */
export async function drawnByFunction(scene: Scene, { seed, count, temperature, anew, columns }: Wanted): Promise<Float32Array> {
  const [width] = await warm(scene, "prior");
  const { epsilon } = noiseOf(seed, count, width);
  if (anew) share(epsilon, width, columns, above(scene.card.latent.levels, anew));
  return fromNoise(scene, epsilon.map((value) => temperature * value), width);
}

/** The first number of the levels above level ``k``, counted from 1, the one nearest to the data. */
export function above(levels: number[], k: number): number {
  return levels.slice(0, k).reduce((sum, size) => sum + size, 0);
}

/** Gives all cells of a row the numbers of its first one, from ``start`` on; in place.
 *
 * @param noise Shape (count, width).
 */
export function share(noise: Float32Array, width: number, columns: number, start: number): void {
  for (let row = 0; row < noise.length / width; row++) {
    const first = (row - (row % columns)) * width;
    noise.copyWithin(row * width + start, first + start, first + width);
  }
}

/** Codes, shape (count, D), whose indices the prior has written slot by slot; the same for the same seed.
 *
 * @param heard Is told the share of the slots that are written.
 */
export async function drawnByIndex(scene: Scene, wanted: Wanted, heard: (share: number) => void): Promise<Float32Array> {
  return lookup(scene, await indicesOf(scene, wanted, heard));
}

/** The indices themselves, shape (count, S): slot t is drawn given those before it, with a uniform number of its own. */
export async function indicesOf(scene: Scene, { seed, count, temperature }: Wanted, heard: (share: number) => void): Promise<Int32Array> {
  const { slots, size } = scene.card.latent.codebook!;
  const draw = uniform(seed);
  const chances = Float64Array.from({ length: count * slots }, draw);
  const indices = new Int32Array(count * slots);
  for (let slot = 0; slot < slots; slot++) {
    const prefix = BigInt64Array.from(indices, BigInt);
    const length = new BigInt64Array(count).fill(BigInt(slot));
    const [logits] = await run(scene, "prior", [
      { data: prefix, shape: [count, slots] },
      { data: length, shape: [count] },
    ]);
    for (let row = 0; row < count; row++) {
      indices[row * slots + slot] = chosen(logits.subarray(row * size, (row + 1) * size), temperature, chances[row * slots + slot]);
    }
    heard((slot + 1) / slots);
  }
  return indices;
}

/** The index that a uniform number falls on, of probabilities softmax(logits / T); T = 0 takes the likeliest. */
export function chosen(logits: Float32Array, temperature: number, chance: number): number {
  const top = Math.max(...logits);
  if (!temperature) return logits.indexOf(top);
  const weights = Float64Array.from(logits, (value) => Math.exp((value - top) / temperature));
  let left = chance * weights.reduce((sum, value) => sum + value, 0);
  for (let i = 0; i < weights.length; i++) if ((left -= weights[i]) < 0) return i;
  return weights.length - 1;
}
