/** Sample: draw codes, and see what the decoder makes of them. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { useNumber, useSaved } from "../address";
import type { PageProps } from "../app";
import type { Source } from "../draws";
import { gapOf } from "../examples/kinds";
import { pixels } from "../models";
import { Cells } from "../parts/cells";
import { useDecoded } from "../parts/decoded";
import { useDraws, type Draw } from "../parts/draws";
import { useFlat, type Flat } from "../parts/flat";
import { Button, Chip, Notice, Panel, Segment, Slider, usePromise } from "../parts/kit";
import { useColumns } from "../parts/narrow";
import { Stage } from "../parts/stage";
import { Top } from "../parts/top";
import { download, factorFor, fileName, mosaicOf, png, sideOf, type Grid } from "../save";
import type { Scene } from "../scene";
import { TITLES } from "../space";
import { Memory } from "./memory";

const COLUMNS = 10;
const SAVED = 1600; // pixels that a saved grid is about wide
const REST = 40; // ms without a move, after which the chosen draw is looked up
const visit = { smooth: false, picked: 0 };

/** How codes were drawn; for the grid that is shown, while the next one is on its way. */
const ways = new WeakMap<Float32Array, Draw>();

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
  const { levels } = scene.card.latent;
  const [level, saveLevel] = useSaved(host, "level");
  const anew = source === "prior" && /^\d$/.test(level ?? "") && Number(level) < levels.length ? Number(level) : 0;
  const everyClass = scene.classes > 0 && scene.told.one === undefined;
  const asked = useMemo(
    (): Draw => ({ source, temperature, seed, count: everyClass ? COLUMNS : count, anew, columns: COLUMNS, everyClass }),
    [source, temperature, seed, count, anew, everyClass],
  );
  const { drawn, share, failed: undrawn } = useDraws(scene, asked, mixture);
  if (drawn) ways.set(drawn.z, drawn.how);
  const { shown, failed: undecoded } = useDecoded(scene, drawn?.z, stamp, drawn?.as);
  const failed = undrawn ?? undecoded;
  const how = (shown && ways.get(shown.z)) ?? asked;
  const settled = useRest(shown);
  const there = shown ? shown.z.length / scene.dim : count;
  const picked = Math.min(state.picked, there - 1);
  const { data } = scene.card;
  const fits = useColumns(data, COLUMNS);
  const columns = how.everyClass || how.anew ? COLUMNS : fits; // where a row is a class or a level, it is one
  const grid: Grid = useMemo(() => ({ count: there, columns, gap: gapOf(data) }), [there, columns, data]);
  const save = async () => {
    const image = mosaicOf(shown!.x, data, grid, true, factorFor(sideOf(data, grid)[0], SAVED));
    const from = how.source === "prior" ? shortOf(scene) : how.source;
    const told = scene.classes && !how.everyClass ? [`as-${scene.told.one}`] : [];
    const name = fileName(scene.card.id, from, ...told, `T-${how.temperature.toFixed(2)}`, `seed-${how.seed}`);
    download(await png(image), `${name}.png`);
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
                { value: "prior", title: scene.card.latent.prior_title },
                ...(error ? [] : [{ value: "mixture" as const, title: mixture ? `Mixture, K = ${mixture.weights.length}` : "Mixture" }]),
              ]}
              value={source}
              onChange={(next) => {
                setStamp(0);
                saveSource(next === "prior" ? null : next);
              }}
            />
            {levels.length > 1 && source === "prior" && (
              <Segment
                label="Drawn anew"
                help="Every level in each cell; or only the lower ones, and then a row shares what lies above them."
                choices={[
                  { value: "0", title: "every level" },
                  ...levels.slice(1).map((_, i) => ({ value: String(i + 1), title: i ? `levels 1 to ${i + 1} in a row` : "level 1 in a row" })),
                ]}
                value={String(anew)}
                onChange={(value) => {
                  setStamp(0);
                  saveLevel(value === "0" ? null : value);
                }}
              />
            )}
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
            {!everyClass && <Slider
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
            />}
          </div>
          {share < 1 && <progress class="writing" value={share} aria-label="Indices written by the prior" />}
          <Cells {...{ scene, grid, smooth, picked }} names={how.everyClass ? scene.card.data.classes : undefined} x={shown?.x} stamp={shown?.stamp} onPick={(index) => set({ picked: index })} />
          <div class="actions">
            <Button main title="Draw again" help="Other draws: the next seed." onClick={() => again(seed + 1)} />
            <span class="hint number">seed {seed}</span>
            {seed > 1 && <Button title="Back" help="The seed before." onClick={() => again(seed - 1)} />}
            <span class="grow" />
            {data.kind === "image" && <Chip title="smooth" help="Pixels blend into each other instead of standing as squares." on={smooth} onChange={(on) => set({ smooth: on })} />}
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

/** What stands in for p(z), in the name of a file. */
function shortOf({ card }: Scene): string {
  return card.latent.prior === "standard-normal" ? "prior" : card.latent.prior_title;
}

/** Where codes come from, for each kind of prior. */
const WHERE: Record<Scene["card"]["latent"]["prior"], (scene: Scene) => string> = {
  "standard-normal": () => "From the prior N(0, I): what the model itself generates",
  "fitted-gaussian": () => "From a Gaussian fitted to the codes: this model has no prior",
  function: ({ card }) => `${card.latent.prior_title}: noise that the model's own prior turns into codes`,
  autoregressive: ({ card }) =>
    `${card.latent.prior_title} over ${card.latent.codebook?.slots} codebook indices: each is drawn given those before it`,
};

function said(scene: Scene, { source, temperature, everyClass, anew }: Draw): string {
  const { prior } = scene.card.latent;
  const where = source === "mixture" ? "From a Gaussian mixture fitted to the codes: where the examples lie" : WHERE[prior](scene);
  const rows = everyClass ? " A row is a class, a column one code." : anew ? " A row shares all levels above those that are drawn anew." : "";
  const own = prior === "autoregressive" && source === "prior";
  const spread = own ? `, its logits divided by ${temperature.toFixed(2)}` : `, with ${temperature.toFixed(2)} times its spread`;
  return `${where}${temperature === 1 ? "" : temperature || !own ? spread : ", the likeliest index each time"}.${rows}`;
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
