/** The recording of a training: its rate, distortion and β, frame by frame, and a handle to look at any of them again. */

import { useEffect, useState } from "preact/hooks";
import { Button, digits } from "../parts/kit";
import { betaText, natsText } from "./axis";
import type { Live } from "./live";
import { useSignal } from "./moment";
import type { Passed } from "./wire";

const [WIDTH, HEIGHT] = [1000, 64];
const DRAWN = 400; // points of a line
const REPLAY = 80; // ms a frame

type Line = "distortion" | "rate" | "beta";
const LINES: Line[] = ["distortion", "rate", "beta"];

/** A line through the frames, as a path: the lowest value at the bottom, a rate's and β's 0 there. */
export function lineOf(trace: Passed[], name: Line): string {
  const every = Math.max(1, Math.ceil(trace.length / DRAWN));
  const values = trace.map((passed) => passed[name]);
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const scaled = (value: number) => (name === "beta" ? Math.log1p(10 * value) : value); // 0.1 and 100 are both seen
  const [low, high] = [name === "distortion" ? Math.min(...known) : 0, Math.max(...known.map(scaled), 1e-9)];
  const last = Math.max(1, trace.length - 1);
  let path = "";
  values.forEach((value, i) => {
    if (value === null || !Number.isFinite(value) || (i % every && i !== values.length - 1)) return;
    const x = (i / last) * WIDTH;
    const y = HEIGHT - 2 - ((scaled(value) - low) / (high - low || 1)) * (HEIGHT - 4);
    path += `${path ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return path;
}

export function Scrub({ live, going }: { live: Live; going: boolean }) {
  const trace = useSignal(live.trace);
  const at = useSignal(live.at);
  const [playing, setPlaying] = useState(false);
  const last = trace.length - 1;
  const place = at ?? last;
  useEffect(() => {
    if (!playing) return;
    const timer = window.setInterval(() => {
      const next = (live.at.value ?? -1) + 1;
      const end = next >= live.trace.value.length - 1;
      live.look(end ? null : next);
      if (end) setPlaying(false);
    }, REPLAY);
    return () => clearInterval(timer);
  }, [playing, live]);
  if (last < 1) return null;
  const here = trace[place];
  const step = `step ${here.step.toLocaleString("en")}`;
  return (
    <div class="scrub">
      <div class="track">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={live.moves ? "Distortion and rate over the recording" : "Distortion, rate and β over the recording"}>
          {LINES.map((name) => (
            <path class={name} d={lineOf(trace, name)} />
          ))}
          {at !== null && <path class="here" d={`M${(place / last) * WIDTH} 0V${HEIGHT}`} />}
        </svg>
        <input
          type="range"
          aria-label="Recording"
          aria-valuetext={at === null ? `${step}, the newest` : step}
          style={`--share:${(place / last) * 100}%`}
          min={0}
          max={last}
          step={1}
          value={place}
          onInput={(event) => {
            setPlaying(false);
            const to = event.currentTarget.valueAsNumber;
            if (live.at.value === null) void live.refresh().catch(() => {}); // those skipped, too
            live.look(to >= last ? null : to);
          }}
        />
      </div>
      <div class="read">
        <ul class="terms number">
          <li class="distortion">
            distortion <b>{digits(here.distortion ?? NaN)}</b>{live.moves ? "" : " nats"}
          </li>
          {here.rate !== null && (
            <li class="rate">
              rate <b>{natsText(here.rate)}</b> nats
            </li>
          )}
          {here.beta !== null && <li class="beta">
            β <b>{betaText(here.beta ?? NaN)}</b> · β × rate <b>{natsText((here.beta ?? NaN) * (here.rate ?? NaN))}</b> nats
          </li>}
        </ul>
        <div class="replay">
          <Button
            title={playing ? "Halt" : "Replay"}
            help="Shows the recording from its beginning."
            onClick={() => {
              if (!playing) live.look(0);
              setPlaying(!playing);
            }}
          />
          {at !== null && (
            <Button
              title={going ? "To now" : "To the end"}
              help="The newest frame again."
              onClick={() => {
                setPlaying(false);
                live.look(null);
              }}
            />
          )}
        </div>
      </div>
    </div>
  );
}
