/** The aggregate posterior beside the prior: one dimension as curves, all of them as a distance. */

import { useMemo, useState } from "preact/hooks";
import { digits, Panel, Pick } from "../parts/kit";
import { dimension } from "../space";
import { useSignal, type Source } from "./moment";
import { marginalOf, mmdOf } from "./statistics";

const [WIDTH, HEIGHT] = [320, 104];

export function Aggregate({ source }: { source: Source }) {
  const moment = useSignal(source.moment);
  const [chosen, choose] = useState<string>("most");
  const { mu, logvar, kl } = moment ?? {};
  const most = kl?.length ? kl.indexOf(Math.max(...kl)) : 0;
  const d = chosen === "most" ? most : Math.min(source.dim - 1, Number(chosen));
  const found = useMemo(() => (mu ? marginalOf(mu, logvar ?? null, source.dim, d) : null), [mu, logvar, d]);
  const apart = useMemo(() => (mu ? mmdOf(mu, logvar ?? null, source.dim) : NaN), [mu, logvar]);
  if (moment && !mu) return null;
  const high = found ? Math.max(1.15 * Math.max(...found.prior), Math.min(1.6, Math.max(...found.posterior))) : 1;
  const line = (values: Float64Array) => Array.from(values, (value, i) => `${i ? "L" : "M"}${(((i + 0.5) / values.length) * WIDTH).toFixed(1)} ${(HEIGHT - (Math.min(value, high) / high) * (HEIGHT - 4)).toFixed(1)}`).join("");
  const name = dimension(d);
  return (
    <Panel class="aggregate" title="Aggregate posterior against prior" text={logvar ? `q(${name}) over all examples; line: N(0, 1)` : `means of q(${name}|x) alone, for want of σ; line: N(0, 1)`}>
      {source.dim > 1 && (
        <Pick
          named
          label="Dimension"
          help="Whose marginal is drawn."
          choices={[{ value: "most", title: "carries most" }, ...Array.from({ length: source.dim }, (_, i) => ({ value: String(i), title: dimension(i) }))]}
          value={chosen}
          onChange={choose}
        />
      )}
      {found && (
        <>
          <svg class="lab-plot" viewBox={`0 0 ${WIDTH} ${HEIGHT + 18}`} role="img" aria-label={`${name}: Wasserstein distance to N(0, 1) ${found.distance.toFixed(2)}`}>
            <path class="mass" d={`${line(found.posterior)}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} />
            <path class="prior" d={line(found.prior)} />
            <path class="frame" d={`M0 ${HEIGHT}H${WIDTH}`} />
            <text x="2" y={HEIGHT + 14}>{digits(found.z[0], 2)}</text>
            <text x={WIDTH / 2} y={HEIGHT + 14} text-anchor="middle">0</text>
            <text x={WIDTH - 2} y={HEIGHT + 14} text-anchor="end">{digits(found.z.at(-1)!, 2)}</text>
          </svg>
          <p class="caption figure">
            Wasserstein distance of {name} <b>{found.distance.toFixed(2)}</b> · MMD² of all dimensions, at one scale, <b>{Math.abs(apart) < 5e-4 ? "0.000" : digits(apart, 2)}</b>
          </p>
        </>
      )}
    </Panel>
  );
}
