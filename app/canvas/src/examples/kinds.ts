/** How an example of each kind of data is painted; images have pixels of their own, see image.ts. */

import type { Data } from "../scene";
import { series } from "./series";
import { table } from "./table";
import { certain, tokens } from "./tokens";

export type Pen = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** The theme's colours, as any CSS colour. */
export interface Tones {
  ink: string;
  faint: string; // what stands back
  line: string;
  accent: string;
}

/** Something to paint on: ``width`` × ``height`` CSS pixels from the pen's origin on. */
export interface Brush {
  pen: Pen;
  width: number;
  height: number;
  tones: Tones;
}

/** Whoever paints examples of a kind; x and y are one example's numbers, see ``sizeOf``. */
export interface Manner {
  /** Width and height of one among many, in CSS pixels. */
  cell(data: Data): [width: number, height: number];
  /** Width by height where one stands alone and has room, if it is another shape then. */
  alone?(data: Data): number;
  /** How many stand beside each other in a grid; on a narrow page. */
  columns: [wide: number, narrow: number];
  /** @param behind What it should have been. */
  draw(brush: Brush, x: Float32Array, data: Data, behind?: Float32Array): void;
  /** What ``y`` makes wrong of ``x``. */
  difference(brush: Brush, x: Float32Array, y: Float32Array, data: Data): void;
  /** An example as words, for who does not see it. */
  said(x: Float32Array, data: Data): string;
  /** What lies at a pixel of a picture, where that is worth a name. */
  at?(place: [x: number, y: number], size: [width: number, height: number], x: Float32Array, data: Data, behind?: Float32Array): string;
}

const MANNERS: Record<string, Manner> = { series, tokens, table };

/** How examples are painted that are no images. */
export function mannerOf({ kind }: Data): Manner | undefined {
  return MANNERS[kind];
}

/** Numbers in one example: of an image C·H·W; of a series T·(C + 1), presence last; of tokens T·V, the probability of
 * each word of the vocabulary at each place; of a row of a table F. */
export function sizeOf({ kind, shape, vocabulary }: Data): number {
  return shape.reduce((a, b) => a * b) * (kind === "tokens" ? vocabulary.length : 1);
}

/** Rows of what are no images, as a server hands them out: shape (rows, …), see ``sizeOf``; words as probabilities. */
export function numbersIn(all: Float32Array | Int32Array, data: Data, rows: number[]): Float32Array {
  const [stored, size] = [data.shape.reduce((a, b) => a * b), sizeOf(data)];
  const out = new Float32Array(rows.length * size);
  rows.forEach((row, i) => {
    const one = all.subarray(row * stored, (row + 1) * stored);
    out.set(data.kind === "tokens" ? certain(one, data) : one, i * size);
  });
  return out;
}

/** Width and height of an example in a grid: pixels of an image, else CSS pixels. */
export function cellOf(data: Data): [width: number, height: number] {
  const [, height, width] = data.shape;
  return mannerOf(data)?.cell(data) ?? [width, height];
}

/** Between examples of a grid, in the same unit. */
export function gapOf(data: Data): number {
  return mannerOf(data) ? 8 : Math.ceil(data.shape[2] / 14);
}

/** What an example is called, what many are, and what it is made of. */
export function nounsOf({ kind }: Data): { one: string; many: string; parts: string } {
  const nouns: Record<string, [string, string, string]> = {
    series: ["series", "series", "values"],
    tokens: ["word", "words", "letters"],
    table: ["row", "rows", "columns"],
  };
  const [one, many, parts] = nouns[kind] ?? ["image", "images", "pixels"];
  return { one, many, parts };
}
