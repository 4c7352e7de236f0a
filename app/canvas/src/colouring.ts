/** What the colour of a point says: its class, how well it is rebuilt, a factor, a number of its code. */

import { CLASSES, ramp, rgb } from "./colours";
import { quantile } from "./maths";
import type { Scene } from "./scene";
import { dimension } from "./space";

export interface Colouring {
  name: string; // in the address
  title: string;
  kind: "classes" | "quantity" | "none";
  colours: string[]; // a colour a class, or STEPS of a ramp
  of: Uint8Array; // (N), index into colours
  names?: string[]; // of the classes
  low?: number; // what the first colour stands for, and all below it
  high?: number; // what the last colour stands for, and all above it
  unit?: string;
}

export const STEPS = 64;

/** Viridis without its outermost twelfths, which are lost on a dark page and on a white one. */
function inner(steps: number): string[] {
  const every = ramp(12 * steps);
  return Array.from({ length: steps }, (_, i) => every[Math.round(steps + (i / (steps - 1)) * (10 * steps - 1))]);
}

/** Diverging, grey at zero: a white middle would not be seen on a white page. */
const ENDS = ["#1f6fc4", "#b3b1ad", "#cf3a33"].map(rgb);
const SIGNED = Array.from({ length: STEPS }, (_, i) => {
  const place = (2 * i) / (STEPS - 1);
  const low = Math.min(Math.floor(place), 1);
  const mixed = ENDS[low].map((value, c) => Math.round(value + (place - low) * (ENDS[low + 1][c] - value)));
  return "#" + mixed.map((value) => value.toString(16).padStart(2, "0")).join("");
});

/** The factor that is the label under its own name, or -1. */
export function labelFactor({ codes: { label, factors }, card }: Scene): number {
  if (!label || !factors) return -1;
  const width = card.data.factors.length;
  return card.data.factors.findIndex((_, f) => label.every((value, row) => value === factors[row * width + f]));
}

/** The values of a factor as text; those of the label's own factor are the names of the classes. */
export function valuesOf(scene: Scene, factor: number): string[] {
  const { classes, factors } = scene.card.data;
  if (classes.length && factor === labelFactor(scene)) return classes;
  return factors[factor].values.map((value) => (typeof value === "number" ? String(Number(value.toPrecision(3))) : value));
}

const made = new WeakMap<Scene, Map<string, () => Colouring>>();

/** Every colouring of a scene by its name, made when asked for. */
function all(scene: Scene): Map<string, () => Colouring> {
  let known = made.get(scene.base);
  if (known) return known;
  const { codes, card, dim } = scene;
  const list: [name: string, title: string, make: (name: string, title: string) => Colouring][] = [];
  const same = labelFactor(scene);
  if (codes.label) {
    const title = same < 0 ? "label" : card.data.factors[same].name;
    list.push(["label", title, (name, title) => classes(name, title, card.data.classes, codes.label!)]);
  }
  list.push(["error", "error", (name, title) => quantity(name, title, codes.error, card.error_unit)]);
  if (codes.kl) list.push(["kl", "KL", (name, title) => quantity(name, title, codes.kl!, "nats")]);
  card.data.factors.forEach(({ name }, f) => {
    if (f !== same && codes.factors) list.push([name, name, (name, title) => factor(scene, f, name, title)]);
  });
  for (let d = 0; d < dim; d++) {
    const values = () => Float32Array.from({ length: scene.count }, (_, row) => codes.mu[row * dim + d]);
    list.push([`z${d + 1}`, dimension(d), (name, title) => quantity(name, title, values(), undefined, true)]);
  }
  list.push(["none", "nothing", (name, title) => ({ name, title, kind: "none", colours: ["#808080"], of: new Uint8Array(scene.count) })]);
  known = new Map();
  for (const [name, title, make] of list) {
    let once: Colouring | undefined;
    if (!known.has(name)) known.set(name, () => (once ??= make(name, title)));
  }
  made.set(scene.base, known);
  titles.set(scene.base, list.map(([name, title]) => ({ name, title })));
  return known;
}

const titles = new WeakMap<Scene, { name: string; title: string }[]>();

/** What points can be coloured by, the usual one first. */
export function colourings(scene: Scene): { name: string; title: string }[] {
  all(scene);
  return titles.get(scene.base)!;
}

/** A colouring by its name; the usual one where the name is unknown or empty. The same object each time. */
export function colouringOf(scene: Scene, name: string): Colouring {
  const known = all(scene);
  return (known.get(name) ?? known.get(colourings(scene)[0].name)!)();
}

/** A hue a class while there are hues; more classes, or ordered ones, take a ramp. */
function classes(name: string, title: string, names: string[], values: Int32Array, ordered = false): Colouring {
  if (names.length > 256) return quantity(name, title, Float32Array.from(values)); // more than ``of`` can number
  const hues = !ordered && names.length <= CLASSES.length;
  const colours = hues ? CLASSES.slice(0, names.length) : inner(Math.max(2, names.length));
  return { name, title, kind: "classes", colours, of: Uint8Array.from(values), names };
}

function factor(scene: Scene, f: number, name: string, title: string): Colouring {
  const { values } = scene.card.data.factors[f];
  const width = scene.card.data.factors.length;
  const column = Int32Array.from({ length: scene.count }, (_, row) => scene.codes.factors![row * width + f]);
  const ordered = values.every((value) => typeof value === "number");
  if (!ordered || values.length <= CLASSES.length) {
    return classes(name, title, valuesOf(scene, f), column, ordered && values.length > 2);
  }
  const numbers = Float32Array.from(column, (i) => Number(values[i]));
  return quantity(name, title, numbers, undefined, false, [Math.min(...(values as number[])), Math.max(...(values as number[]))]);
}

/** A ramp from the lowest to the highest, but for the outermost hundredth on each side. */
function quantity(
  name: string,
  title: string,
  values: Float32Array,
  unit?: string,
  signed = false,
  range: [low: number, high: number] = rangeOf(values),
): Colouring {
  const reach = Math.max(Math.abs(range[0]), Math.abs(range[1])) || 1;
  const [low, high] = signed ? [-reach, reach] : range;
  const scale = high > low ? STEPS / (high - low) : 0;
  const of = Uint8Array.from(values, (value) => Math.max(0, Math.min(STEPS - 1, Math.floor((value - low) * scale))));
  return { name, title, kind: "quantity", colours: signed ? SIGNED : inner(STEPS), of, low, high, unit };
}

function rangeOf(values: Float32Array): [number, number] {
  const every = Math.max(1, Math.floor(values.length / 20000)); // enough for a quantile
  const some = values.filter((_, i) => i % every === 0);
  return [quantile(some, 0.01), quantile(some, 0.99)];
}
