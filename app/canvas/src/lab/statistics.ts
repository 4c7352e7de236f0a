/** What codes say of a model: dead dimensions, and how far the aggregate posterior is from the prior. */

import { ACTIVE } from "../axes";
import { normal } from "../maths";
import type { Moment } from "./moment";

/** Mean and variance of each dimension of some codes, shape (N, D), as (D) each. */
export function momentsOf(mu: Float32Array, dim: number): { mean: Float64Array; variance: Float64Array } {
  const [mean, variance, rows] = [new Float64Array(dim), new Float64Array(dim), mu.length / dim];
  for (let i = 0; i < mu.length; i++) mean[i % dim] += mu[i] / rows;
  for (let i = 0; i < mu.length; i++) variance[i % dim] += (mu[i] - mean[i % dim]) ** 2 / rows;
  return { mean, variance };
}

const SILENT = 0.01; // nats

/** The dimensions whose mean does not vary; without codes, those whose KL is about nothing. */
export function deadOf({ mu, kl }: Pick<Moment, "mu" | "kl">, dim: number): number[] {
  const still = mu ? Array.from(momentsOf(mu, dim).variance, (value) => value <= ACTIVE) : Array.from(kl, (value) => value < SILENT);
  return still.flatMap((each, d) => (each ? [d] : []));
}

/** Φ, the standard normal's distribution function, to 1e-7.
 *
 * Source: Abramowitz and Stegun (1964), 7.1.26.
 */
export function phi(x: number): number {
  const a = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * a);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-a * a);
  return x < 0 ? tail / 2 : 1 - tail / 2;
}

/** One dimension of the aggregate posterior, q(z) = mean of q(z|x) over the examples, beside N(0, 1). */
export interface Marginal {
  z: Float64Array; // (steps), middles of the cells
  posterior: Float64Array; // (steps), density
  prior: Float64Array; // (steps)
  distance: number; // Wasserstein-1: how far mass has to be carried
}

const STEPS = 72;
const ROWS = 400; // codes that are enough for a curve

/** @param logvar log σ², shape (N, D); without it the means alone, each as wide as a cell. */
export function marginalOf(mu: Float32Array, logvar: Float32Array | null, dim: number, d: number): Marginal {
  const rows = mu.length / dim;
  const every = Math.max(1, Math.floor(rows / ROWS));
  let reach = 4;
  for (let row = 0; row < rows; row += every) reach = Math.max(reach, 1.05 * Math.abs(mu[row * dim + d]));
  const step = (2 * reach) / STEPS;
  const below = new Float64Array(STEPS + 1); // mass of q(z) below each edge
  let taken = 0;
  for (let row = 0; row < rows; row += every, taken++) {
    const sigma = logvar ? Math.max(Math.exp(logvar[row * dim + d] / 2), step / 8) : step / 2;
    const centre = mu[row * dim + d];
    for (let edge = 0; edge <= STEPS; edge++) {
      const away = (edge * step - reach - centre) / sigma;
      below[edge] += away > 5 ? 1 : away < -5 ? 0 : phi(away);
    }
  }
  const [z, posterior, prior] = [new Float64Array(STEPS), new Float64Array(STEPS), new Float64Array(STEPS)];
  let distance = 0;
  for (let i = 0; i < STEPS; i++) {
    const [left, right] = [i * step - reach, (i + 1) * step - reach];
    z[i] = (left + right) / 2;
    posterior[i] = (below[i + 1] - below[i]) / taken / step;
    prior[i] = (phi(right) - phi(left)) / step;
    distance += (step * (Math.abs(below[i] / taken - phi(left)) + Math.abs(below[i + 1] / taken - phi(right)))) / 2;
  }
  return { z, posterior, prior, distance };
}

const DRAWS = 160;

/** Squared maximum mean discrepancy of the aggregate posterior and N(0, I), all dimensions together; unbiased, so
 * that it lies about 0 where they agree. The kernel is C / (C + ‖a − b‖²) with C = 2D: one of the seven scales that a
 * card's ``aggregate_mmd`` adds up, and of fewer draws, so that it fits into a frame.
 *
 * Source: Tolstikhin et al. (2018), https://arxiv.org/abs/1711.01558, section 4.
 *
 * @param logvar log σ², shape (N, D); without it that of the means alone.
 */
export function mmdOf(mu: Float32Array, logvar: Float32Array | null, dim: number): number {
  const rows = mu.length / dim;
  const draws = Math.min(DRAWS, rows);
  const { prior, noise, within } = drawn(dim, draws);
  const z = new Float32Array(draws * dim);
  for (let i = 0; i < draws; i++) {
    const row = Math.floor((i * rows) / draws) * dim;
    for (let d = 0; d < dim; d++) {
      z[i * dim + d] = mu[row + d] + (logvar ? Math.exp(logvar[row + d] / 2) * noise[i * dim + d] : 0);
    }
  }
  let [own, across] = [0, 0];
  for (let i = 0; i < draws; i++) {
    for (let j = 0; j < i; j++) own += kernel(z, i, z, j, dim);
    for (let j = 0; j < draws; j++) across += kernel(z, i, prior, j, dim);
  }
  return (2 * own) / (draws * (draws - 1)) + within - (2 * across) / (draws * draws);
}

function kernel(a: Float32Array, i: number, b: Float32Array, j: number, dim: number): number {
  let squared = 0;
  for (let d = 0; d < dim; d++) squared += (a[i * dim + d] - b[j * dim + d]) ** 2;
  return (2 * dim) / (2 * dim + squared);
}

interface Drawn {
  prior: Float32Array; // (draws, D)
  noise: Float32Array; // (draws, D)
  within: number; // mean kernel of two draws from the prior
}
const kept = new Map<string, Drawn>();

/** The same draws each time, so that the figure moves with the codes alone. */
function drawn(dim: number, draws: number): Drawn {
  const known = kept.get(`${dim} ${draws}`);
  if (known) return known;
  const random = normal(7);
  const [prior, noise] = [0, 1].map(() => Float32Array.from({ length: draws * dim }, random));
  let within = 0;
  for (let i = 0; i < draws; i++) for (let j = 0; j < i; j++) within += kernel(prior, i, prior, j, dim);
  const made = { prior, noise, within: (2 * within) / (draws * (draws - 1)) };
  kept.set(`${dim} ${draws}`, made);
  return made;
}

/** The affine map of codes, shape (N, D), to places, shape (N, 2), with the least squares: place = A z + b.
 *
 * @returns A row by row and b, shape (2, D + 1).
 */
export function affineOf(codes: Float32Array, places: Float32Array, dim: number): Float32Array {
  const [rows, size] = [codes.length / dim, dim + 1];
  const normal = new Float64Array(size * (size + 2)); // [XᵀX | Xᵀy]
  const x = new Float64Array(size).fill(1);
  for (let row = 0; row < rows; row++) {
    for (let d = 0; d < dim; d++) x[d] = codes[row * dim + d];
    for (let i = 0; i < size; i++) {
      const at = i * (size + 2);
      for (let j = 0; j < size; j++) normal[at + j] += x[i] * x[j];
      for (let axis = 0; axis < 2; axis++) normal[at + size + axis] += x[i] * places[2 * row + axis];
    }
  }
  for (let i = 0; i < size; i++) normal[i * (size + 2) + i] += 1e-6 * rows; // dimensions that do not vary
  for (let i = 0; i < size; i++) {
    const pivot = normal[i * (size + 2) + i];
    for (let other = 0; other < size; other++) {
      const factor = other === i ? 0 : normal[other * (size + 2) + i] / pivot;
      if (factor) for (let j = i; j < size + 2; j++) normal[other * (size + 2) + j] -= factor * normal[i * (size + 2) + j];
    }
  }
  const out = new Float32Array(2 * size);
  for (let i = 0; i < size; i++) {
    for (let axis = 0; axis < 2; axis++) out[axis * size + i] = normal[i * (size + 2) + size + axis] / normal[i * (size + 2) + i];
  }
  return out;
}
