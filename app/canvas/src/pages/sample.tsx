/** Sample: draw codes, and see what the decoder makes of them. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useNumber, useSaved } from "../address";
import type { PageProps } from "../app";
import { drawn, noiseOf, type Source } from "../draws";
import { pixels } from "../models";
import { useDecoded } from "../parts/decoded";
import { useFlat, type Flat } from "../parts/flat";
import { Button, Chip, Notice, Panel, Segment, Slider, usePromise } from "../parts/kit";
import { Mosaic } from "../parts/mosaic";
import { Stage } from "../parts/stage";
import { Top } from "../parts/top";
import { download, enlarged, factorFor, fileName, mosaicOf, png, type Grid } from "../save";
import type { Scene } from "../scene";
import { TITLES } from "../space";
import { Memory } from "./memory";

const COLUMNS = 10;
const SAVED = 1600; // pixels that a saved grid is about wide
const REST = 40; // ms without a move, after which the chosen draw is looked up
const visit = { smooth: false, picked: 0 };

/** How codes were drawn; for the grid that is shown, while the next one is on its way. */
interface How {
  source: Source;
  temperature: number;
  seed: number;
}

const ways = new WeakMap<Float32Array, How>();

export function Sample({ host, scene }: PageProps) {
  const flat = useFlat(host, scene);
  const [state, setState] = useState(visit);
  const [stamp, setStamp] = useState(0);
  const [unsaved, setUnsaved] = useState("");
  const { value: mixture, error } = usePromise(() => scene.mixture(), [scene]);
  const set = (changes: Partial<typeof state>) => {
    Object.assign(visit, changes);
    setState({ ...visit });
  };
  const { smooth } = state;
  const [saved, saveSource] = useSaved(host, "source");
  const source: Source = saved === "mixture" && !error ? saved : "prior";
  const warmth = useNumber(host, "temperature", 1, 0, 2);
  const number = useNumber(host, "count", 80, 20, 200, 10);
  const seeds = useNumber(host, "seed", 1, 1, 2 ** 31 - 1, 1);
  const [temperature, count, seed] = [warmth.value, number.value, seeds.value];
  const noise = useMemo(() => noiseOf(seed, count, scene.dim), [seed, count, scene]);
  const from = source === "mixture" ? mixture : scene.codes.prior; // undefined until it is loaded
  const z = useMemo(() => {
    const z = from && drawn(from, temperature, noise);
    if (z) ways.set(z, { source, temperature, seed });
    return z;
  }, [from, temperature, noise]);
  const { shown, failed } = useDecoded(scene, z, stamp);
  const how = (shown && ways.get(shown.z)) ?? { source, temperature, seed };
  const settled = useRest(shown);
  const there = shown ? shown.z.length / scene.dim : count;
  const picked = Math.min(state.picked, there - 1);
  const { shape } = scene.card.data;
  const grid: Grid = useMemo(() => ({ count: there, columns: COLUMNS, gap: Math.ceil(shape[2] / 14) }), [there, shape]);
  const save = async () => {
    const image = mosaicOf(shown!.x, shape, grid, true);
    const from = how.source === "prior" ? priorOf(scene).short : how.source;
    const name = fileName(scene.card.id, from, `T-${how.temperature.toFixed(2)}`, `seed-${how.seed}`);
    download(await png(enlarged(image, factorFor(image.width, SAVED))), `${name}.png`);
    setUnsaved("");
  };
  const again = (seed: number) => {
    setStamp(0);
    seeds.keep(seed);
  };
  // The grid first: what stands beside it must not keep it waiting.
  const details = useMemo(() => {
    if (!settled || (picked + 1) * scene.dim > settled.z.length) return null;
    return <Picked {...{ scene, flat, picked }} z={settled.z} x={settled.x} onPick={(row) => host.say({ page: "map", point: String(row) })} />;
  }, [scene, host, flat.view, picked, settled]);
  return (
    <>
      <Top host={host}>{flat.choice}</Top>
      {failed && <Notice failed title="Nothing can be decoded" text={failed.message} />}
      <div class="row draws">
        <Panel class="draws-grid" title={`${there} draws`} text={said(scene, how)}>
          {error && <Notice failed title="No mixture to draw from" text={error.message} />}
          <div
            class="controls"
            onChange={() => {
              warmth.keep();
              number.keep();
            }}
          >
            <Segment<Source>
              label="Draw from"
              help="The distribution that codes are drawn from."
              choices={[
                { value: "prior", title: priorOf(scene).title },
                ...(error ? [] : [{ value: "mixture" as const, title: mixture ? `Mixture, K = ${mixture.weights.length}` : "Mixture" }]),
              ]}
              value={source}
              onChange={(next) => {
                setStamp(0);
                saveSource(next === "prior" ? null : next);
              }}
            />
            <Slider
              name="Temperature"
              label="temperature"
              help="Scales how far draws lie from their mean: 1 is the distribution itself, 0 its means."
              value={temperature}
              min={0}
              max={2}
              step={0.01}
              say={(value) => value.toFixed(2)}
              onInput={(value, { timeStamp }) => {
                setStamp(timeStamp);
                warmth.move(value);
              }}
            />
            <Slider
              name="How many"
              label="how many"
              help="Draws in the grid; more of them begin with the same ones."
              value={count}
              min={20}
              max={200}
              step={10}
              onInput={(value, { timeStamp }) => {
                setStamp(timeStamp);
                number.move(value);
              }}
            />
          </div>
          <Cells {...{ scene, grid, smooth, picked }} x={shown?.x} stamp={shown?.stamp} onPick={(index) => set({ picked: index })} />
          <div class="actions">
            <Button main title="Draw again" help="Other draws: the next seed." onClick={() => again(seed + 1)} />
            <span class="hint number">seed {seed}</span>
            {seed > 1 && <Button title="Back" help="The seed before." onClick={() => again(seed - 1)} />}
            <span class="grow" />
            <Chip title="smooth" help="Pixels blend into each other instead of standing as squares." on={smooth} onChange={(on) => set({ smooth: on })} />
            <Button title="Save PNG" help="The grid as an image, enlarged without smoothing." disabled={!shown} onClick={() => save().catch(({ message }: Error) => setUnsaved(`Not saved: ${message}`))} />
          </div>
          {unsaved && (
            <p class="caption" role="alert">
              {unsaved}
            </p>
          )}
        </Panel>
        <aside class="side">{details}</aside>
      </div>
    </>
  );
}

/** A value as it was when it last came to rest. */
function useRest<T>(value: T | undefined): T | undefined {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const waiting = window.setTimeout(() => settle(value), settled ? REST : 0);
    return () => window.clearTimeout(waiting);
  }, [value]);
  return settled;
}

/** What stands in for p(z), by its honest name. */
function priorOf({ card }: Scene): { title: string; short: string } {
  return card.latent.prior === "standard-normal" ? { title: "Prior N(0, I)", short: "prior" } : { title: "Fitted Gaussian", short: "fitted-gaussian" };
}

function said(scene: Scene, { source, temperature }: How): string {
  const { prior } = scene.card.latent;
  const where = {
    mixture: "From a Gaussian mixture fitted to the codes: where the examples lie",
    prior: prior === "standard-normal" ? "From the prior N(0, I): what the model itself generates" : "From a Gaussian fitted to the codes: this model has no prior",
  }[source];
  return temperature === 1 ? `${where}.` : `${where}, with ${temperature.toFixed(2)} times its spread.`;
}

/** The grid as one canvas; a click or the arrow keys choose a cell. */
function Cells(props: { scene: Scene; grid: Grid; x?: Float32Array; stamp?: number; smooth: boolean; picked: number; onPick(index: number): void }) {
  const { grid, picked, onPick } = props;
  const { count, columns } = grid;
  const rows = Math.ceil(count / columns);
  const root = useRef<HTMLDivElement>(null);
  const { shape } = props.scene.card.data;
  const [pitch, lift] = [shape[2] + grid.gap, shape[1] + grid.gap];
  const [width, height] = [columns * pitch - grid.gap, rows * lift - grid.gap];
  const go: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -picked, End: count - 1 - picked };
  return (
    <div
      ref={root}
      class="cells"
      role="application"
      tabIndex={0}
      aria-label={`${count} decoded draws, ${columns} in a row. Arrow keys choose one.`}
      onKeyDown={(event) => {
        const next = picked + (go[event.key] ?? NaN);
        if (Number.isNaN(next)) return;
        event.preventDefault();
        if (next >= 0 && next < count) onPick(next);
      }}
      onClick={(event) => {
        const box = root.current!.getBoundingClientRect();
        const column = Math.floor(((event.clientX - box.left) / box.width) * (width / pitch + grid.gap / pitch));
        const row = Math.floor(((event.clientY - box.top) / box.height) * (height / lift + grid.gap / lift));
        const index = row * columns + column;
        if (column >= 0 && column < columns && index >= 0 && index < count) onPick(index);
      }}
    >
      <Mosaic x={props.x} stamp={props.stamp} shape={shape} grid={grid} smooth={props.smooth} label={`${count} decoded draws`} />
      <i
        class="cell"
        style={{
          left: `${(100 * (picked % columns) * pitch) / width}%`,
          top: `${(100 * Math.floor(picked / columns) * lift) / height}%`,
          width: `${(100 * shape[2]) / width}%`,
          height: `${(100 * shape[1]) / height}%`,
        }}
      />
      <p class="unseen" aria-live="polite">{`Sample ${picked + 1} of ${count}, row ${Math.floor(picked / columns) + 1}, column ${(picked % columns) + 1}`}</p>
    </div>
  );
}

/** The chosen draw: where it lies among the codes, and what lies next to it. */
function Picked({ scene, flat, picked, z, x, onPick }: { scene: Scene; flat: Flat; picked: number; z: Float32Array; x: Float32Array; onPick(row: number): void }) {
  const { view, colours } = flat;
  const [code, image] = useMemo(() => {
    const [dim, size] = [scene.dim, pixels(scene)];
    return [z.slice(picked * dim, (picked + 1) * dim), x.slice(picked * size, (picked + 1) * size)];
  }, [scene, z, x, picked]);
  const place = useMemo(() => view?.place(code), [view, code]);
  return (
    <>
      <Memory {...{ scene, onPick }} number={picked + 1} z={code} x={image} />
      {view && place && (
        <Panel class="where" title="Where it lies" text={view.exact ? `On ${TITLES[view.name]}, among the codes.` : `On ${TITLES[view.name]}: approximate, between the nearest codes.`}>
          <Stage
            {...{ scene, view, colours }}
            label={`${TITLES[view.name]} of ${scene.count} codes, with sample ${picked + 1}`}
            tool="pan"
            marks={[{ id: "sample", title: `sample ${picked + 1}`, kind: "end", place }]}
            onPoint={onPick}
            remember={`sample ${scene.url}`}
          />
        </Panel>
      )}
    </>
  );
}
