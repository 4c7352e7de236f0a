/** Finding examples by what they are: "7", "label 7", "#123", "shape=heart", or a word by its letters. */

import { useEffect, useState } from "preact/hooks";
import { columnOf, labelFactor, valuesOf } from "../facts";
import type { Scene } from "../scene";
import { usePromise } from "./kit";
import { wordsOf } from "./original";

/** Rows that a text asks for, in order; none where nothing is called so.
 *
 * @param words What each row reads as, where the examples are words.
 */
export function found(scene: Scene, text: string, words: string[] = []): number[] {
  const asked = text.trim().toLowerCase();
  const { codes, card } = scene;
  if (!asked) return [];
  if (asked.startsWith("#")) return rowsWhere(codes.index, (index) => String(index) === asked.slice(1).trim());
  const named = byColumn(scene, asked);
  if (named) return named;
  const spelt = reading(words, asked);
  if (spelt.length) return spelt;
  const classes = codes.label ? called(card.data.classes, asked) : [];
  if (classes.length) return rowsWhere(codes.label!, (label) => classes.includes(label));
  const factors = factorsOf(scene);
  for (let f = 0; f < factors.length; f++) {
    const values = factors[f].values.every((value) => typeof value === "number") ? [] : called(valuesOf(scene.facts, f), asked);
    if (values.length) return rowsOfFactor(scene, f, values);
  }
  return /^\d+$/.test(asked) ? rowsWhere(codes.index, (index) => index === Number(asked)) : [];
}

/** "label 7", "shape=heart", "index: 12"; undefined where the text names no column. */
function byColumn(scene: Scene, asked: string): number[] | undefined {
  const { codes, card } = scene;
  const factors = factorsOf(scene);
  const columns = ["label", "class", "index", ...factors.map(({ name }) => name.toLowerCase())];
  // The longest first: "position x" is not "position".
  const column = columns
    .sort((a, b) => b.length - a.length)
    .find((name) => asked.startsWith(name) && /^\s*[=:\s]/.test(asked.slice(name.length)));
  if (!column) return undefined;
  const value = asked.slice(column.length).replace(/^[\s=:]+/, "");
  if (column === "index") return rowsWhere(codes.index, (index) => String(index) === value);
  const factor = factors.findIndex(({ name }) => name.toLowerCase() === column);
  if (factor >= 0) return rowsOfFactor(scene, factor, called(valuesOf(scene.facts, factor), value));
  const classes = called(card.data.classes, value);
  return codes.label ? rowsWhere(codes.label, (label) => classes.includes(label)) : [];
}

/** The factors that the codes hold; a card may name some that they do not. */
function factorsOf({ card, codes }: Scene): Scene["card"]["data"]["factors"] {
  return codes.factors ? card.data.factors : [];
}

/** Which names a text means: the one that is the same, else those that it begins or that hold it as a word. */
function called(names: string[], text: string): number[] {
  if (!text) return [];
  const lower = names.map((name) => name.toLowerCase());
  const exact = lower.indexOf(text);
  if (exact >= 0) return [exact];
  if (/^[\d.]+$/.test(text)) return lower.flatMap((name, i) => (Number(name) === Number(text) ? [i] : []));
  return lower.flatMap((name, i) => (name.split(/[\s/]+/).some((word) => word.startsWith(text)) ? [i] : []));
}

/** The row that reads so, then those that begin so; else those that hold it. */
function reading(words: string[], asked: string): number[] {
  const rows = [...words.keys()];
  const begin = rows.filter((row) => words[row].startsWith(asked));
  if (!begin.length) return rows.filter((row) => words[row].includes(asked));
  return begin.sort((a, b) => Number(words[b] === asked) - Number(words[a] === asked) || a - b);
}

function rowsWhere(values: Int32Array, is: (value: number) => boolean): number[] {
  const rows: number[] = [];
  values.forEach((value, row) => is(value) && rows.push(row));
  return rows;
}

function rowsOfFactor(scene: Scene, factor: number, values: number[]): number[] {
  return rowsWhere(columnOf(scene.facts, factor), (value) => values.includes(value));
}

/** An example of what can be asked for, of this data. */
function hint(scene: Scene): string {
  const { classes, factors, kind } = scene.card.data;
  if (kind === "tokens") return "Find a word, #123";
  const same = labelFactor(scene.facts);
  const label = same >= 0 ? `${factors[same].name}=${classes[classes.length - 1]}` : classes[Math.min(7, classes.length - 1)];
  return label ? `Find ${label}, #123` : "Find #123";
}

/** The box; ``onFound`` hears of the hits while somebody types, ``onHit`` of each that Enter goes to. */
export function Search(props: { scene: Scene; onFound(rows: number[]): void; onHit(row: number): void }) {
  const { scene } = props;
  const [text, setText] = useState("");
  const [place, setPlace] = useState(-1);
  const [hits, setHits] = useState<number[]>([]);
  const { value: words } = usePromise(() => wordsOf(scene), [scene]);
  const ask = (asked: string) => {
    const rows = found(scene, asked, words);
    setText(asked);
    setPlace(-1);
    setHits(rows);
    props.onFound(rows);
  };
  useEffect(() => () => props.onFound([]), [scene.base]);
  const go = (step: number) => {
    if (!hits.length) return;
    const next = (Math.max(place + step, place < 0 ? 0 : -1) + hits.length) % hits.length;
    setPlace(next);
    props.onHit(hits[next]);
  };
  const asked = text.trim();
  const count = place < 0 ? `${hits.length} found` : `${place + 1} of ${hits.length}`;
  return (
    <div class="search" role="search">
      <input
        type="search"
        aria-label={words?.length ? "Find examples by word, label, factor or index" : "Find examples by label, factor or index"}
        title="Lights the examples of this name; Enter goes to the next one."
        placeholder={hint(scene)}
        value={text}
        onInput={(event) => ask(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
          else if (event.key === "Escape") ask("");
          else return;
          event.preventDefault();
        }}
      />
      <span class="found" role="status">
        {asked && (hits.length ? count : `no example is called ${asked.slice(0, 24)}`)}
      </span>
    </div>
  );
}
