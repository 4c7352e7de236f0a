/** Tokens: the most probable one at each place, as clear as it is probable; the end token ends the word. */

import type { Data } from "../scene";
import type { Brush, Manner } from "./kinds";

const TYPE = 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';
const ADVANCE = 0.602; // of a letter, in ems
const LARGEST = 34; // CSS pixels
const [MISSING, WRONG] = ["light-dark(rgb(33 102 172), rgb(106 168 224))", "light-dark(rgb(178 24 43), rgb(240 116 116))"];

/** The tokens up to the end, and how probable each is; of probabilities, shape (T, V). */
export function wordOf(x: Float32Array, { shape: [places], vocabulary }: Data): { token: number; p: number }[] {
  const size = vocabulary.length;
  const word: { token: number; p: number }[] = [];
  for (let place = 0; place < places; place++) {
    let token = 0;
    for (let each = 1; each < size; each++) if (x[place * size + each] > x[place * size + token]) token = each;
    if (!token) break;
    word.push({ token, p: x[place * size + token] });
  }
  return word;
}

/** Letters stand together; longer tokens have a space between them. */
const between = ({ vocabulary }: Data) => (vocabulary.every((each) => [...each].length <= 1) ? "" : " ");

/** What the tokens read as. */
export function textOf(x: Float32Array, data: Data): string {
  return wordOf(x, data)
    .map(({ token }) => data.vocabulary[token])
    .join(between(data));
}

/** Certain tokens as probabilities, shape (T, V): the end token wherever there is no other. */
export function certain(tokens: ArrayLike<number>, { shape: [places], vocabulary }: Data): Float32Array {
  const x = new Float32Array(places * vocabulary.length);
  for (let place = 0; place < places; place++) x[place * vocabulary.length + (tokens[place] ?? 0)] = 1;
  return x;
}

/** The index of the most probable token at each place, 0 from the end on; (rows, T, V) to (rows, T). */
export function indicesOf(x: Float32Array, data: Data): BigInt64Array {
  const places = data.shape[0];
  const size = places * data.vocabulary.length;
  const out = new BigInt64Array((x.length / size) * places);
  for (let row = 0; row * size < x.length; row++) {
    wordOf(x.subarray(row * size, (row + 1) * size), data).forEach(({ token }, place) => (out[row * places + place] = BigInt(token)));
  }
  return out;
}

interface Letter {
  text: string;
  alpha: number;
  colour?: string;
  marked?: boolean;
}

function write({ pen, width, height, tones }: Brush, letters: Letter[], data: Data): void {
  const gap = between(data);
  const longest = Math.max(data.shape[0], letters.reduce((sum, { text }) => sum + text.length + gap.length, 0));
  const size = Math.min(LARGEST, 0.72 * height, (width - 2) / (longest * ADVANCE));
  pen.font = `${size}px ${TYPE}`;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  let left = 1;
  for (const { text, alpha, colour, marked } of letters) {
    const long = pen.measureText(text + gap).width;
    pen.globalAlpha = alpha;
    pen.fillStyle = colour ?? tones.ink;
    pen.fillText(text, left, height / 2);
    if (marked) pen.fillRect(left, height / 2 + 0.55 * size, long - 1, Math.max(1, size / 14));
    left += long;
  }
  pen.globalAlpha = 1;
}

const NOTHING: Letter[] = [{ text: "∅", alpha: 0.45 }]; // it ends before it begins

export const tokens: Manner = {
  cell: ({ shape: [places] }) => [Math.max(60, 7.4 * places), 18],
  columns: [8, 3],
  draw(brush, x, data) {
    const letters = wordOf(x, data).map(({ token, p }) => ({ text: data.vocabulary[token], alpha: 0.35 + 0.65 * p }));
    write(brush, letters.length ? letters : NOTHING, data);
  },
  difference(brush, x, y, data) {
    const [wanted, got] = [wordOf(x, data), wordOf(y, data)];
    const dark = isDark(brush);
    const letters = Array.from({ length: Math.max(wanted.length, got.length) }, (_, i): Letter => {
      if (wanted[i]?.token === got[i]?.token) return { text: data.vocabulary[got[i].token], alpha: 0.4 };
      if (!got[i]) return { text: data.vocabulary[wanted[i].token], alpha: 1, colour: tone(MISSING, dark), marked: true };
      return { text: data.vocabulary[got[i].token], alpha: 1, colour: tone(WRONG, dark), marked: true };
    });
    write(brush, letters.length ? letters : NOTHING, data);
  },
  said: (x, data) => textOf(x, data) || "nothing",
};

/** Whether the ink is light. */
function isDark({ tones }: Brush): boolean {
  const [r = 0, g = 0, b = 0] = (tones.ink.match(/[\d.]+/g) ?? []).map(Number);
  return tones.ink.startsWith("rgb") && r + g + b > 384;
}

function tone(pair: string, dark: boolean): string {
  const [light, other] = pair.match(/rgb\([^)]*\)/g)!;
  return dark ? other : light;
}
