/** Says which dimensions have collapsed, and what helps. */

import type { ComponentChildren } from "preact";
import { Panel } from "../parts/kit";
import { dimension } from "../space";
import { useSignal, type Moment, type Source } from "./moment";
import { ACTIVE } from "../axes";
import { deadOf } from "./statistics";

/** The sentence of a moment. */
export function collapseOf(moment: Pick<Moment, "mu" | "kl">, dim: number): { dead: number[]; text: string } {
  const dead = deadOf(moment, dim);
  const which = dead.length > 6 ? `${dead.length} of ${dim} dimensions` : dead.map(dimension).join(", ");
  if (!dead.length) return { dead, text: dim > 1 ? `No dimension has collapsed: the means of all ${dim} vary with x.` : "It has not collapsed: its mean varies with x." };
  const whole = dead.length === dim;
  const said = whole ? "Posterior collapse: q(z|x) is the same for every x, so the decoder learns nothing from z." : `${which} ${dead.length > 1 ? "have" : "has"} collapsed: ${dead.length > 1 ? "their means do" : "its mean does"} not vary with x (a variance below ${ACTIVE}).`;
  return { dead, text: said };
}

const HELPS = "What helps: a lower β, annealing it from 0, free bits, or, in another training, a weaker decoder.";

export function Collapse({ source, advice }: { source: Source; advice?: ComponentChildren }) {
  const moment = useSignal(source.moment);
  if (!moment) return null;
  const { dead, text } = collapseOf(moment, source.dim);
  return (
    <Panel class={dead.length ? "collapse on" : "collapse"} title="Collapse">
      <p aria-live="off">{text}</p>
      {dead.length > 0 && <p class="caption">{HELPS}</p>}
      {advice}
    </Panel>
  );
}
