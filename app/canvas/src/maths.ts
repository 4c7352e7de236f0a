/** Small mathematics on codes; arrays are row-major Float32Arrays. */

/** A code on the straight line from a (t = 0) to b (t = 1). */
export function linear(a: Float32Array, b: Float32Array, t: number): Float32Array {
  return a.map((value, d) => (1 - t) * value + t * b[d]);
}

/** Between two of a stack of K arrays of ``size`` numbers: (1 − t)·x[k] + t·x[k + 1]; x[k] itself where t = 0. */
export function lerp(stack: Float32Array, k: number, t: number, size: number, out = new Float32Array(size)): Float32Array {
  const [low, high] = [k * size, (t ? k + 1 : k) * size];
  for (let i = 0; i < size; i++) out[i] = (1 - t) * stack[low + i] + t * stack[high + i];
  return out;
}

const NO_PLANE = 1e-12; // below this sine two unit vectors span no plane of their own

/** A code on the great circle from a to b: the direction turns at a constant rate and the length changes linearly.
 *
 * As `aecore.latent.interpolate.spherical`: a code at the origin has no direction, and parallel codes turn nothing:
 * the straight line; opposite codes turn through the axis on which ``a`` is smallest, in one dimension not at all.
 *
 * Source: White (2016), https://arxiv.org/abs/1609.04468; for ends of one length it is theirs.
 */
export function spherical(a: Float32Array, b: Float32Array, t: number): Float32Array {
  const [la, lb] = [norm(a), norm(b)];
  if (!la || !lb || t === 0 || t === 1) return linear(a, b, t);
  const u = Float64Array.from(a, (value) => value / la);
  const v = Float64Array.from(b, (value) => value / lb);
  const cosine = dot(u, v);
  let across = v.map((value, d) => value - cosine * u[d]); // sin(Ω)·w: what b has at a right angle to a
  const sine = norm(across);
  if (sine < NO_PLANE) {
    if (cosine > 0 || u.length === 1) return linear(a, b, t);
    const least = u.reduce((best, value, d) => (Math.abs(value) < Math.abs(u[best]) ? d : best), 0);
    across = u.map((value, d) => (d === least ? 1 : 0) - u[least] * value);
  }
  const [angle, width] = [t * Math.atan2(sine, cosine), norm(across)];
  const length = (1 - t) * la + t * lb;
  return Float32Array.from(u, (value, d) => length * (Math.cos(angle) * value + (Math.sin(angle) * across[d]) / width));
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, d) => sum + value * b[d], 0);
}

/** Euclidean length. */
export function norm(a: Float32Array | Float64Array): number {
  return Math.hypot(...a);
}

/** Euclidean distances from a code, shape (D,), to each of some codes, shape (N, D), squared. */
export function distances(codes: Float32Array, z: Float32Array): Float32Array {
  const dim = z.length;
  const out = new Float32Array(codes.length / dim);
  for (let row = 0, i = 0; row < out.length; row++) {
    let sum = 0;
    for (let d = 0; d < dim; d++, i++) sum += (codes[i] - z[d]) ** 2;
    out[row] = sum;
  }
  return out;
}

/** Indices of the k smallest values, the smallest first. */
export function smallest(values: Float32Array, k: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === k && values[i] >= values[best[k - 1]]) continue;
    let place = best.length;
    while (place && values[best[place - 1]] > values[i]) place--;
    best.splice(place, 0, i);
    if (best.length > k) best.pop();
  }
  return best;
}

/** Rows of the k codes nearest to z in the latent space, the nearest first. */
export function nearest(codes: Float32Array, z: Float32Array, k: number): number[] {
  return smallest(distances(codes, z), k);
}

/** Weights of neighbours at these squared distances: inverse, adding up to 1. */
export function inverseWeights(squared: ArrayLike<number>): Float32Array {
  const exact = Array.from(squared).findIndex((value) => value === 0);
  const raw = Float32Array.from(squared, (value, i) => (exact < 0 ? 1 / value : i === exact ? 1 : 0));
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((value) => value / sum);
}

/** The mean of some rows of codes of ``dim`` numbers, weighted; of all rows without ``rows``. */
export function mean(codes: Float32Array, dim: number, rows?: ArrayLike<number>, weights?: Float32Array): Float32Array {
  const out = new Float64Array(dim);
  const count = rows ? rows.length : codes.length / dim;
  for (let i = 0; i < count; i++) {
    const start = (rows ? rows[i] : i) * dim;
    const weight = weights ? weights[i] : 1 / count;
    for (let d = 0; d < dim; d++) out[d] += weight * codes[start + d];
  }
  return Float32Array.from(out);
}

/** Standard deviation of each dimension of some codes, shape (D,). */
export function deviation(codes: Float32Array, dim: number): Float32Array {
  const centre = mean(codes, dim);
  const squares = new Float64Array(dim);
  codes.forEach((value, i) => (squares[i % dim] += (value - centre[i % dim]) ** 2));
  return Float32Array.from(squares, (sum) => Math.sqrt(sum / (codes.length / dim)));
}

/** The q-quantile of some values, by linear interpolation, as NumPy's. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = q * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low] + (place - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

/** Uniform random numbers in [0, 1) that a seed fixes (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers that a seed fixes (Box and Muller 1958). */
export function normal(seed: number): () => number {
  const random = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** mean + T·L·ε for a lower triangular L of shape (D, D). */
export function gaussian(mean: Float32Array, cholesky: Float32Array, temperature: number, epsilon: Float32Array): Float32Array {
  const dim = mean.length;
  return mean.map((value, row) => {
    let sum = 0;
    for (let column = 0; column <= row; column++) sum += cholesky[row * dim + column] * epsilon[column];
    return value + temperature * sum;
  });
}
