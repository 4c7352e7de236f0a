/** One training: how far it is, what steers it, how its loss goes, what it has learned to draw. */

import { useEffect, useMemo, useState } from "preact/hooks";
import type { Host } from "../host";
import { KlBars } from "../lab/charts";
import { PHRASES } from "../lab/controls";
import type { Live } from "../lab/live";
import { LatentMap } from "../lab/map";
import { useSignal } from "../lab/moment";
import { Reconstructions, Samples } from "../lab/pictures";
import { Scrub } from "../lab/scrub";
import { Session } from "../lab/session";
import type { Job, State } from "../lab/wire";
import { Button, digits, Notice, usePromise } from "../parts/kit";
import { Curves } from "./curves";
import { change, textOf } from "./draft";
import { Command } from "./command";
import { epochOf, finishingOf, namedAs, shareOf } from "./list";
import { MadePanel } from "./made";
import { Pairs } from "./pairs";
import { count, lasting } from "./said";
import type { Epoch, Overview, Training } from "./wire";

const BETAS: [number, number] = [0.05, 100];
const ENDED: State[] = ["done", "stopped", "failed"];
/** What is waited for, before the first step. */
const COMING: Partial<Record<State, string>> = {
  queued: "It waits for its turn, or for its process to start.",
  interrupted: "It goes on by itself, when its turn comes.",
  running: "PyTorch is loaded and the data are read: some seconds until the first step.",
};

export function JobView({ host, training, id, overview, onLeave, onChange }: { host: Host; training: Training; id: string; overview?: Overview; onLeave(): void; onChange(): void }) {
  const session = useMemo(() => new Session(training, id, BETAS), [training, id]);
  useEffect(() => () => session.dispose(), [session]);
  const job = useSignal(session.job);
  const live = useSignal(session.live);
  const refused = useSignal(session.refused);
  useEffect(onChange, [job?.state, job?.bundle]);
  if (!job) {
    return refused ? (
      <>
        <Notice failed title="This training cannot be shown" text={refused} />
        <div class="actions">
          <Button title="Leave" help="To the form, for another one." onClick={onLeave} />
        </div>
      </>
    ) : (
      <div class="panel skeleton" aria-busy="true" />
    );
  }
  return (
    <div class="job">
      <Status {...{ session, job, overview, training, host, onLeave }} />
      {refused && <Notice failed title="That was not done" text={refused} />}
      {job.state === "failed" && <Notice failed title="The training has failed" text={job.message} />}
      {job.bundle && <MadePanel key={job.bundle} {...{ host, training }} job={id} bundle={job.bundle} own={session.own} />}
      <Forming {...{ host, training, job, live }} />
    </div>
  );
}

/** What it is doing, how far it is, and what can be said to it. */
function Status({ session, job, overview, training, host, onLeave }: { session: Session; job: Job; overview?: Overview; training: Training; host: Host; onLeave(): void }) {
  const connected = useSignal(session.connected);
  const { state, standing: at, spec, message, device } = job;
  const ended = ENDED.includes(state);
  const share = shareOf(job);
  const say = (name: string) => void session.say(name);
  const duplicate = () => {
    change({ data: spec.data, variant: spec.variant, options: Object.fromEntries(Object.entries(spec.options).map(([name, value]) => [name, textOf(value)])) });
    onLeave();
  };
  const remove = () => void training.remove(job.id).then(onLeave, (error: Error) => (session.refused.value = error.message));
  const finishing = finishingOf(job);
  const facts = [
    at && spec.kind === "train" && epochOf(at),
    at && `step ${at.step.toLocaleString("en")}${spec.kind === "train" ? ` of ${at.steps.toLocaleString("en")}` : ""}`,
    at && state === "running" && !finishing && `${count(Math.round(at.examples_per_s))} examples/s`,
    at && state === "running" && `learning rate ${digits(at.lr, 2)}`,
    device,
  ].filter(Boolean);
  return (
    <section class="panel status" aria-label="Training">
      <div class="says">
        <h2>{namedAs(job, overview)}</h2>
        <span class="grow" />
        <span role="status">{connected || ended ? (finishing ? "Finishing" : state === "running" && !at ? "Starting" : PHRASES[state]) : "The server does not answer: this page goes on asking"}</span>
        {state === "running" && at && spec.kind === "train" && !finishing && <span class="caption number">{lasting(at.seconds_left)} left</span>}
      </div>
      {share !== undefined && (
        <div class="progress" role="progressbar" aria-label="Progress" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(100 * share)}>
          <i style={`width:${100 * share}%`} />
        </div>
      )}
      <p class="caption number">{facts.join(" · ")}</p>
      {state !== "failed" && (message || !at) && <p class="caption">{(!at && COMING[state]) || message}</p>}
      <div class="actions">
        {session.own && !ended && !finishing && state !== "paused" && <Button main title="Pause" help="Lets go of its device, and goes on from its last whole epoch." onClick={() => say("pause")} />}
        {session.own && (state === "paused" || state === "stopped" || state === "failed") && <Button main title="Resume" help="Goes on from its last whole epoch, when its turn comes." onClick={() => say("resume")} />}
        {session.own && !ended && !finishing && <Button title="Stop" help={at && at.epoch > 1 ? "Ends it; the best epoch so far is kept as a bundle." : "Ends it; before its first epoch is done there is nothing to keep."} onClick={() => say("stop")} />}
        {spec.kind === "live" && <Button title="Open in the β lab" help="Where a live training is steered." onClick={() => host.say({ page: "beta", way: "live", job: job.id, data: spec.data })} />}
        {overview?.train && <Button title="Duplicate with changes" help="Fills the form with what this one was started with." onClick={duplicate} />}
        {session.own && (ended || state === "queued") && <Button title="Remove" help={`Forgets the training, its recording and its log.${job.bundle ? " Its bundle stays, and can then be renamed or deleted at a terminal only." : ""}`} onClick={remove} />}
      </div>
      {!session.own && <p class="caption">Somebody else has started this training, or a terminal has: everybody can watch it, who started it steers it.</p>}
      <Recipe {...{ training }} id={job.id} />
    </section>
  );
}

/** How to make the same again, elsewhere. */
function Recipe({ training, id }: { training: Training; id: string }) {
  const [open, setOpen] = useState(false);
  const { value, error } = usePromise(() => (open ? training.recipe(id) : Promise.resolve(undefined)), [training, id, open]);
  return (
    <details class="same" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Reproduce</summary>
      {error && <Notice failed title="It cannot be written down" text={error.message} />}
      {value && (
        <>
          <Code title="At a terminal" text={value.command} options />
          <Code title="As a file run.toml, for aecore train run.toml" text={value.toml} />
          {value.code ? <Code title="As a script of its own, in PyTorch, without Loupe" text={value.code} long /> : <p class="caption">{value.no_code}</p>}
        </>
      )}
    </details>
  );
}

/** A text to be taken along; a browser that lets no page near its clipboard still selects all of it at a click. */
function Code({ title, text, long, options }: { title: string; text: string; long?: boolean; options?: boolean }) {
  const [copied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true), () => {});
  return (
    <>
      <div class="captioned">
        <p class="caption">{title}</p>
        {navigator.clipboard && <Button title={copied ? "Copied" : "Copy"} onClick={copy} />}
      </div>
      {options ? <Command text={text} /> : <code class={long ? "script" : undefined}>{text}</code>}
    </>
  );
}

/** Its curves, and what it draws by now. */
function Forming({ host, training, job, live }: { host: Host; training: Training; job: Job; live: Live | null }) {
  const [epochs, setEpochs] = useState<Epoch[]>([]);
  const done = job.spec.kind === "train" ? (job.standing?.epoch ?? 0) : 0;
  useEffect(() => {
    if (!done && !job.bundle) return;
    let current = true;
    const timer = window.setTimeout(() => void training.history(job.id).then((found) => current && setEpochs(found), () => {}), 200);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [job.id, done, job.state, job.bundle]);
  const shown = live && <Shown {...{ host, live }} going={job.state === "running"} />;
  return (
    <div class="forming">
      {shown}
      {(epochs.length > 0 || job.standing) && (
        <div class="column">
          <Curves epochs={epochs} job={job} />
        </div>
      )}
      {!job.standing && COMING[job.state] && (
        <>
          <div class="panel skeleton" aria-busy="true" />
          <div class="panel skeleton" aria-busy="true" />
        </>
      )}
    </div>
  );
}

function Shown({ host, live, going }: { host: Host; live: Live; going: boolean }) {
  const begun = useSignal(live.frame) !== null;
  const moment = useSignal(live.moment);
  const missing = useSignal(live.missing);
  const recorded = useSignal(live.trace).length > 1;
  const images = live.manifest.kind === "image";
  if (!begun) return null;
  return (
    <div class="column">
      {missing && <Notice title="A frame is missing" text={missing} />}
      <LatentMap {...{ host }} source={live} />
      {images ? <Reconstructions source={live} /> : <Pairs source={live} />}
      <Samples source={live} />
      {moment && moment.kl.length > 0 && <KlBars source={live} />}
      {recorded && (
        <section class="panel" aria-label="Recording">
          <Scrub live={live} going={going} />
        </section>
      )}
    </div>
  );
}
