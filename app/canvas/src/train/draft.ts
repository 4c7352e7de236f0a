/** What is about to be trained: kept while other pages are looked at. */

import { Signal } from "../lab/signal";
import type { Config, Field, Plain } from "./wire";

/** Options as they are written in their fields; those left alone are not there. */
export interface Draft {
  data: string;
  variant: string;
  options: Record<string, string>;
}

export const draft = new Signal<Draft>({ data: "", variant: "", options: {} });

/** What the bundle is to be called: no option of the training, and written like one. */
export const NAME: Field = {
  name: "name", title: "Name", help: "What the bundle is to be called; lower-case letters, digits, dots, dashes and underscores.", kind: "text",
  default: "", low: null, high: null, choices: [], group: "bundle", later: false, idle: null, above: null,
};

export const PARTS = ["net", "likelihood"]; // options that bring options of their own

export function change(changes: Partial<Draft>): void {
  draft.value = { ...draft.value, ...changes };
}

export function write(name: string, text: string): void {
  change({ options: { ...draft.value.options, [name]: text } });
}

/** A value as it is written in a field. */
export function textOf(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** What is written in a field. */
export function writtenIn(field: Field, { options }: Draft): string {
  const text = options[field.name];
  const known = text !== undefined && (!field.choices.length || field.choices.includes(text));
  return known ? text : textOf(field.default);
}

/** The value that a text stands for; undefined where it is none. */
export function valueOf(field: Field, text: string): Plain | undefined {
  if (field.kind === "bool") return text === "yes";
  if (field.kind === "choice" || field.kind === "text") return text;
  const numbers = text.trim() ? text.split(",").map((each) => (each.trim() ? Number(each) : NaN)) : [];
  const fits = (value: number) => Number.isFinite(value) && (field.kind === "float" || Number.isInteger(value)) && value >= (field.low ?? -Infinity) && value <= (field.high ?? Infinity);
  if (!numbers.every(fits)) return undefined;
  if (field.kind === "list") return numbers;
  return numbers.length === 1 ? numbers[0] : undefined;
}

/** What a field takes, in words; nothing where its control says it. */
export function rangeOf({ kind, low, high }: Field): string {
  if (kind === "bool" || kind === "choice" || kind === "text") return "";
  const between = low === null ? "" : `${plain(low)} to ${plain(high!)}`;
  return kind === "list" ? `Whole numbers, ${between}, with commas.` : between;
}

function plain(value: number): string {
  return value >= 1e7 || (value && value < 1e-3) ? value.toExponential(0).replace("e+", "e").replace("-", "−") : value.toLocaleString("en").replace("-", "−");
}

/** Why a text is no value of a field; empty where it is. */
export function problemOf(field: Field, text: string): string {
  if (valueOf(field, text) !== undefined) return "";
  const wanted = { int: "A whole number", float: "A number", list: "Whole numbers" }[field.kind as string];
  return field.low === null ? `${wanted}, please.` : `${wanted} from ${plain(field.low)} to ${plain(field.high!)}${field.kind === "list" ? ", with commas between them" : ""}.`;
}

/** Those fields that act, given what is written in the others. */
export function acting(fields: Field[], now: Draft): Field[] {
  const written = (name: string) => {
    const field = fields.find((each) => each.name === name);
    return field && writtenIn(field, now);
  };
  return fields.filter(({ idle, above }) => {
    const still = idle && idle[1].some((value) => textOf(value) === written(idle[0]));
    return !still && !(above && Number(written(above[0])) <= Number(written(above[1])));
  });
}

/** What is to be sent: the options that are not as they are by default. Undefined while one is wrong. */
export function configOf(fields: Field[], now: Draft): Config | undefined {
  const options: Record<string, Plain> = {};
  for (const field of acting(fields, now)) {
    const text = writtenIn(field, now);
    const value = valueOf(field, text);
    if (value === undefined) return undefined;
    if (text !== textOf(field.default)) options[field.name] = value;
  }
  return { data: now.data, variant: now.variant, options };
}

/** The name that is wished for; empty where it is to be made of variant and dimension. */
export function nameOf(now: Draft): string {
  return writtenIn(NAME, now).trim();
}

/** The parts that a draft names. */
export function partsOf({ options }: Draft): Record<string, string> {
  return Object.fromEntries(PARTS.flatMap((name) => (options[name] ? [[name, options[name]]] : [])));
}
