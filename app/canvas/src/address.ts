/** What the page's address holds, as a page reads and writes it. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Host } from "./host";

/** Some rows of ``size`` as text that fits an address: a bit each, compressed. */
export async function pack(rows: number[], size: number): Promise<string> {
  const bits = new Uint8Array(Math.ceil(size / 8));
  for (const row of rows) bits[row >> 3] |= 128 >> (row & 7);
  const packed = new Blob([bits]).stream().pipeThrough(new CompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The rows that ``pack`` wrote, ascending; an error if the text is not one of its for this ``size``. */
export async function unpack(text: string, size: number): Promise<number[]> {
  const bits = await inflate(text, Math.ceil(size / 8)).catch(() => undefined);
  const rows: number[] = [];
  bits?.forEach((byte, i) => {
    for (let bit = 0; bit < 8; bit++) if (byte & (128 >> bit)) rows.push(8 * i + bit);
  });
  if (!bits || (rows.length && rows[rows.length - 1] >= size)) {
    throw new Error("The link's selection does not belong to this bundle; select again.");
  }
  return rows;
}

/** Exactly ``wanted`` bytes; no more is ever unpacked, since a link may be anybody's. */
async function inflate(text: string, wanted: number): Promise<Uint8Array> {
  if (!/^[\w-]+$/.test(text)) throw new Error("no base64");
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const out = new Uint8Array(wanted);
  for (let at = 0; ; ) {
    const { done, value } = await reader.read();
    if (done && at === wanted) return out;
    if (done || at + value.length > wanted) {
      void reader.cancel();
      throw new Error("another size");
    }
    out.set(value, at);
    at += value.length;
  }
}

let linked = true;

/** Whether the address still is what a link said: until somebody chooses another bundle here. What does not fit is a
 * wrong link only so long; later it falls back silently. */
export const isLinked = () => linked;
export const leaveLink = () => void (linked = false);

/** A value of the address: changed at once here, said at the gesture's end, and followed when the address changes. */
export function useSaved(host: Host, name: string): [value: string | undefined, set: (value: string | null) => void] {
  const there = host.saved[name];
  const [value, setValue] = useState<string | undefined>(there);
  const said = useRef<{ value?: string } | null>(null);
  useLayoutEffect(() => {
    // An answer to an earlier gesture comes late: the hand is already further.
    if (said.current && said.current.value !== there) return;
    said.current = null;
    setValue(there);
  }, [there]);
  const set = (next: string | null) => {
    const value = next ?? undefined;
    said.current = value === there ? null : { value };
    setValue(value);
    host.say({ [name]: next });
  };
  return [value, set];
}

/** A number of the address that follows a hand. */
export interface Moving {
  value: number;
  /** At once, and only here. */
  move(value: number): void;
  /** Says where the hand has come to, or ``value``; nothing where no hand was at it. */
  keep(value?: number): void;
}

/** A number of the address, the usual one where there is none between ``low`` and ``high``; to three decimals. */
export function useNumber(host: Host, name: string, usual: number, low: number, high: number, step = 0.001): Moving {
  const [saved, save] = useSaved(host, name);
  const [moved, setMoved] = useState<number>();
  const hand = useRef<number | undefined>(undefined); // a change may come before its move has been drawn
  const number = saved !== undefined && /^\d+(\.\d+)?$/.test(saved) ? Number(saved) : NaN;
  const there = number >= low && number <= high ? Number((Math.round(number / step) * step).toFixed(3)) : usual;
  const move = (value: number | undefined) => setMoved((hand.current = value));
  return {
    value: moved ?? there,
    move,
    keep(value = hand.current) {
      if (value === undefined) return;
      move(undefined);
      save(value === usual ? null : String(Number(value.toFixed(3))));
    },
  };
}
