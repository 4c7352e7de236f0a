/** What a training will take, where it will run, and the button that starts it. */

import { useEffect, useState } from "preact/hooks";
import { Button, digits, Notice, usePromise } from "../parts/kit";
import { useAsked } from "./asked";
import { Command } from "./command";
import { acting, NAME, nameOf, problemOf, write, writtenIn } from "./draft";
import { FieldRow } from "./field";
import type { Formed } from "./form";
import { bytes, count, lasting } from "./said";
import type { Overview, Training } from "./wire";

const CALM = 700; // ms after which what is written is timed
const LEAST = 4 * 4; // bytes a parameter takes: itself, its gradient and Adam's two moments
const NO_ONE = "No training is allowed on this server: it shows what there is.";

export function Estimates({ training, overview, formed, onStarted, onEntered }: { training: Training; overview: Overview; formed: Formed; onStarted(id: string): void; onEntered(): void }) {
  const { now, fields, checked, checking, config, why } = formed;
  const may = overview.train && overview.admitted;
  const missing = overview.data.find(({ name }) => name === now.data)?.why_missing;
  const wrong = Object.keys(checked?.errors ?? {});
  const marked = [...acting(fields ?? [], now), NAME].filter((field) => problemOf(field, writtenIn(field, now)) || wrong.includes(field.name)).map(({ title }) => title);
  const sound = Boolean(config && checked && !checking && !checked.error && wrong.every((name) => name === NAME.name) && !missing && !why);
  const [starting, setStarting] = useState(false);
  const [refused, setRefused] = useState("");
  const { value: devices } = usePromise(() => (may ? training.devices() : Promise.resolve([])), [training, may]);
  const size = sound || checking ? checked?.size : null;
  const device = fields?.find(({ name }) => name === "device");
  const on = devices?.find(({ name }) => device && name === writtenIn(device, now)) ?? devices?.[0];
  const hopeless = size && on?.free != null && LEAST * size.parameters > on.free;
  const cost = useAsked(() => training.cost(config!), may && sound && !hopeless ? JSON.stringify(config) : "", CALM);
  useEffect(() => setRefused(""), [now]);
  const start = async () => {
    setStarting(true);
    setRefused("");
    try {
      const id = await training.start(config!.data, config!, "train", nameOf(now));
      write(NAME.name, ""); // it is taken now
      onStarted(id);
    } catch (error) {
      setRefused((error as Error).message);
      setStarting(false);
    }
  };
  const chosen = devices?.find(({ name }) => name === cost.value?.device);
  const scarce = chosen?.free != null && !hopeless && cost.value && !cost.busy && cost.value.memory > chosen.free;
  const dim = (busy: boolean) => (busy ? "figure-of waiting" : "figure-of");
  return (
    <section class="panel estimates" aria-label="What it will take">
      <h2>What it will take</h2>
      <dl aria-busy={cost.busy || checking}>
        <div class={dim(checking)}>
          <dt>Parameters</dt>
          <dd class="number">{size ? count(size.parameters) : "–"}</dd>
        </div>
        <div class={dim(checking)} title="Numbers in an example divided by numbers in its code.">
          <dt>Compression</dt>
          <dd class="number">{size ? `${digits(size.compression_ratio)} : 1` : "–"}</dd>
        </div>
        <div class={dim(cost.busy)} title="At its highest while it trains, measured over a few steps.">
          <dt>Memory</dt>
          <dd class="number">{sound && !hopeless && cost.value ? bytes(cost.value.memory) : cost.busy ? "…" : "–"}</dd>
        </div>
        <div class={dim(cost.busy)} title="From a few timed steps, as busy as the machine is now; measuring and mapping come on top.">
          <dt>Time</dt>
          <dd class="number">{sound && !hopeless && cost.value ? lasting(cost.value.seconds) : cost.busy ? "…" : "–"}</dd>
        </div>
      </dl>
      <p class="caption" role="status">
        {marked.length > 0
          ? `What stands there does not do: ${marked.join(", ")}.`
          : cost.error
          ? cost.error.message
          : cost.busy
            ? "A few steps are being timed."
            : sound && !hopeless && cost.value
              ? `${count(Math.round(cost.value.examples_per_s))} examples/s on ${chosen?.title ?? cost.value.device}; then it is measured and mapped.`
              : " "}
      </p>
      {device && may && (
        <FieldRow
          field={{ ...device, help: "Automatic is a GPU where there is one." }}
          now={now}
          wrong={checked?.errors.device}
          choices={[{ value: "auto", title: "Automatic" }, ...(devices ?? []).map(({ name, title, free }) => ({ value: name, title: `${title}${free === null ? "" : ` · ${bytes(free)} free`}` }))]}
        />
      )}
      {hopeless && <Notice failed title="That is more than is free" text={`Weights, gradients and the optimiser alone take ${bytes(LEAST * size.parameters)}, and ${on!.title} has ${bytes(on!.free!)} free: smaller layers need less.`} />}
      {scarce && <Notice failed title="That is more than is free" text="A smaller batch, or smaller hidden layers or channels, need less." />}
      {checked?.error && !checking && <Notice failed title="It cannot be trained so" text={checked.error} />}
      {size?.advice && <Notice title="Worth knowing" text={size.advice} />}
      {may ? (
        <div class="actions">
          <Button main title={starting ? "Starting…" : "Start training"} help="Queues the training on this server; the address then leads to it." disabled={starting || !sound || wrong.length > 0} onClick={() => void start()} />
        </div>
      ) : (
        overview.train ? <Door {...{ training, overview, onEntered }} /> : <Notice title="It cannot be started here" text={NO_ONE} />
      )}
      {refused && <Notice failed title="It has not been started" text={refused} />}
      {checked?.command && (
        <details class="same">
          <summary>The same at a terminal</summary>
          <Command text={checked.command} />
        </details>
      )}
    </section>
  );
}

/** Asks for the password, or says who is let in. */
function Door({ training, overview, onEntered }: { training: Training; overview: Overview; onEntered(): void }) {
  const [password, setPassword] = useState("");
  const [refused, setRefused] = useState("");
  const [busy, setBusy] = useState(false);
  if (overview.door === "header") return <Notice title="Not everybody may train here" text="Who is signed in at this server's front door may: sign in, and reload this page." />;
  const enter = async () => {
    setBusy(true);
    await training.enter(password).then(onEntered, (error: Error) => setRefused(error.message));
    setBusy(false);
  };
  return (
    <form
      class="door"
      onSubmit={(event) => {
        event.preventDefault();
        void enter();
      }}
    >
      <label for="train-password">Training here needs the password.</label>
      <div class="line">
        <input id="train-password" type="password" autocomplete="current-password" value={password} onInput={(event) => setPassword(event.currentTarget.value)} />
        <button type="submit" class="button main" disabled={busy || !password}>
          Enter
        </button>
      </div>
      {refused && (
        <p class="wrong" role="alert">
          {refused}
        </p>
      )}
    </form>
  );
}
