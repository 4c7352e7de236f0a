/** The β lab: turn β and watch the latent space answer. */

import { useMemo, useState } from "preact/hooks";
import type { Host } from "../host";
import { Chip, Notice, Pick, Segment, usePromise } from "../parts/kit";
import { loadCatalogue, type LabData } from "../lab/catalogue";
import { Presets } from "../lab/presets";
import { Panels } from "../lab/panels";
import type { WayName } from "../lab/rivals";
import { Signal } from "../lab/signal";
import { TrainLive } from "../lab/train";
import { Turned } from "../lab/turned";

const WAYS: { value: WayName; title: string }[] = [
  { value: "sweep", title: "Sweep" },
  { value: "one", title: "One model, every β" },
  { value: "live", title: "Train live" },
];

/** A command that makes what is missing. */
const MISSING: Record<"sweep" | "one", (data: string) => string> = {
  sweep: (data) => `Train one with \`aecore sweep --variant vae --data ${data} --latent-dim 2 --with-zero\`.`,
  one: (data) => `Train one with \`aecore train --variant multi-rate-vae --data ${data}\`.`,
};

export function Beta({ host }: { host: Host }) {
  const { value: catalogue, error } = usePromise(() => loadCatalogue(host.lab), [host.lab]);
  if (error) return <Notice failed title="The β lab has no list of its models" text={error.message} />;
  if (!catalogue) return <div class="panel skeleton" aria-busy="true" />;
  const entry = catalogue.data.find(({ name }) => name === host.saved.data) ?? catalogue.data[0];
  if (!entry) return <Notice title="Nothing to turn β on yet" text={MISSING.sweep("digits")} />;
  return <Lab {...{ host, entry }} sets={catalogue.data} train={catalogue.train} base={catalogue.base} />;
}

/** The first way that has something to show. */
function usual({ sweeps, multi_rate, live }: LabData): WayName {
  return sweeps.length ? "sweep" : multi_rate.length ? "one" : live ? "live" : "sweep";
}

function Lab({ host, entry, sets, train, base }: { host: Host; entry: LabData; sets: LabData[]; train: boolean; base: string }) {
  const { saved, say } = host;
  const way = WAYS.find(({ value }) => value === saved.way)?.value ?? (saved.job ? "live" : usual(entry));
  const list = way === "sweep" ? entry.sweeps : entry.multi_rate;
  const chosen = list.find(({ id }) => id === saved.family) ?? list[0];
  const [beta, setBeta] = useState(() => (saved.beta !== undefined && Number(saved.beta) >= 0 ? Number(saved.beta) : 1));
  const [within, setWithin] = useState<(beta: number) => boolean>(() => () => true);
  const preset = useMemo(() => new Signal<number | null>(null), []);
  const settle = (to: number) => {
    setBeta(to);
    say({ beta: String(Number(to.toPrecision(6))) });
  };
  return (
    <div class="lab">
      <header class="top">
        <Pick label="Data set" help="What the models were trained on." choices={sets.map(({ name, title }) => ({ value: name, title }))} value={entry.name} onChange={(data) => say({ data, family: null, job: null })} />
        <Segment label="Way" help="A sweep has a model for each of some β; one model can be told every β; or a model is trained while you watch." choices={WAYS} value={way} onChange={(value) => say({ way: value, family: null, ...(value === "live" && { beta: null }) })} />
        {way !== "live" && list.length > 1 && <Pick fitting label="Model" help="Which of them is turned." choices={list.map(({ id, title }) => ({ value: id, title }))} value={chosen.id} onChange={(family) => say({ family })} />}
        <span class="grow" />
        {(way === "live" || chosen) && <Presets beta={beta} within={within} onPick={(to) => (preset.value = to)} />}
        <Chip title="Stage" help="Larger type and no side bar, for a lecture hall." on={saved.stage === "on"} onChange={(on) => say({ stage: on ? "on" : null })} />
      </header>
      {way === "live" && (
        <TrainLive {...{ host, entry, base, train, preset }} onRange={(to) => setWithin(() => to)} onBeta={setBeta}>
          {(source, advice, others) => <Panels {...{ host, source, advice, others }} />}
        </TrainLive>
      )}
      {way !== "live" && !chosen && <Notice title={`No ${way === "sweep" ? "sweep" : "model for every β"} of ${entry.title} yet`} text={MISSING[way](entry.name)} />}
      {way !== "live" && chosen && <Turned key={chosen.url} {...{ host, way, entry, chosen, beta, preset }} onRange={(to) => setWithin(() => to)} onBeta={settle} />}
    </div>
  );
}
