/** How a training has gone: each term of its loss, the learning rate and the speed, epoch by epoch. */

import type { Job } from "../lab/wire";
import { digits, Panel } from "../parts/kit";
import { count, termed } from "./said";
import type { Epoch } from "./wire";

const [WIDTH, HEIGHT, LEFT, FOOT] = [320, 92, 40, 16];
const FIRST = ["loss", "distortion", "rate", "negative_elbo"];

interface Line {
  x: number[]; // epochs
  y: number[];
}

/** Epochs at whose end another stage begins, and which; a loss before and after is not the same quantity. */
function stagesOf(epochs: Epoch[]): [after: number, name: string][] {
  return epochs.slice(1).flatMap(({ stage }, i) => (stage === epochs[i].stage ? [] : [[epochs[i].epoch, stage] as [number, string]]));
}

/** A line of one number an epoch; of the epoch that is under way, as far as it is. */
function lineOf(epochs: Epoch[], of: (epoch: Epoch) => number | undefined, now?: { at: number; value?: number }): Line {
  const points = epochs.map((epoch) => [epoch.epoch, of(epoch)] as const);
  const all = now && now.at > (epochs.at(-1)?.epoch ?? 0) ? [...points, [now.at, now.value] as const] : points;
  const known = all.filter((point): point is readonly [number, number] => Number.isFinite(point[1] ?? NaN));
  return { x: known.map(([x]) => x), y: known.map(([, y]) => y) };
}

function Chart({ title, unit, epochs, starts, line, beside }: { title: string; unit?: string; epochs: number; starts: number[]; line: Line; beside?: Line }) {
  const values = [...line.y, ...(beside?.y ?? [])];
  if (!values.length) return null;
  const [low, most] = [Math.min(...values), Math.max(...values)];
  const room = 0.08 * (most - low || Math.abs(most) || 1);
  const x = (epoch: number) => LEFT + (epoch / Math.max(1, epochs)) * (WIDTH - LEFT - 4);
  const y = (value: number) => 6 + ((most + room - value) / (most - low + 2 * room)) * (HEIGHT - FOOT - 6);
  const path = (of: Line) => of.x.map((at, i) => `${i && !starts.some((start) => of.x[i - 1] <= start && start < at) ? "L" : "M"}${x(at).toFixed(1)} ${y(of.y[i]).toFixed(1)}`).join("");
  const last = line.y.at(-1);
  const other = beside?.y.at(-1);
  const said = `${title}${last === undefined ? "" : ` ${digits(last)}`}${other === undefined ? "" : `, validation ${digits(other)}`}${unit ? ` ${unit}` : ""}`;
  return (
    <figure class="curve-of">
      <figcaption>
        <b>{title}</b> <span class="number">{last === undefined ? "" : Math.abs(last) < 1000 ? digits(last) : count(Math.round(last))}</span> {unit}
        {other !== undefined && (
          <>
            {" "}
            · validation <span class="number">{digits(other)}</span>
          </>
        )}
      </figcaption>
      <svg class="lab-plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={said}>
        <path class="frame" d={`M${LEFT} 4V${HEIGHT - FOOT}H${WIDTH - 2}`} />
        {low < most && <text x={LEFT - 4} y="13" text-anchor="end">{digits(most, 2)}</text>}
        {low < most && <text x={LEFT - 4} y={HEIGHT - FOOT} text-anchor="end">{digits(low, 2)}</text>}
        <text x={WIDTH - 2} y={HEIGHT - 3} text-anchor="end">{`epoch ${count(epochs)}`}</text>
        {starts.map((after) => <path class="stage" d={`M${x(after + 0.5).toFixed(1)} 4V${HEIGHT - FOOT}`} />)}
        {beside && <path class="beside" d={path(beside)} />}
        <path class="curve" d={path(line)} />
        {line.x.length === 1 && <circle class="member" cx={x(line.x[0])} cy={y(line.y[0])} r="3" />}
      </svg>
    </figure>
  );
}

/** Terms that are the loss itself, as −ELBO is where β is 1: theirs is its curve. */
function twinsOf(names: string[], epochs: Epoch[], terms: Record<string, number> = {}): string[] {
  const rows = [...epochs.flatMap(({ train, validation }) => [train, validation]), terms].filter((row) => "loss" in row);
  return names.filter((name) => name !== "loss" && rows.length && rows.every((row) => Math.abs(row[name] - row.loss) <= 1e-6 * Math.max(1, Math.abs(row.loss))));
}

/** @param epochs Those that are done. */
export function Curves({ epochs, job }: { epochs: Epoch[]; job: Job }) {
  const at = job.standing;
  const now = at && job.state !== "done" ? { at: (at.step / Math.max(1, at.steps)) * at.epochs, ...at } : undefined;
  const all = Math.max(at?.epochs ?? 0, epochs.at(-1)?.epoch ?? 0);
  const names = [...new Set([...epochs.flatMap(({ train }) => Object.keys(train)), ...Object.keys(now?.terms ?? {})])];
  const twins = twinsOf(names, epochs, now?.terms);
  const ordered = [...FIRST.filter((name) => names.includes(name)), ...names.filter((name) => !FIRST.includes(name))].filter((name) => !twins.includes(name));
  if (!names.length) return null;
  const stages = stagesOf(epochs);
  const starts = stages.map(([after]) => after);
  const then = stages.map(([, name]) => termed(name).toLowerCase()).join(", then ");
  return (
    <Panel class="curves" title="Curves" text={`means over each epoch; dashed: on the validation examples${then ? `; where a line breaks, what is trained changes: ${then}` : ""}`}>
      {ordered.map((name) => (
        <Chart
          key={name}
          title={[name, ...(name === "loss" ? twins : [])].map(termed).join(" = ")}
          epochs={all}
          starts={starts}
          line={lineOf(epochs, ({ train }) => train[name], now && { at: now.at, value: now.terms[name] })}
          beside={lineOf(epochs, ({ validation }) => validation[name])}
        />
      ))}
      <Chart title="Learning rate" epochs={all} starts={starts} line={lineOf(epochs, ({ lr }) => lr, now && { at: now.at, value: now.lr })} />
      <Chart title="Speed" unit="examples/s" epochs={all} starts={starts} line={lineOf(epochs, (epoch) => epoch.examples_per_s, now && { at: now.at, value: now.examples_per_s })} />
    </Panel>
  );
}
