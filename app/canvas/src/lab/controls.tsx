/** What steers a training that runs: play, pause, step, slow motion, restart, save; learning rate, free bits, annealing. */

import { useLayoutEffect, useState } from "preact/hooks";
import { Button, Chip, digits, Segment, Slider } from "../parts/kit";
import { betaText, scaleOf } from "./axis";
import type { Annealing } from "./frames";
import { useSignal } from "./moment";
import type { Session } from "./session";
import type { Signal } from "./signal";
import type { State } from "./wire";

const SLOW = 2; // frames a second
const RATES = scaleOf([1e-5, 0.1], false);
const RISES = scaleOf([0.1, 100], false);
const FREE = 2; // nats of a dimension, at most

export const NOT_YOURS = "Somebody else has started this training: everybody can watch it and scrub through it, who started it steers it.";

/** What the training is doing: a phrase for who hears it, and what else there is to say. */
export function standingOf({ job, live, connected }: Session): { phrase: string; more: string } {
  if (!job.value) return { phrase: "Looking for the training", more: "" };
  const { state, message, standing } = job.value;
  const step = live.value?.trace.value.at(-1)?.step ?? standing?.step;
  const more = step === undefined ? "" : `step ${step.toLocaleString("en")}`;
  if (!connected.value) return { phrase: "The server does not answer: this page goes on asking", more };
  if (state === "running" && !live.value?.frame.value) {
    return { phrase: "Starting", more: "PyTorch is loaded and the data are read: some seconds until the first frame." };
  }
  const told = { queued: "its worker starts, or a training before it has to end first", interrupted: "it goes on by itself where it was" }[state as string] ?? "";
  return { phrase: PHRASES[state], more: [more, told || (state === "running" || state === "failed" ? "" : message)].filter(Boolean).join(" · ") };
}

export const PHRASES: Record<State, string> = {
  queued: "In the queue",
  running: "Training",
  paused: "Paused",
  interrupted: "Interrupted",
  done: "Done",
  stopped: "Stopped",
  failed: "Failed",
};

/** Buttons of a training, for who started it. */
export function Transport({ session, onNew }: { session: Session; onNew(): void }) {
  const job = useSignal(session.job);
  const live = useSignal(session.live);
  const [naming, setNaming] = useState(false);
  const state = job?.state;
  const runs = state === "running" || state === "queued";
  const begun = Boolean(useHeld(live?.frame));
  useSignal(session.asked);
  useHeld(live?.at);
  const done = state === "done";
  const say = (name: string, value?: unknown) => {
    live?.look(null);
    void session.say(name, value);
  };
  return (
    <>
      <div class="transport">
        <Button
          main
          title={runs ? "Pause" : "Play"}
          help={runs ? "Waits where it is." : "Goes on where it is."}
          disabled={done || !job}
          onClick={() => say(runs ? "pause" : "resume")}
        />
        <Button title="Step" help="One step of the optimiser and one frame, then it waits." disabled={done || !begun} onClick={() => say("step")} />
        <Chip
          title="Slow motion"
          help={`A frame after every step, ${SLOW} of them a second.`}
          on={(session.now<number>("slow") ?? 0) > 0}
          disabled={done}
          onChange={(on) => session.turn("slow", on ? SLOW : 0)}
        />
        <Button title="Restart" help="From the same seed and the first settings: the same frames again, until something is changed." disabled={!begun} onClick={() => say("restart")} />
        <Button title="Save…" help="Makes a bundle of the weights as they are, for every other page." disabled={!begun} onClick={() => setNaming(!naming)} />
        <Button title="New" help="Ends this training and sets up another; what it has learned is kept." onClick={onNew} />
      </div>
      {naming && <Saving session={session} />}
    </>
  );
}

function Saving({ session }: { session: Session }) {
  const saved = useSignal(session.saved);
  const [name, setName] = useState("");
  return (
    <form
      class="saving"
      onSubmit={(event) => {
        event.preventDefault();
        void session.save(name.trim());
      }}
    >
      <input type="text" aria-label="Name of the bundle" placeholder="name-of-the-bundle, or empty" maxLength={80} value={name} onInput={(event) => setName(event.currentTarget.value)} />
      <button type="submit" class="button main" disabled={saved?.state === "saving"}>
        Save
      </button>
      <p class="caption" role={saved?.state === "refused" ? "alert" : "status"}>
        {saved ? (saved.state === "saved" ? `Saved as ${saved.text}: the other pages have it.` : saved.text) : ""}
      </p>
    </form>
  );
}

/** Settings that act while it runs. */
export function Settings({ session, ended }: { session: Session; ended: boolean }) {
  const live = useSignal(session.live);
  useHeld(live?.frame);
  useHeld(live?.at);
  useSignal(session.asked);
  const dials = live?.manifest.dials ?? [];
  const lr = session.dial<number>("lr") ?? 0;
  const free = session.dial<number>("free_bits") ?? 0;
  const annealing = session.dial<Annealing>("annealing") ?? "constant";
  const rise = session.dial<number>("annealing_epochs") ?? 10;
  return (
    <fieldset class="settings" aria-label="Settings" disabled={ended}>
      <Slider
        label="learning rate"
        name="Learning rate"
        help="How far a step of the optimiser goes."
        value={RATES.of(lr)}
        min={0}
        max={1}
        step={0.005}
        say={(place) => digits(RATES.at(place), 2)}
        onInput={(place) => session.turn("lr", rounded(RATES.at(place)))}
      />
      {dials.includes("free_bits") && (
        <Slider
          label="free bits"
          name="Free bits"
          help="Nats of each dimension that cost nothing: it keeps what it says so cheaply."
          value={free}
          min={0}
          max={FREE}
          step={0.05}
          say={(nats) => `${nats ? digits(nats, 2) : 0} nats`}
          onInput={(nats) => session.turn("free_bits", nats)}
        />
      )}
      {dials.includes("annealing") && (
        <div class="annealing">
          <span class="name">annealing</span>
          <Segment
            label="Annealing"
            help="How β gets to where it is set, beginning now: at once, in one rise from 0, or again and again."
            choices={[
              { value: "constant", title: "none" },
              { value: "linear", title: "linear" },
              { value: "cyclical", title: "cyclical" },
            ]}
            value={annealing}
            onChange={(value) => session.turn("annealing", value)}
          />
          {annealing !== "constant" && (
            <Slider
              label="epochs of a rise"
              name="Epochs of a rise"
              help="How long β takes from 0 to where it is set."
              value={RISES.of(rise)}
              min={0}
              max={1}
              step={0.01}
              say={(place) => betaText(RISES.at(place))}
              onInput={(place) => session.turn("annealing_epochs", rounded(RISES.at(place)))}
            />
          )}
        </div>
      )}
    </fieldset>
  );
}

/** Two digits: what is shown is what is set. */
export function rounded(value: number): number {
  return Number(value.toPrecision(2));
}

/** The same as ``useSignal``, of a signal that may not be there yet. */
export function useHeld<Value>(signal: Signal<Value> | undefined): Value | undefined {
  const [, again] = useState(0);
  useLayoutEffect(() => signal?.subscribe(() => again((count) => count + 1)), [signal]);
  return signal?.value;
}
