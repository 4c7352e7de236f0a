/** One draw: its nearest examples, among the codes and among the pixels, and whether it copies one of them. */

import { useMemo } from "preact/hooks";
import { spacingOf, type Spacing } from "../draws";
import { nounsOf } from "../examples/kinds";
import { distances, smallest } from "../maths";
import { pixels } from "../models";
import { digits, Facts, Panel, Picture, usePromise } from "../parts/kit";
import { numbersAt } from "../parts/original";
import { Member } from "../parts/selection";
import type { Scene } from "../scene";

const AROUND = 3;
const MOST = 2e7; // numbers of originals held for the search: 25,000 images of 28 × 28

interface Pool {
  rows: number[];
  x: Float32Array; // shape (rows, C, H, W)
  spacing: Promise<Spacing>;
}

const pools = new WeakMap<Scene, Promise<Pool>>();
const spacings = new WeakMap<Scene, Promise<Spacing>>();

/** The originals as numbers, all of them where memory allows, and how far they are from each other; once a visit. */
function poolOf(scene: Scene): Promise<Pool> {
  let pool = pools.get(scene.base);
  if (!pool) {
    const count = Math.min(scene.count, Math.floor(MOST / pixels(scene)));
    const rows = Array.from({ length: count }, (_, i) => Math.floor((i * scene.count) / count));
    pool = numbersAt(scene, rows).then((x) => ({ rows, x, spacing: spacingOf(x, pixels(scene)) }));
    pools.set(scene.base, pool);
    pool.catch(() => pools.delete(scene.base));
  }
  return pool;
}

function latentSpacing(scene: Scene): Promise<Spacing> {
  const spacing = spacings.get(scene.base) ?? spacingOf(scene.codes.mu, scene.dim);
  spacings.set(scene.base, spacing);
  return spacing;
}

interface Near {
  rows: number[];
  away: number[];
}

function nearestOf(all: Float32Array, one: Float32Array, rows?: number[]): Near {
  const squared = distances(all, one);
  const best = smallest(squared, AROUND);
  return { rows: best.map((i) => rows?.[i] ?? i), away: best.map((i) => Math.sqrt(squared[i])) };
}

interface MemoryProps {
  scene: Scene;
  number: number; // of the draw, from one
  z: Float32Array; // shape (D,)
  x: Float32Array; // shape (C, H, W)
  onPick(row: number): void;
}

export function Memory({ scene, number, z, x, onPick }: MemoryProps) {
  const nouns = nounsOf(scene.card.data);
  const { value: pool, error } = usePromise(() => poolOf(scene), [scene.base]);
  const { value: spacing } = usePromise(async () => pool?.spacing, [pool]);
  const { value: typical } = usePromise(() => latentSpacing(scene), [scene.base]);
  const latent = useMemo(() => nearestOf(scene.codes.mu, z), [scene, z]);
  const pixel = useMemo(() => pool && nearestOf(pool.x, x, pool.rows), [pool, x]);
  const fact = (name: string, near: Near, spacing?: Spacing): [string, string] => [
    name,
    `${digits(near.away[0], 2)} · typical ${spacing ? digits(spacing.median, 2) : "…"}`,
  ];
  return (
    <Panel class="memory" title={`Sample ${number}: has it memorised?`}>
      <div class="pair">
        <figure>
          <Picture {...{ x }} data={scene.card.data} label={`Sample ${number}`} />
          <figcaption>sample</figcaption>
        </figure>
        <div>
          <Around {...{ scene, onPick }} near={latent} title="Nearest codes" />
          {pixel && <Around {...{ scene, onPick }} near={pixel} title={`Nearest in ${nouns.parts}`} />}
        </div>
      </div>
      <Facts facts={[fact("to the nearest code", latent, typical), ...(pixel ? [fact(`to the nearest ${nouns.one}`, pixel, spacing)] : [])]} />
      <p class="verdict" role="status">
        {error ? `No comparison of ${nouns.many}. ${error.message}` : pixel && spacing ? verdict(pixel.away[0], spacing) : "Comparing…"}
      </p>
      <p class="caption">
        Typical: the median distance of an example to its own nearest, among the {(pool?.rows.length ?? scene.count).toLocaleString("en")} here, of the{" "}
        {scene.card.split} split{["train", "all"].includes(scene.card.split) ? "." : `: a copy of a training ${nouns.one} would not be found.`}
      </p>
    </Panel>
  );
}

/** What the distance to the nearest example says, measured by the distances between the examples themselves. */
export function verdict(away: number, { median, low }: Spacing): string {
  if (!Number.isFinite(median)) return "No verdict: with one example there is nothing to measure closeness by.";
  if (away < low / 2) return "A near copy: two different examples are hardly ever this close.";
  if (away < low) return "Closer than nineteen in twenty examples are to their nearest: look at both.";
  if (away <= median) return "Of these examples no copy: they are as close as this to each other.";
  return "Of these examples no copy: it is farther from each than most are from their nearest.";
}

function Around({ scene, near, title, onPick }: { scene: Scene; near: Near; title: string; onPick(row: number): void }) {
  return (
    <>
      <h3>{title}</h3>
      <div class="around" role="group" aria-label={`${title}, with their distances`}>
        {near.rows.map((row, i) => (
          <Member key={row} scene={scene} row={row} note={digits(near.away[i], 2)} onPick={onPick} />
        ))}
      </div>
    </>
  );
}
