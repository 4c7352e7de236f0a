/** What the colour of a point says: its class, how well it is rebuilt, a factor, a number of its code. */

import { CLASSES, ramp, rgb } from "./colours";
import { classTitle, columnOf, labelFactor, valuesOf, type Facts } from "./facts";
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
const GREY = "#808080"; // of what nothing is known

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

/** A colouring that is made when it is first asked for, and the same at every time. */
export interface Choice {
  name: string;
  title: string;
  make(): Colouring;
}

function choice(name: string, title: string, make: (name: string, title: string) => Colouring): Choice {
  let once: Colouring | undefined;
  return { name, title, make: () => (once ??= make(name, title)) };
}

/** By what is known of examples: their class first, then each of their factors. */
export function byFacts(facts: Facts): Choice[] {
  const { data, label, factors } = facts;
  const same = labelFactor(facts);
  const list: Choice[] = [];
  if (label) list.push(choice("label", classTitle(facts), (name, title) => classes(name, title, data.classes, label)));
  data.factors.forEach(({ name }, f) => {
    if (f !== same && factors) list.push(choice(name, name, (name, title) => factor(facts, f, name, title)));
  });
  return list;
}

/** One grey for all of some points. */
export function byNothing(count: number): Choice {
  return choice("none", "nothing", (name, title) => ({ name, title, kind: "none", colours: [GREY], of: new Uint8Array(count) }));
}

const made = new WeakMap<Scene, Choice[]>();

/** What points can be coloured by, the usual one first; no two of one name. */
export function colourings(scene: Scene): Choice[] {
  const known = made.get(scene.base);
  if (known) return known;
  const { codes, card, dim, count } = scene;
  const list = byFacts(scene.facts);
  list.push(choice("error", "error", (name, title) => quantity(name, title, codes.error, card.error_unit)));
  if (codes.kl) list.push(choice("kl", "KL", (name, title) => quantity(name, title, codes.kl!, "nats")));
  for (let d = 0; d < dim; d++) {
    const values = () => Float32Array.from({ length: count }, (_, row) => codes.mu[row * dim + d]);
    list.push(choice(`z${d + 1}`, dimension(d), (name, title) => quantity(name, title, values(), undefined, true)));
  }
  list.push(byNothing(count));
  const unlike = list.filter(({ name }, i) => list.findIndex((each) => each.name === name) === i);
  made.set(scene.base, unlike);
  return unlike;
}

/** A colouring by its name; the usual one where the name is unknown or empty. The same object each time. */
export function colouringOf(scene: Scene, name: string): Colouring {
  const known = colourings(scene);
  return (known.find((each) => each.name === name) ?? known[0]).make();
}

/** A hue a class while there are hues; more classes, or ordered ones, take a ramp. */
function classes(name: string, title: string, names: string[], values: Int32Array, ordered = false): Colouring {
  if (names.length > 255) return quantity(name, title, Float32Array.from(values)); // more than ``of`` can number
  const hues = !ordered && names.length <= CLASSES.length;
  const colours = hues ? CLASSES.slice(0, names.length) : inner(Math.max(2, names.length));
  if (values.every((value) => value >= 0)) return { name, title, kind: "classes", colours, of: Uint8Array.from(values), names };
  const of = Uint8Array.from(values, (value) => (value < 0 ? names.length : value));
  return { name, title, kind: "classes", colours: [...colours, GREY], of, names: [...names, "unknown"] };
}

function factor(facts: Facts, f: number, name: string, title: string): Colouring {
  const { values } = facts.data.factors[f];
  const column = columnOf(facts, f);
  const ordered = values.every((value) => typeof value === "number");
  if (!ordered || values.length <= CLASSES.length) {
    return classes(name, title, valuesOf(facts, f), column, ordered && values.length > 2);
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
