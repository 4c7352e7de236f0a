/** In which order points are drawn: every beginning of it is a fair sample of the classes. */

import { uniform } from "../maths";
import type { Scene } from "../scene";

const orders = new WeakMap<Scene, Uint32Array>();

/** The order of a scene's rows, made once. */
export function orderOf(scene: Scene): Uint32Array {
  let order = orders.get(scene.base);
  if (!order) orders.set(scene.base, (order = stratified(scene.count, scene.codes.label)));
  return order;
}

/** All rows, such that the first k hold each class in its proportion, for every k; the same at every visit.
 *
 * @param label Class of each row, shape (N,); one class without it.
 */
export function stratified(count: number, label?: Int32Array): Uint32Array {
  const shuffled = shuffle(count);
  if (!label) return shuffled;
  const sizes = new Map<number, number>();
  for (let row = 0; row < count; row++) sizes.set(label[row], (sizes.get(label[row]) ?? 0) + 1);
  // The i-th of a class of n stands at (i + ½) / n of the way; rows are put there by a counting sort.
  const seen = new Map<number, number>();
  const way = new Uint32Array(count);
  const starts = new Uint32Array(count + 1);
  for (let i = 0; i < count; i++) {
    const its = label[shuffled[i]];
    const before = seen.get(its) ?? 0;
    seen.set(its, before + 1);
    way[i] = ((before + 0.5) / sizes.get(its)!) * count;
    starts[way[i] + 1]++;
  }
  for (let i = 0; i < count; i++) starts[i + 1] += starts[i];
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[starts[way[i]]++] = shuffled[i];
  return order;
}

function shuffle(count: number): Uint32Array {
  const random = uniform(1);
  const rows = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [rows[i], rows[j]] = [rows[j], rows[i]];
  }
  return rows;
}

/** The order parted: rows to be dimmed (all, where none is chosen), and rows that are lit; hidden ones in neither. */
export function parted(order: Uint32Array, chosen?: Uint8Array, hidden?: Uint8Array | null): [Uint32Array, Uint32Array] {
  if (!chosen && !hidden) return [order, new Uint32Array()];
  const rest = order.filter((row) => !hidden?.[row] && !chosen?.[row]);
  return [rest, chosen ? order.filter((row) => !hidden?.[row] && chosen[row]) : new Uint32Array()];
}
