/** Examples written step by step, by a decoder that reads what it has written: each step the most probable one. */

import type { Data } from "../scene";
import type { Input } from "../worker";
import { sizeOf } from "./kinds";

/** What the decoder makes of the step behind some prefixes, which belong to these rows: means, shape (rows, …) of one step. */
type Step = (rows: number[], prefix: Input, length: Input) => Promise<Float32Array>;

/** Examples, shape (count, …), see ``sizeOf``. Words end at their end token, series where presence falls below ½;
 * nothing stands behind the end, and nothing is asked of it. */
export async function written(data: Data, count: number, step: Step): Promise<Float32Array> {
  const { kind, shape } = data;
  const size = sizeOf(data);
  const out = new Float32Array(count * size);
  const words = kind === "tokens" ? new BigInt64Array(count * shape[0]) : undefined;
  let rows = [...Array(count).keys()]; // that go on
  for (let t = 0; t < (kind === "image" ? shape[1] : shape[0]) && rows.length; t++) {
    const known = words ? taken(words, rows, shape[0], BigInt64Array) : taken(out, rows, size, Float32Array);
    const length = new BigInt64Array(rows.length).fill(BigInt(t));
    const next = await step(rows, { data: known, shape: [rows.length, ...shape] }, { data: length, shape: [rows.length] });
    const width = next.length / rows.length;
    rows = rows.filter((row, i) => {
      const mean = next.subarray(i * width, (i + 1) * width);
      place(out.subarray(row * size, (row + 1) * size), mean, t, data);
      if (!words) return kind !== "series" || mean[width - 1] >= 0.5;
      const token = mean.reduce((best, p, each) => (p > mean[best] ? each : best), 0);
      words[row * shape[0] + t] = BigInt(token);
      return token > 0;
    });
  }
  return out;
}

/** Some rows of an array, ``width`` numbers each. */
export function taken<T extends Float32Array | BigInt64Array>(all: T, rows: number[], width: number, kind: new (length: number) => T): T {
  const some = new kind(rows.length * width);
  rows.forEach((row, i) => some.set(all.subarray(row * width, (row + 1) * width) as never, i * width));
  return some;
}

/** Puts a step where it belongs: shape (V) or (C + 1) one after another, (C, W) as a row of each channel. */
function place(x: Float32Array, mean: Float32Array, t: number, { kind, shape }: Data): void {
  if (kind !== "image") return x.set(mean, t * mean.length);
  const [channels, height, width] = shape;
  for (let c = 0; c < channels; c++) x.set(mean.subarray(c * width, (c + 1) * width), (c * height + t) * width);
}
