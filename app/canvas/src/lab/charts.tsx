/** The lab's small charts: rate and distortion, KL per dimension, measures against β. */

import { useMemo, useRef } from "preact/hooks";
import { digits, Panel } from "../parts/kit";
import { dimension } from "../space";
import { betaText, markText, natsText, NEGLIGIBLE } from "./axis";
import { useSignal, type Measure, type Measured, type Moment, type RatePoint, type Source, type Studied } from "./moment";

/** Another family of the same data, as marks of its own. */
export interface Rival {
  title: string;
  points: RatePoint[];
}

const [WIDTH, HEIGHT, LEFT, FOOT] = [320, 200, 34, 26];

const MARKS = ["dot", "ring"];

/** Ends of an axis that hold some values with a little room. */
function span(values: number[]): [low: number, high: number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.06 * (high - low || 1);
  return [low - room, high + room];
}

export function RatePlot({ source, others = [] }: { source: Source; others?: Rival[] }) {
  const moment = useSignal(source.moment);
  const curve = useSignal(source.curve);
  const plot = useMemo(() => {
    const priced = [curve, ...others.map(({ points }) => points)].flat().filter(({ beta, rate, distortion }) => beta > 0 && Number.isFinite(rate + distortion));
    if (!priced.length) return null;
    const [x0, x1] = span([0, ...priced.map(({ rate }) => rate)]);
    const [y0, y1] = span(priced.map(({ distortion }) => distortion));
    const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));
    const x = (rate: number) => LEFT + (clamp((rate - x0) / (x1 - x0), 0, 1.01) * (WIDTH - LEFT - 8));
    const y = (distortion: number) => 8 + clamp((y1 - distortion) / (y1 - y0), -0.01, 1.01) * (HEIGHT - FOOT - 8);
    const path = curve.filter(({ beta }) => beta > 0).map(({ rate, distortion }, i) => `${i ? "L" : "M"}${x(rate).toFixed(1)} ${y(distortion).toFixed(1)}`).join("");
    return { x, y, path, ends: [x0, x1, y0, y1] };
  }, [curve, others]);
  const beside = others.map(({ title }, i) => ` · ${MARKS[i]}s: ${title}`).join("");
  const here = moment && Number.isFinite(moment.rate + moment.distortion) ? moment : null;
  return (
    <Panel title="Rate–distortion" text={`curve: ${source.curved ?? "these models"}${beside}`}>
      <svg class="lab-plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={here ? `Rate ${natsText(here.rate)} nats, distortion ${digits(here.distortion)} ${source.unit} at β = ${betaText(here.beta)}` : "Rate against distortion"}>
        <path class="frame" d={`M${LEFT} 6V${HEIGHT - FOOT}H${WIDTH - 6}`} />
        <text x={(LEFT + WIDTH) / 2} y={HEIGHT - 10} text-anchor="middle">rate (nats)</text>
        {plot && (
          <>
            <text x={LEFT - 4} y="16" text-anchor="end">{digits(plot.ends[3], 2)}</text>
            <text x={LEFT - 4} y={HEIGHT - FOOT} text-anchor="end">{digits(plot.ends[2], 2)}</text>
            <text x={plot.x(0)} y={HEIGHT - 10} text-anchor="middle">0</text>
            <text x={WIDTH - 8} y={HEIGHT - 10} text-anchor="end">{digits(plot.ends[1], 2)}</text>
            <path class="curve" d={plot.path} />
            {others.map(({ title, points }, i) =>
              points.filter(({ beta }) => beta > 0).map(({ beta, rate, distortion }) => (
                <circle class={`rival ${MARKS[i]}`} cx={plot.x(rate)} cy={plot.y(distortion)} r="3.4">
                  <title>{`${title}, β = ${markText(beta)}: rate ${natsText(rate)}, distortion ${digits(distortion)}`}</title>
                </circle>
              )),
            )}
            {curve.length <= 40 && curve.filter(({ beta }) => beta > 0).map(({ beta, rate, distortion }) => (
              <circle class="member" cx={plot.x(rate)} cy={plot.y(distortion)} r="2.2">
                <title>{`β = ${markText(beta)}: rate ${natsText(rate)}, distortion ${digits(distortion)}`}</title>
              </circle>
            ))}
            {here && <circle class="here" cx={plot.x(here.rate)} cy={plot.y(here.distortion)} r="6.5" />}
          </>
        )}
        <text class="over" x={WIDTH - 6} y="16" text-anchor="end">up: distortion ({source.unit})</text>
      </svg>
      {here && <p class="caption figure">{boundOf(here, source)}</p>}
    </Panel>
  );
}

/** −ELBO and what it is made of, where the likelihood is one; without it there is no such bound. */
export function boundOf({ rate, distortion, negativeElbo, measured }: Moment, { unit, averaged }: Source) {
  const about = [measured ? "" : "≈ between two measured β", averaged].filter(Boolean).join("; ");
  const said = about && ` · ${about}`;
  if (!Number.isFinite(negativeElbo)) return `distortion ${digits(distortion)} ${unit} · rate ${natsText(rate)} nats${said}`;
  const constants = negativeElbo - rate - distortion;
  const third = Math.abs(constants) < NEGLIGIBLE ? "" : ` ${constants < 0 ? "−" : "+"} constants ${digits(Math.abs(constants))}`;
  return <>−ELBO <b>{digits(negativeElbo)}</b> nats = distortion {digits(distortion)} + rate {natsText(rate)}{third}{said}</>;
}

const LIVING = 0.05; // nats: below it a bar is a stub

/** Bars that die and wake up, by the root of their nats, so that one of a tenth is still seen; the axis only ever grows,
 * so that they can be compared while β moves. */
export function KlBars({ source }: { source: Source }) {
  const moment = useSignal(source.moment);
  const top = useRef({ of: source, high: 4 });
  if (top.current.of !== source) top.current = { of: source, high: 4 };
  const kl = moment?.kl ?? new Float32Array();
  if (moment && moment.beta > 0) top.current.high = Math.max(top.current.high, ...kl);
  const [height, step] = [120, (WIDTH - LEFT) / Math.max(1, kl.length)];
  const rise = (nats: number) => Math.sqrt(Math.min(1, nats / top.current.high)) * (height - 10);
  const thick = Math.min(40, 0.68 * step);
  const silent = [...kl].filter((nats) => nats < LIVING).length;
  const words = Array.from(kl, (nats, d) => `${dimension(d)} ${nats.toFixed(2)}`).join(", ");
  return (
    <Panel title="KL per dimension" text={`in nats${moment?.measured === false ? ", ≈ between two measured β" : ""}; ${silent ? `${silent === 1 ? "one dimension says" : `${silent} dimensions say`} less than ${LIVING} nats` : "all dimensions speak"}`}>
      <svg class="lab-plot" viewBox={`0 0 ${WIDTH} ${height + 22}`} role="img" aria-label={`KL in nats: ${words}`}>
        {[0.25, 1, 4, 16].filter((nats) => nats <= top.current.high).map((nats) => (
          <>
            <path class="frame" d={`M${LEFT} ${height - rise(nats)}H${WIDTH}`} />
            <text x={LEFT - 6} y={height - rise(nats) + 4} text-anchor="end">{nats}</text>
          </>
        ))}
        {Array.from(kl, (nats, d) => {
          const tall = nats < LIVING ? 1.5 : rise(nats);
          const x = LEFT + (d + 0.5) * step;
          return (
            <g key={d}>
              <rect class={nats < LIVING ? "dead" : "alive"} x={x - thick / 2} y={height - tall} width={thick} height={tall} rx="2">
                <title>{`${dimension(d)}: ${nats.toFixed(2)} nats`}</title>
              </rect>
              {kl.length <= 16 && <text x={x} y={height + 15} text-anchor="middle">{dimension(d)}</text>}
            </g>
          );
        })}
      </svg>
    </Panel>
  );
}

/** A figure of disentanglement against β, and where it peaks. */
export function MeasurePlot({ source, measure, studied }: { source: Source; measure: Measure; studied?: Studied | null }) {
  const moment = useSignal(source.moment);
  const plot = useMemo(() => {
    const points = measure.points.filter(({ beta }) => beta > 0);
    const [low, high] = [Math.log(points[0].beta), Math.log(points.at(-1)!.beta)];
    const x = (beta: number) => LEFT + ((Math.max(low, Math.min(high, Math.log(beta))) - low) / (high - low || 1)) * (WIDTH - LEFT - 12);
    const others = studied?.measures[measure.name] ?? [];
    const top = Math.max(0.1, ...[...points, ...others].map(({ value }) => value)) * 1.08;
    const y = (value: number) => 10 + (1 - value / top) * 84;
    return { points, others, x, y, best: highest(points) };
  }, [measure, studied]);
  const { points, others, x, y, best } = plot;
  const beside = others.length ? ` · rings: ${studied!.title}, ${peak(highest(others))}` : "";
  return (
    <Panel title={`${measure.title} against β`} text={peak(best) + beside}>
      <svg class="lab-plot" viewBox={`0 0 ${WIDTH} 116`} role="img" aria-label={`${measure.title}: ${listed(points)}${others.length ? `; ${studied!.title}: ${listed(others)}` : ""}`}>
        <path class="frame" d={`M${LEFT} 6V94H${WIDTH - 6}`} />
        <path class="curve" d={points.map(({ beta, value }, i) => `${i ? "L" : "M"}${x(beta)} ${y(value)}`).join("")} />
        {points.map(({ beta, value }) => <circle class="member" cx={x(beta)} cy={y(value)} r="2.2" />)}
        <circle class="rival" cx={x(best.beta)} cy={y(best.value)} r="4" />
        {others.map(({ beta, value }) => <circle class="rival ring" cx={x(beta)} cy={y(value)} r="3" />)}
        {moment && moment.beta > 0 && <path class="now" d={`M${x(moment.beta)} 8V94`} />}
        <text x={LEFT} y="110">{markText(points[0].beta)}</text>
        <text x={WIDTH - 8} y="110" text-anchor="end">β {markText(points.at(-1)!.beta)}</text>
        <text x={LEFT - 4} y={y(best.value) + 4} text-anchor="end">{best.value.toFixed(2)}</text>
        <text x={LEFT - 4} y="94" text-anchor="end">0</text>
      </svg>
    </Panel>
  );
}

const listed = (points: Measured[]) => points.map(({ beta, value }) => `${value.toFixed(2)} at β = ${markText(beta)}`).join(", ");
const highest = (points: Measured[]) => points.reduce((a, b) => (b.value > a.value ? b : a));
const peak = ({ beta, value }: Measured) => `highest at β = ${markText(beta)}: ${value.toFixed(2)}`;
