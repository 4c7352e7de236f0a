/** Three ways from one example to another: two through the latent space, one through the pixels. */

import { gapOf } from "./examples/kinds";
import { linear, norm, spherical } from "./maths";
import { mosaicOf } from "./save";
import type { Data } from "./scene";

export type Way = "linear" | "spherical" | "fade";

export const WAYS: Record<Way, string> = { linear: "linear", spherical: "spherical", fade: "cross-fade" };

/** ``steps`` times from 0 to 1, both included. */
export function times(steps: number): number[] {
  return Array.from({ length: steps }, (_, i) => i / (steps - 1));
}

/** Codes at each time: first those of the straight line, then those of the great circle; shape (2·times, D). */
export function codesAt(a: Float32Array, b: Float32Array, at: number[]): Float32Array {
  const out = new Float32Array(2 * at.length * a.length);
  at.forEach((t, i) => {
    out.set(linear(a, b, t), i * a.length);
    out.set(spherical(a, b, t), (at.length + i) * a.length);
  });
  return out;
}

/** One example fading into the other, shape (times, …): no model has a part in it. */
export function fadedAt(xa: Float32Array, xb: Float32Array, at: number[]): Float32Array {
  const out = new Float32Array(at.length * xa.length);
  at.forEach((t, i) => out.set(linear(xa, xb, t), i * xa.length));
  return out;
}

/** Lengths ‖z‖ of some codes, shape (rows). */
export function lengthsOf(codes: Float32Array, dim: number): Float32Array {
  return Float32Array.from({ length: codes.length / dim }, (_, row) => norm(codes.subarray(row * dim, (row + 1) * dim)));
}

/** The ways beside each other at each time, ``factor`` times as large, there and back again: frames of a film that
 * repeats without a jump. */
export function framesOf(ways: Float32Array[], data: Data, steps: number, factor: number): ImageData[] {
  const size = ways[0].length / steps;
  const there = Array.from({ length: steps }, (_, i) => {
    const x = new Float32Array(ways.length * size);
    ways.forEach((way, column) => x.set(way.subarray(i * size, (i + 1) * size), column * size));
    return mosaicOf(x, data, { count: ways.length, columns: ways.length, gap: gapOf(data) }, true, factor);
  });
  return [...there, ...there.slice(1, -1).reverse()];
}
