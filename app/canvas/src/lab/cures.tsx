/** What helps where a code has collapsed, done to the training that runs. */

import { Button } from "../parts/kit";
import { useHeld } from "./controls";
import type { Dials } from "./frames";
import { useSignal } from "./moment";
import type { Session } from "./session";
import { deadOf } from "./statistics";
import { ENDED } from "./wire";

const BEGINNING = 200; // steps in which nothing has collapsed: nothing has been learned yet
const RISE = 1500; // steps that an annealing takes
const FREE = 0.5; // nats of each dimension

export interface Cure {
  title: string;
  help: string;
  set: Partial<Dials>;
}

/** Settings that wake a collapsed code up.
 *
 * @param dials Those that can be turned.
 * @param epochs That ``RISE`` steps take.
 */
export function curesFor(now: Dials, dials: string[], epochs: number): Cure[] {
  const beta = now.beta ?? 0;
  const lower = beta > 1 ? 1 : Number((beta / 10).toPrecision(2));
  const cures: Cure[] = [];
  if (dials.includes("beta") && beta > 0) {
    cures.push({ title: `Lower β to ${lower}`, help: "A nat of code costs less than it saves.", set: { annealing: "constant", beta: lower } });
    const to = Math.min(1, beta);
    cures.push({ title: `Anneal β from 0 to ${to}`, help: "The code is free at first: by the time it has a price, it is of use.", set: { beta: to, annealing_epochs: epochs, annealing: "linear" } });
  }
  if (dials.includes("free_bits") && now.free_bits < FREE) {
    cures.push({ title: `${FREE} free nats a dimension`, help: "The first half nat of each dimension costs nothing, whatever β is.", set: { free_bits: FREE } });
  }
  return cures;
}

/** The cures as buttons, while something has collapsed; nothing for who may not steer. */
export function Cures({ session }: { session: Session }) {
  const live = useSignal(session.live);
  const frame = useHeld(live?.frame);
  const job = useSignal(session.job);
  const standing = job?.standing;
  if (!live || !frame || !session.own || (job && ENDED.includes(job.state)) || frame.header.step < BEGINNING) return null;
  if (!deadOf({ mu: frame.mu, kl: Float32Array.from(frame.header.kl) }, live.dim).length) return null;
  const epochs = RISE / Math.max(1, standing ? standing.steps / standing.epochs : RISE / 10);
  return (
    <div class="cures" role="group" aria-label="What helps">
      {curesFor(frame.header.dials, live.manifest.dials, Number(epochs.toPrecision(2))).map(({ title, help, set }) => (
        <Button {...{ title, help }} onClick={() => Object.entries(set).forEach(([name, value]) => session.turn(name, value))} />
      ))}
    </div>
  );
}
