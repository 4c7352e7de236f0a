/** What is known of examples beside their codes: their class and their factors. */

import type { Data } from "./card";

export interface Facts {
  data: Data; // names its classes and factors
  count: number; // N
  label?: Int32Array; // (N), -1 where unknown
  factors?: Int32Array; // (N, F)
}

/** The factor that is the label under its own name, or -1. */
export function labelFactor({ data, label, factors }: Facts): number {
  if (!label || !factors) return -1;
  const width = data.factors.length;
  return data.factors.findIndex((_, f) => label.every((value, row) => value === factors[row * width + f]));
}

/** What the label is called: as the factor that it is, if it is one. */
export function classTitle(facts: Facts): string {
  return facts.data.factors[labelFactor(facts)]?.name ?? "label";
}

/** The values of a factor as text; those of the label's own factor are the names of the classes. */
export function valuesOf(facts: Facts, factor: number): string[] {
  const { classes, factors } = facts.data;
  if (classes.length && factor === labelFactor(facts)) return classes;
  return factors[factor].values.map((value) => (typeof value === "number" ? String(Number(value.toPrecision(3))) : value));
}

/** The value of a factor, as an index, of each row, shape (N). */
export function columnOf({ data, count, factors }: Facts, factor: number): Int32Array {
  const width = data.factors.length;
  return Int32Array.from({ length: count }, (_, row) => factors![row * width + factor]);
}

/** What is known of one row, under the names of the colourings: its class, then its factors. */
export function known(facts: Facts, row: number): [name: string, value: string][] {
  const { data, label, factors } = facts;
  const same = labelFactor(facts);
  const list: [string, string][] = [];
  if (label) list.push([classTitle(facts), data.classes[label[row]] ?? ""]);
  data.factors.forEach(({ name }, f) => {
    if (f !== same && factors) list.push([name, valuesOf(facts, f)[factors[row * data.factors.length + f]]]);
  });
  return list;
}
