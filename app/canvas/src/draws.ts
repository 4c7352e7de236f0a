/** Draws of codes: from the prior, or from a Gaussian mixture fitted to the codes. */

import { distances, gaussian, normal, smallest, uniform } from "./maths";
import type { Mixture } from "./scene";

export type Source = "prior" | "mixture";

/** What a draw depends on but the temperature: moving that one, every sample moves continuously. */
interface Noise {
  epsilon: Float32Array; // (count, D), standard normal
  component: Float32Array; // (count), uniform in [0, 1)
}

/** The noise that a seed fixes; a larger count begins with the same. */
export function noiseOf(seed: number, count: number, dim: number): Noise {
  const [draw, choose] = [normal(seed), uniform(seed ^ 0x9e3779b9)];
  const noise = { epsilon: new Float32Array(count * dim), component: new Float32Array(count) };
  for (let i = 0; i < noise.epsilon.length; i++) noise.epsilon[i] = draw();
  for (let i = 0; i < count; i++) noise.component[i] = choose();
  return noise;
}

/** Codes, shape (count, D): m + T·L·ε, of each draw's own component. */
export function drawn({ weights, means, cholesky }: Mixture, temperature: number, { epsilon, component }: Noise): Float32Array {
  const dim = epsilon.length / component.length;
  const out = new Float32Array(epsilon.length);
  for (let i = 0; i < component.length; i++) {
    let k = 0;
    for (let sum = weights[0]; sum <= component[i] && k < weights.length - 1; sum += weights[k]) k++;
    const mean = means.subarray(k * dim, (k + 1) * dim);
    const factor = cholesky.subarray(k * dim * dim, (k + 1) * dim * dim);
    out.set(gaussian(mean, factor, temperature, epsilon.subarray(i * dim, (i + 1) * dim)), i * dim);
  }
  return out;
}

/** How far some rows are from their nearest other row. */
export interface Spacing {
  median: number;
  low: number; // one in twenty is nearer than this to its nearest
}

/** Distances between rows of ``width`` numbers and their nearest others, of as many rows as the budget allows.
 *
 * @param rows Numbers, shape (N, width).
 */
export async function spacingOf(rows: Float32Array, width: number, budget = 2e8): Promise<Spacing> {
  const count = rows.length / width;
  const asked = Math.max(1, Math.min(count, 200, Math.max(24, Math.floor(budget / rows.length))));
  const away: number[] = [];
  for (let i = 0; i < asked; i++) {
    await new Promise((done) => setTimeout(done)); // the hand comes first
    const row = Math.floor((i * count) / asked);
    const squared = distances(rows, rows.subarray(row * width, (row + 1) * width));
    squared[row] = Infinity;
    away.push(Math.sqrt(squared[smallest(squared, 1)[0]]));
  }
  away.sort((a, b) => a - b);
  return { median: away[Math.floor(asked / 2)], low: away[Math.floor(asked / 20)] };
}
