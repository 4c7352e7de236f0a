/** Every training there is: what runs, what waits, what has ended; whoever started it. */

import { PHRASES } from "../lab/controls";
import { isOwn } from "../lab/token";
import type { Job } from "../lab/wire";
import { Notice } from "../parts/kit";
import { count, lasting } from "./said";
import type { Overview } from "./wire";

const LISTED = 12; // of those that have ended
const ENDED = ["done", "stopped", "failed"];
const LAST = "Measuring, mapping, exporting."; // what a worker says once it trains no more

/** What a job is called. */
export function namedAs({ spec, bundle }: Job, overview?: Overview): string {
  const variant = overview?.variants.find(({ name }) => name === spec.variant)?.title ?? spec.variant;
  const data = overview?.data.find(({ name }) => name === spec.data)?.title ?? spec.data;
  const name = bundle.split("/")[1] ?? spec.name;
  return `${variant} · ${data}${name ? ` · ${name}` : ""}`;
}

/** How far it is, between 0 and 1; a live one has no end. */
export function shareOf({ standing, spec, state }: Job): number | undefined {
  if (state === "done") return 1;
  return spec.kind === "train" && standing?.steps ? standing.step / standing.steps : undefined;
}

/** Whether it trains no more, at its end or stopped before, and its bundle is being made. */
export function finishingOf({ state, standing: at, message }: Job): boolean {
  return state === "running" && Boolean(at) && (at!.step >= at!.steps || message === LAST);
}

/** Which epoch it is in. */
export function epochOf({ epoch, epochs }: { epoch: number; epochs: number }): string {
  return `epoch ${count(epoch)} of ${count(epochs)}`;
}

export function List({ jobs, error, overview, chosen, onChoose }: { jobs?: Job[]; error?: Error; overview?: Overview; chosen?: string; onChoose(id: string): void }) {
  const open = jobs?.filter(({ state }) => !ENDED.includes(state)) ?? [];
  const ended = jobs?.filter(({ state }) => ENDED.includes(state)).reverse() ?? [];
  const shown = [...open, ...ended.slice(0, LISTED)];
  return (
    <section class="panel trainings" aria-label="Trainings">
      <h2>Trainings</h2>
      {error && <Notice failed title="They cannot be listed now" text={error.message} />}
      {!jobs && !error && <p class="caption">Looking for them.</p>}
      {jobs && !jobs.length && <p class="caption">None yet. What is started here, or by <code>aecore jobs start</code>, is listed here and goes on when this page is closed.</p>}
      <ul>
        {shown.map((job) => (
          <li key={job.id}>
            <button type="button" class={`training ${job.state}`} aria-current={job.id === chosen ? "true" : undefined} onClick={() => onChoose(job.id)}>
              <span class="title">{namedAs(job, overview)}</span>
              <span class="caption number">{standing(job, open)}</span>
              {shareOf(job) !== undefined && job.state !== "done" && <i class="bar" style={`--share:${100 * shareOf(job)!}%`} />}
            </button>
          </li>
        ))}
      </ul>
      {ended.length > LISTED && <p class="caption">{`${ended.length - LISTED} older ones: \`aecore jobs list\`.`}</p>}
    </section>
  );
}

function standing(job: Job, open: Job[]): string {
  const { id, spec, state, standing: at, message, device } = job;
  const finishing = finishingOf(job);
  const said: string[] = [state === "running" && !at ? "Starting" : finishing ? "Finishing" : PHRASES[state]];
  if (state === "running" && at) said.push(spec.kind === "live" ? `step ${at.step.toLocaleString("en")}` : epochOf(at));
  if (state === "running" && at && spec.kind === "train") said.push(finishing ? message.replace(/\.$/, "") : `${lasting(at.seconds_left)} left`);
  if (state === "queued") {
    const before = open.slice(0, open.findIndex((each) => each.id === id)).filter((each) => each.device === device && each.state !== "paused").length;
    said.push(before ? `${before} before it on ${device}` : device);
  }
  if (spec.kind === "live") said.push("live");
  if (isOwn(id)) said.push("yours");
  return said.filter(Boolean).join(" · ");
}
