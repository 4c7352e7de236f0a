/** Traverse a code of a codebook: each slot takes one of the learned vectors, and its index is the slider. */

import { useEffect, useMemo, useState } from "preact/hooks";
import type { PageProps } from "../app";
import { decode, lookup, pixels } from "../models";
import { Button, digits, Facts, Notice, Panel, Picture, Slider, usePromise } from "../parts/kit";
import { Live } from "../parts/live";
import { titleOf } from "../parts/selection";
import { Top } from "../parts/top";
import type { Scene } from "../scene";

const SHOWN = 9; // vectors in a strip
const MOST = 16; // slots at first
const SETTLED = 120; // ms after the last move: until then the large picture has the decoder for itself

/** A codebook, and which of its vectors the codes choose. */
interface Book {
  vectors: Float32Array; // (K, w)
  width: number; // w
  of: Int32Array; // (N, S)
  usual: number[][]; // of each slot the indices that are chosen most, in their own order
}

export function Slots({ host, scene }: PageProps) {
  const { value: book, error } = usePromise(() => bookOf(scene), [scene.base]);
  return (
    <>
      {!book && <Top host={host} />}
      {error && <Notice failed title="The codebook cannot be read" text={error.message} />}
      {!book && !error && <div class="panel skeleton" aria-busy="true" />}
      {book && <Shown {...{ host, scene, book }} />}
    </>
  );
}

function Shown({ host, scene, book }: PageProps & { book: Book }) {
  const { size, slots } = scene.card.latent.codebook!;
  const { point } = host.saved;
  const row = point !== undefined && /^\d{1,9}$/.test(point) && Number(point) < scene.count ? Number(point) : 0;
  const home = useMemo(() => Array.from(book.of.subarray(row * slots, (row + 1) * slots)), [book, row]);
  const [hand, setHand] = useState({ indices: home, stamp: 0 });
  const [settled, settle] = useState(home);
  const [count, show] = useState(MOST);
  const { indices, stamp } = hand;
  useEffect(() => setHand({ indices: home, stamp: 0 }), [home]);
  useEffect(() => {
    const timer = setTimeout(() => settle(indices), SETTLED);
    return () => clearTimeout(timer);
  }, [indices]);
  const z = useMemo(() => codeOf(book, indices), [book, indices]);
  const set = (slot: number, index: number, stamp: number) =>
    setHand((old) => ({ indices: old.indices.map((each, i) => (i === slot ? index : each)), stamp }));
  const shown = Array.from({ length: Math.min(count, slots) }, (_, slot) => slot);
  const strips = useStrips(scene, book, settled, shown.length);
  const { codebook_perplexity: perplexity, codes_used: used } = scene.card.measured;
  return (
    <>
      <Top host={host}>
        <Button title="Random example" help="Starts from the indices of another example." onClick={() => host.say({ point: String(Math.floor(Math.random() * scene.count)) })} />
        <Button title="Back" help="To where the traversal started." onClick={() => setHand({ indices: home, stamp: 0 })} />
      </Top>
      <div class="row traverse">
        <Panel class="strips" title="What each slot does" text={`A code is ${slots} slots, each one of ${size} vectors. A strip puts into one slot the vectors that examples choose there most.`}>
          {shown.map((slot) => (
            <div key={slot} class="strip" role="group" aria-label={`Slot ${slot + 1}`}>
              <span class="name">
                slot {slot + 1}
                <small>index {indices[slot]}</small>
              </span>
              {offered(book, slot, settled[slot]).map((index, i) => (
                <button
                  type="button"
                  key={index}
                  class={index === indices[slot] ? "near" : ""}
                  aria-current={index === indices[slot]}
                  title={`Slot ${slot + 1}, vector ${index}`}
                  onClick={() => set(slot, index, 0)}
                >
                  <Picture x={strips?.[slot]?.[i]} data={scene.card.data} label={`Slot ${slot + 1} with vector ${index}`} />
                </button>
              ))}
            </div>
          ))}
          {slots > count && <Button title={`All ${slots} slots`} help="The other slots of the code." onClick={() => show(slots)} />}
        </Panel>
        <aside class="side">
          <Panel title="Decoded" text={`The traversal starts from the indices of ${titleOf(scene, row)}.`}>
            <Live scene={scene} z={z} stamp={stamp} label="The decoded code" />
          </Panel>
          <Panel title="Code" text="The index of the vector in each slot. Neighbouring indices have nothing in common.">
            {shown.map((slot) => (
              <Slider
                key={slot}
                name={`Slot ${slot + 1}`}
                label={`slot ${slot + 1}`}
                help="Which vector of the codebook stands in this slot."
                min={0}
                max={size - 1}
                step={1}
                value={indices[slot]}
                onInput={(value, event) => set(slot, value, event.timeStamp)}
              />
            ))}
          </Panel>
          {typeof perplexity === "number" && (
            <Panel title="Use of the codebook" text={`Perplexity is ${size} if all vectors are chosen equally often.`}>
              <Facts
                facts={[
                  ["perplexity", `${digits(perplexity)} of ${size}`],
                  ...(typeof used === "number" ? [["vectors in use", `${used} of ${size}`] as [string, string]] : []),
                ]}
              />
            </Panel>
          )}
        </aside>
      </div>
    </>
  );
}

/** The indices in a slot's strip: those that examples choose most, and the one that stands there. */
function offered({ usual }: Book, slot: number, index: number): number[] {
  const most = usual[slot];
  return most.includes(index) ? most : [...most.slice(0, -1), index].sort((a, b) => a - b);
}

/** The pictures of each slot's strip around some indices, once they rest. */
function useStrips(scene: Scene, book: Book, indices: number[], count: number): Float32Array[][] | undefined {
  const [strips, setStrips] = useState<Float32Array[][]>();
  useEffect(() => {
    let current = true;
    void (async () => {
      const made: Float32Array[][] = [];
      for (let slot = 0; slot < count; slot++) {
        const codes = offered(book, slot, indices[slot]).map((index) => codeOf(book, indices.map((each, i) => (i === slot ? index : each))));
        const all = new Float32Array(codes.length * scene.dim);
        codes.forEach((code, i) => all.set(code, i * scene.dim));
        const [x, size] = [await decode(scene, all), pixels(scene)];
        if (!current) return;
        made.push(codes.map((_, i) => x.subarray(i * size, (i + 1) * size)));
        setStrips((old) => [...made, ...(old ?? []).slice(made.length)]);
      }
    })().catch((error: Error) => console.warn(error.message)); // the large picture says so
    return () => {
      current = false;
    };
  }, [scene, book, indices, count]);
  return strips;
}

/** The vectors of some indices, one after another: shape (S·w). */
function codeOf({ vectors, width }: Book, indices: number[]): Float32Array {
  const z = new Float32Array(indices.length * width);
  indices.forEach((index, slot) => z.set(vectors.subarray(index * width, (index + 1) * width), slot * width));
  return z;
}

const books = new WeakMap<Scene, Promise<Book>>();

/** The codebook of a scene, read once from its lookup; and the nearest vector in each slot of each code. */
function bookOf({ base }: Scene): Promise<Book> {
  let book = books.get(base);
  if (!book) {
    books.set(base, (book = read(base)));
    book.catch(() => books.delete(base));
  }
  return book;
}

async function read(scene: Scene): Promise<Book> {
  const { size, slots, width } = scene.card.latent.codebook!;
  const rows = await lookup(scene, Int32Array.from({ length: size * slots }, (_, i) => Math.floor(i / slots)));
  const vectors = new Float32Array(size * width);
  for (let k = 0; k < size; k++) vectors.set(rows.subarray(k * slots * width, k * slots * width + width), k * width);
  const of = new Int32Array(scene.count * slots);
  for (let i = 0; i < of.length; i++) of[i] = closest(vectors, scene.codes.mu.subarray(i * width, (i + 1) * width));
  const usual = Array.from({ length: slots }, (_, slot) => {
    const counts = new Uint32Array(size);
    for (let row = 0; row < scene.count; row++) counts[of[row * slots + slot]]++;
    const order = [...counts.keys()].sort((a, b) => counts[b] - counts[a]);
    return order.slice(0, SHOWN).sort((a, b) => a - b);
  });
  return { vectors, width, of, usual };
}

/** The index of the vector nearest to a part of a code. */
function closest(vectors: Float32Array, part: Float32Array): number {
  let [best, least] = [0, Infinity];
  for (let k = 0; k < vectors.length / part.length; k++) {
    let away = 0;
    for (let i = 0; i < part.length && away < least; i++) away += (vectors[k * part.length + i] - part[i]) ** 2;
    if (away < least) [best, least] = [k, away];
  }
  return best;
}
