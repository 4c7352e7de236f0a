/** A path step by step, with the length of each code; and what is saved of it. */

import { useMemo, useState } from "preact/hooks";
import { cellOf, gapOf } from "../examples/kinds";
import { decode } from "../models";
import { codesAt, fadedAt, framesOf, lengthsOf, times, WAYS, type Way } from "../paths";
import { quantile } from "../maths";
import { Button, digits, Panel, Pick } from "../parts/kit";
import { Mosaic } from "../parts/mosaic";
import { useColumns } from "../parts/narrow";
import { share } from "../parts/selection";
import { download, factorFor, fileName, gif, mosaicOf, png } from "../save";
import type { Scene } from "../scene";

export const STEPS = 11;
export const TIMES = times(STEPS);
const FRAMES = 25; // one way
const MANY = 8; // dimensions from which on codes keep away from their middle
const LARGE = 256; // pixels of a picture in a film
const SMALL = 128; // pixels of a picture in a strip

/** A path that is shown: its ends, and the images that the cross-fade joins. */
export interface Shown {
  a: Float32Array; // shape (D,)
  b: Float32Array;
  xa?: Float32Array; // shape (C, H, W)
  xb?: Float32Array;
  /** Whether the cross-fade joins originals, and not the decoded ends. */
  originals: boolean;
  names: [a: string, b: string];
}

interface StripsProps {
  scene: Scene;
  path: Shown;
  z: Float32Array; // shape (2·STEPS, D)
  x?: Float32Array; // shape (2·STEPS, C, H, W)
  t: number;
  seconds: number; // that a film takes one way
  onTime(t: number): void;
}

export function Strips({ scene, path, z, x, t, seconds, onTime }: StripsProps) {
  const { data } = scene.card;
  const columns = useColumns(data, STEPS, STEPS);
  const aligned = columns === STEPS; // else the steps wrap, and what stands at a step has no column
  const lengths = useMemo(() => lengthsOf(z, scene.dim), [z]);
  const text = useMemo(() => lengthsIn(scene, lengths), [scene, lengths]);
  const [straight, round] = useMemo(() => [x?.subarray(0, x.length / 2), x?.subarray(x.length / 2)], [x]);
  const fade = useMemo(() => (path.xa && path.xb ? fadedAt(path.xa, path.xb, TIMES) : undefined), [path.xa, path.xb]);
  const rows: [Way, string, Float32Array | undefined, Float32Array | undefined][] = [
    ["linear", "z moves straight", straight, lengths.subarray(0, STEPS)],
    ["spherical", "z turns", round, lengths.subarray(STEPS)],
    ["fade", path.originals ? "of the originals" : "of the decoded ends", fade, undefined],
  ];
  return (
    <Panel class="ways" title="Step by step" text={text}>
      {rows.map(([way, how, images, long]) => (
        <div class="way" key={way}>
          <span class="name">
            {WAYS[way]}
            <small>{how}</small>
          </span>
          <div
            class="steps"
            onClick={({ currentTarget, clientX, clientY }) => {
              const { left, top, width, height } = currentTarget.firstElementChild!.getBoundingClientRect();
              const lines = Math.ceil(STEPS / columns);
              const line = Math.max(0, Math.min(lines - 1, Math.floor((lines * (clientY - top)) / height)));
              const step = line * columns + Math.floor((columns * (clientX - left)) / width);
              onTime(TIMES[Math.max(0, Math.min(STEPS - 1, step))]);
            }}
          >
            <Mosaic
              x={images}
              data={data}
              grid={{ count: STEPS, columns, gap: gapOf(data) }}
              label={`${WAYS[way]} in ${STEPS} steps from A to B`}
            />
            {aligned && <i class="now" style={{ left: `${(100 * (t * (STEPS - 1) + 0.5)) / STEPS}%` }} />}
            {long && aligned && (
              <ol class="lengths" aria-label={`Length of the code at each step, ${WAYS[way]}`}>
                {Array.from(long, (value, i) => (
                  <li class="number">{i ? value.toFixed(1) : `‖z‖ ${value.toFixed(1)}`}</li>
                ))}
              </ol>
            )}
          </div>
        </div>
      ))}
      <Save {...{ scene, path, seconds }} strip={rows.map(([way, , images]) => [way, images])} />
    </Panel>
  );
}

/** Where the straight line passes, in a sentence. */
function lengthsIn(scene: Scene, lengths: Float32Array): string {
  const { sorted, low, high } = once(scene);
  const least = Math.min(...lengths.subarray(0, STEPS));
  const longer = sorted.findIndex((value) => value > least);
  const shorter = longer < 0 ? 1 : longer / sorted.length;
  const part = shorter ? share(shorter) : "none";
  const many = scene.dim >= MANY && shorter < 0.05;
  const few = many ? `: in ${scene.dim} dimensions few codes lie there (${part} as short)` : ` (${part} of the codes are as short)`;
  return `The straight line comes as near to the origin as ‖z‖ = ${digits(least, 2)}${few}; nine codes in ten have a length of ${digits(low, 2)} to ${digits(high, 2)}. The spherical path keeps between the lengths of its ends.`;
}

interface Lengths {
  sorted: Float32Array; // of all codes, ascending
  low: number; // one in twenty is shorter
  high: number; // one in twenty is longer
}

const known = new WeakMap<Scene, Lengths>();

/** The lengths of a scene's codes, sorted once. */
function once(scene: Scene): Lengths {
  let lengths = known.get(scene.base);
  if (!lengths) {
    const sorted = lengthsOf(scene.codes.mu, scene.dim).sort();
    lengths = { sorted, low: quantile(sorted, 0.05), high: quantile(sorted, 0.95) };
    known.set(scene.base, lengths);
  }
  return lengths;
}

function Save(props: { scene: Scene; path: Shown; seconds: number; strip: [Way, Float32Array | undefined][] }) {
  const { scene, path } = props;
  const { data } = scene.card;
  const [which, setWhich] = useState<Way | "all">("all");
  const [busy, setBusy] = useState(false);
  const [said, say] = useState("");
  const name = (kind: string) => `${fileName(scene.card.id, path.names[0], "to", path.names[1], which === "all" ? "three-ways" : WAYS[which])}.${kind}`;
  const wanted = <T,>(ways: [Way, T][]) => ways.filter(([way]) => which === "all" || way === which).map(([, x]) => x);
  const hand = (make: () => Promise<[Blob, string]>) => {
    setBusy(true);
    make()
      .then(([file, name]) => {
        download(file, name);
        say(`${name} saved, ${digits(file.size / 1e3)} kB.`);
      })
      .catch((error: Error) => say(`Not saved: ${error.message}`))
      .finally(() => setBusy(false));
  };
  const film = async (): Promise<[Blob, string]> => {
    const at = times(FRAMES);
    const x = await decode(scene, codesAt(path.a, path.b, at));
    const half = x.length / 2;
    const ways = wanted<Float32Array>([
      ["linear", x.subarray(0, half)],
      ["spherical", x.subarray(half)],
      ["fade", fadedAt(path.xa!, path.xb!, at)],
    ]);
    const frames = framesOf(ways, data, FRAMES, factorFor(cellOf(data)[0], LARGE));
    return [gif(frames, Math.max(20, (1000 * props.seconds) / (FRAMES - 1))), name("gif")];
  };
  const strip = async (): Promise<[Blob, string]> => {
    const ways = wanted(props.strip) as Float32Array[];
    const x = new Float32Array(ways.length * ways[0].length);
    ways.forEach((way, i) => x.set(way, i * way.length));
    const grid = { count: ways.length * STEPS, columns: STEPS, gap: gapOf(data) };
    return [await png(mosaicOf(x, data, grid, true, factorFor(cellOf(data)[0], SMALL))), name("png")];
  };
  const ready = props.strip.every(([, x]) => x) && !busy;
  return (
    <div class="actions">
      <Pick
        label="Save"
        named
        help="What goes into the file."
        choices={[{ value: "all", title: "all three" }, ...(Object.entries(WAYS) as [Way, string][]).map(([value, title]) => ({ value, title }))]}
        value={which}
        onChange={(value) => setWhich(value)}
      />
      <Button title="GIF" help={`A film there and back, ${2 * FRAMES - 2} frames.`} disabled={!ready} onClick={() => hand(film)} />
      <Button title="PNG strip" help={`${STEPS} steps beside each other.`} disabled={!ready} onClick={() => hand(strip)} />
      <span class="caption" role="status">
        {said}
      </span>
    </div>
  );
}
