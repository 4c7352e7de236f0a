/** Train live: a model learns while everybody looks, and β is turned while it does. */

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useSaved } from "../address";
import type { Host } from "../host";
import { Button, digits, Notice, Segment, usePromise } from "../parts/kit";
import { betaText, scaleOf } from "./axis";
import type { Rival } from "./charts";
import { NOT_YOURS, rounded, Settings, standingOf, Transport, useHeld } from "./controls";
import { Cures } from "./cures";
import type { LabData } from "./catalogue";
import { BetaHead } from "./head";
import type { Live } from "./live";
import { useSignal, type Source } from "./moment";
import { rivalsOf } from "./rivals";
import { Scrub } from "./scrub";
import { Session } from "./session";
import type { Signal } from "./signal";
import { BetaSlider } from "./slider";
import { isOwn } from "./token";
import { ENDED, Jobs, type Job, type LiveStart } from "./wire";

export interface TrainLiveProps {
  host: Host;
  base: string; // the address below which the server's jobs are, with a slash at its end
  entry: LabData; // the data set
  train: boolean; // whether this server trains
  preset: Signal<number | null>; // a β that is asked for; null once it is acted on
  onRange(within: (beta: number) => boolean): void; // which β can be had
  onBeta(beta: number): void; // which one is
  children(source: Source, advice: ComponentChildren, others?: Rival[]): ComponentChildren; // the panels
}

export function TrainLive(props: TrainLiveProps) {
  const { host, base } = props;
  const data = props.entry.name;
  const [job, setJob] = useSaved(host, "job");
  const [first] = useState(data);
  const jobs = useMemo(() => new Jobs(base), [base]);
  useEffect(() => {
    if (data !== first) setJob(null); // a training is of one data set
  }, [data]);
  const known = job !== undefined && /^[\w-]{1,40}$/.test(job) ? job : undefined;
  if (host.linked) {
    return <Notice title="There is no server behind this page" text="It can show what was trained before. To train here, install Loupe and start it with `aecore app`." />;
  }
  return known ? (
    <Steered key={known} {...props} {...{ jobs, id: known }} onLeave={() => setJob(null)} />
  ) : (
    <Start {...props} jobs={jobs} onStarted={setJob} />
  );
}

/** Before anything runs: what will happen, and the button. */
function Start({ entry: { name: data, title, live }, train, jobs, onRange, onStarted }: TrainLiveProps & { jobs: Jobs; onStarted(id: string): void }) {
  const [starting, setStarting] = useState(false);
  const [refused, setRefused] = useState("");
  const [dim, setDim] = useState("2");
  const { value: all = [] } = usePromise(() => jobs.all(), [jobs]);
  const alike = (spec: Job["spec"]) => spec.kind === "live" && spec.data === data && spec.variant === (live?.variant ?? spec.variant);
  const there = all.filter(({ id, spec, state }) => alike(spec) && (isOwn(id) || !ENDED.includes(state))).reverse();
  useEffect(() => onRange(() => false), []); // there is nothing yet whose β a preset could set
  useEffect(() => {
    if (!train || !live) return;
    const ask = () => document.visibilityState === "visible" && jobs.ready();
    ask();
    const again = setInterval(ask, READY);
    return () => clearInterval(again);
  }, [jobs, train, !live]);
  const start = async () => {
    setStarting(true);
    setRefused("");
    try {
      onStarted(await started(jobs, data, { ...live!, options: { ...live!.options, latent_dim: Number(dim) } }));
    } catch (error) {
      setRefused((error as Error).message);
      setStarting(false);
    }
  };
  const why = !train
    ? "No training is allowed on this server. What others have started can be watched."
    : live
      ? ""
      : `Nothing is set up to train live on ${title}. Choose another data set.`;
  return (
    <section class="panel begin" aria-label="Train live">
      <h2>A VAE learns {title}, from nothing</h2>
      <p>
        Its map, its manifold and its reconstructions move while it learns. Turn β, the learning rate or free bits at any moment: the space reorganises
        before your eyes. Everything is recorded.
      </p>
      {why ? (
        <Notice title="It cannot be started here" text={why} />
      ) : (
        <div class="actions">
          <Button main title={starting ? "Starting…" : "Play"} help="Starts the training on this server; the address then leads to it." disabled={starting} onClick={() => void start()} />
          <Segment label="Latent dimensions" help="Two are a map of everything the model knows, with its manifold below; of eight those that do not pay for themselves die one by one." choices={DIMS} value={dim} onChange={setDim} />
        </div>
      )}
      {starting && (
        <p class="caption" role="status">
          The server loads PyTorch and checks the settings: some seconds.
        </p>
      )}
      {refused && <Notice failed title="It has not been started" text={refused} />}
      {there.length > 0 && (
        <>
          <h3>Trainings there are</h3>
          <ul class="under-way">
            {there.slice(0, LISTED).map((job) => (
              <li>
                <Button
                  title={isOwn(job.id) ? "Go on" : "Watch"}
                  help={isOwn(job.id) ? "This one is yours: look at its recording, or go on with it." : "Only who has started it can steer it."}
                  onClick={() => onStarted(job.id)}
                />
                <span class="caption number">
                  {[job.spec.options.latent_dim !== undefined && `${job.spec.options.latent_dim} dims`, job.state, job.standing && `step ${job.standing.step.toLocaleString("en")}`].filter(Boolean).join(" · ")}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

const DIMS = ["2", "8"].map((value) => ({ value, title: `${value} dims` }));
const LISTED = 6;
const READY = 60_000; // ms until the server is asked once more to be ready: it does not wait for ever

/** Starts a training, and ends those of this tab that still go on: one at a time is looked at. */
async function started(jobs: Jobs, data: string, live: LiveStart): Promise<string> {
  const going = (await jobs.all()).filter(({ id, spec, state }) => spec.kind === "live" && isOwn(id) && !ENDED.includes(state));
  await Promise.allSettled(going.map(({ id }) => jobs.say(id, "stop")));
  return jobs.start(data, live);
}

/** A training that there is. */
function Steered(props: TrainLiveProps & { jobs: Jobs; id: string; onLeave(): void }) {
  const { jobs, id, entry, preset, onBeta, onRange, onLeave, children } = props;
  const range = entry.live?.betas ?? RANGE;
  const session = useMemo(() => new Session(jobs, id, range), [jobs, id]);
  useEffect(() => () => session.dispose(), [session]);
  const live = useSignal(session.live);
  const job = useSignal(session.job);
  const ended = Boolean(job && ENDED.includes(job.state));
  useEffect(() => onRange((beta) => session.own && !ended && beta <= range[1]), [session, ended]);
  const refused = useSignal(session.refused);
  const failed = job?.state === "failed";
  const end = async () => {
    if (session.own && job && !ENDED.includes(job.state)) await session.say("stop");
    onLeave();
  };
  return (
    <div class="live-lab">
      {live && <Price {...{ session, live, preset, onBeta, ended }} />}
      <section class="panel steering" aria-label="Training">
        <Says session={session} />
        {!session.own && job && <p class="caption">{NOT_YOURS}</p>}
        {refused && <Notice failed title={job ? "That was not done" : "This training cannot be shown"} text={refused} />}
        {failed && <Notice failed title="The training has failed" text={job.message} />}
        <fieldset disabled={!session.own}>
          <legend class="unseen">Steering</legend>
          <Transport session={session} onNew={() => void end()} />
          {live && <Settings {...{ session, ended }} />}
        </fieldset>
        {(!session.own || !job) && <Button title="Leave" help="To start a training of your own." onClick={onLeave} />}
        {live && <Scrub live={live} going={job?.state === "running"} />}
      </section>
      {live ? <Shown {...{ session, live, entry }}>{children}</Shown> : !refused && !failed && <div class="panel skeleton" aria-busy="true" />}
    </div>
  );
}

const RANGE: [number, number] = [0.01, 100]; // where nothing is set up to be trained: as it is where something is

/** The panels, once there is a frame to show. */
function Shown({ session, live, entry, children }: Pick<TrainLiveProps, "entry" | "children"> & { session: Session; live: Live }) {
  const begun = useSignal(live.frame) !== null;
  const missing = useSignal(live.missing);
  const { value: others } = usePromise(() => rivalsOf("live", entry, live).catch(() => []), [live]);
  const panels = useMemo(() => begun && children(live, <Cures session={session} />, others), [live, begun, others]);
  return (
    <>
      {missing && <Notice title="A frame is missing" text={missing} />}
      {panels || <div class="panel skeleton" aria-busy="true" />}
    </>
  );
}

/** What it is doing now; the steps are for the eye only. */
function Says({ session }: { session: Session }) {
  useSignal(session.job);
  useSignal(session.connected);
  const live = useSignal(session.live);
  const pace = useHeld(live?.pace) ?? 0;
  useHeld(live?.frame);
  const { phrase, more } = standingOf(session);
  return (
    <p class="says">
      <span role="status">{phrase}</span>
      <span class="caption number">{pace > 0 ? `${more} · ${digits(pace, 2)} frames/s` : more}</span>
    </p>
  );
}

/** β, large, in its equation, and the slider that turns it while it trains. */
function Price({ session, live, preset, onBeta, ended }: Pick<TrainLiveProps, "preset" | "onBeta"> & { session: Session; live: Live; ended: boolean }) {
  const frame = useSignal(live.frame);
  useSignal(session.asked);
  useSignal(live.at);
  const scale = useMemo(() => scaleOf(live.range, live.hasZero), [live]);
  const wanted = useSignal(preset);
  const set = session.dial<number>("beta") ?? 1;
  useEffect(() => onBeta(set), [set]);
  useEffect(() => {
    if (wanted === null) return;
    preset.value = null;
    session.turn("beta", wanted);
  }, [wanted]);
  if (!frame) return null;
  const { beta: to, beta_now: acts } = frame.header.dials;
  const rising = acts !== null && to !== null && Math.abs(acts - to) > 1e-6 * to;
  const turn = (beta: number) => session.turn("beta", rounded(beta));
  return (
    <BetaHead source={live} beta={rising ? acts : set}>
      <fieldset disabled={!session.own || ended}>
        <legend class="unseen">β</legend>
        <BetaSlider {...{ scale, beta: set }} disabled={!session.own || ended} onTurn={turn} />
      </fieldset>
      {rising && <p class="caption">β is on its way to {betaText(set)}, where the slider stands.</p>}
    </BetaHead>
  );
}
