/** The principal plane of codes that move: found anew in every frame, turned as little as can be from the last. */

import { mean } from "../maths";

const TURNS = [60, 8]; // of the power iteration: from nothing, and from the plane before

/** A plane through codes. */
export interface Plane {
  directions: Float32Array; // (2, D), orthonormal
  positions: Float32Array; // (N, 2), where each code lies
  origin: [x: number, y: number]; // where z = 0 lies
}

/** The plane of two dimensions is the code itself. */
export function planeOf(mu: Float32Array, dim: number, before?: Float32Array): Plane {
  if (dim === 2) return { directions: Float32Array.of(1, 0, 0, 1), positions: mu, origin: [0, 0] };
  if (dim === 1) return { directions: Float32Array.of(1, 0), positions: mu.slice().reduce((out, z, row) => ((out[2 * row] = z), out), new Float32Array(2 * mu.length)), origin: [0, 0] };
  const centre = mean(mu, dim);
  const count = mu.length / dim;
  const covariance = new Float64Array(dim * dim);
  for (let row = 0; row < count; row++) {
    for (let a = 0; a < dim; a++) {
      const from = mu[row * dim + a] - centre[a];
      for (let b = 0; b <= a; b++) covariance[a * dim + b] += (from * (mu[row * dim + b] - centre[b])) / count;
    }
  }
  for (let a = 0; a < dim; a++) for (let b = 0; b < a; b++) covariance[b * dim + a] = covariance[a * dim + b];
  let [right, up] = before ? [before.slice(0, dim), before.slice(dim)] : [seed(dim, 1), seed(dim, 2)];
  for (let turn = 0; turn < TURNS[before ? 1 : 0]; turn++) {
    [right, up] = orthonormal(times(covariance, right, dim), times(covariance, up, dim), right, up);
  }
  const directions = Float32Array.from([...right, ...up]);
  if (before) turnTo(directions, before, dim);
  const positions = new Float32Array(2 * count);
  for (let row = 0; row < count; row++) {
    for (let d = 0; d < dim; d++) {
      const from = mu[row * dim + d] - centre[d];
      positions[2 * row] += directions[d] * from;
      positions[2 * row + 1] += directions[dim + d] * from;
    }
  }
  const origin: Plane["origin"] = [-dot(directions.subarray(0, dim), centre), -dot(directions.subarray(dim), centre)];
  return { directions, positions, origin };
}

/** Somewhere to start from that is not at right angles to everything. */
function seed(dim: number, k: number): Float32Array {
  return Float32Array.from({ length: dim }, (_, d) => Math.cos(k * (d + 1)));
}

function times(matrix: Float64Array, vector: Float32Array, dim: number): Float32Array {
  return vector.map((_, a) => {
    let sum = 0;
    for (let b = 0; b < dim; b++) sum += matrix[a * dim + b] * vector[b];
    return sum;
  });
}

/** Gram and Schmidt's; where nothing is left, as after a collapse, the old direction stays. */
function orthonormal(right: Float32Array, up: Float32Array, oldRight: Float32Array, oldUp: Float32Array): Float32Array[] {
  const first = unit(right) ?? oldRight;
  const along = dot(first, up);
  const second = unit(up.map((value, d) => value - along * first[d]));
  if (second) return [first, second];
  const over = dot(first, oldUp);
  return [first, unit(oldUp.map((value, d) => value - over * first[d])) ?? oldUp];
}

function unit(vector: Float32Array): Float32Array | undefined {
  const size = Math.hypot(...vector);
  return size > 1e-12 ? vector.map((value) => value / size) : undefined;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, d) => sum + value * b[d], 0);
}

/** Turns or mirrors two directions within their plane, to lie as near to some others as they can (Procrustes). */
function turnTo(directions: Float32Array, before: Float32Array, dim: number): void {
  const [right, up] = [directions.slice(0, dim), directions.slice(dim)];
  const [a, b] = [dot(before.subarray(0, dim), right), dot(before.subarray(0, dim), up)];
  const [c, d] = [dot(before.subarray(dim), right), dot(before.subarray(dim), up)];
  const sign = a * d - b * c < 0 ? -1 : 1; // of the determinant: a mirror image, or none
  const angle = Math.atan2(b - sign * c, a + sign * d);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (let k = 0; k < dim; k++) {
    directions[k] = cos * right[k] + sin * up[k];
    directions[dim + k] = sign * (cos * up[k] - sin * right[k]);
  }
}
