/** What lies between two ends: the time on the path, and what a cross-fade would show there. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { nounsOf } from "../examples/kinds";
import { Button, Slider, Picture } from "../parts/kit";
import { fadedAt } from "../paths";
import type { Scene } from "../scene";
import type { End } from "./ends";
import type { Shown } from "./strips";

/** Moves t by hand, or there and back by itself; ``onRest`` where it stops. */
export function Player(props: { t: number; seconds: number; onTime(t: number, stamp?: number): void; onRest(): void; onSeconds(value: number): void }) {
  const { t, seconds, onTime } = props;
  const [playing, play] = useState(false);
  useEffect(() => {
    if (!playing) return;
    let [phase, last, asked] = [t, 0, 0];
    const frame = (now: number) => {
      phase = (phase + (last ? now - last : 0) / 1000 / seconds) % 2;
      last = now;
      onTime(phase < 1 ? phase : 2 - phase);
      asked = requestAnimationFrame(frame);
    };
    asked = requestAnimationFrame(frame);
    return () => cancelAnimationFrame(asked);
  }, [playing, seconds]);
  const toggle = () => {
    play(!playing);
    if (playing) props.onRest();
  };
  return (
    <div class="player" onChange={props.onRest}>
      <Slider
        name="t, from A to B"
        label="t"
        note="0 is A, 1 is B"
        help="Where on the path: both paths are decoded here."
        value={t}
        min={0}
        max={1}
        step={0.005}
        say={(value) => value.toFixed(2)}
        onInput={(value, { timeStamp }) => {
          play(false);
          onTime(value, timeStamp);
        }}
      />
      <div class="actions">
        <Button main title={playing ? "Pause" : "Play"} help="From A to B and back, for ever." onClick={toggle} />
        <Slider
          name="Seconds from A to B"
          label="A to B in"
          help="How long one way takes; saved films take as long."
          value={seconds}
          min={0.5}
          max={6}
          step={0.5}
          say={(value) => `${value} s`}
          onInput={props.onSeconds}
        />
      </div>
    </div>
  );
}

/** For comparison: what a film editor would do, between the two examples that it joins. */
export function Fade({ scene, path, t, ends }: { scene: Scene; path: Shown; t: number; ends: [End, End] }) {
  const { xa, xb, originals, names } = path;
  const { data } = scene.card;
  const nouns = nounsOf(data);
  const now = useMemo(() => (xa && xb ? fadedAt(xa, xb, [t]) : undefined), [xa, xb, t]);
  const about = ([name, end]: [string, End]) => (end.exact ? name : <em title="This map has no inverse: z is estimated from the eight nearest codes.">approximate</em>);
  return (
    <>
      <div class="fade">
        <figure>
          <Picture x={xa} data={data} label={`A: ${names[0]}`} />
          <figcaption>A · {about([names[0], ends[0]])}</figcaption>
        </figure>
        <figure>
          <Picture x={now} data={data} label={`The cross-fade at t = ${t.toFixed(2)}`} />
          <figcaption>cross-fade</figcaption>
        </figure>
        <figure>
          <Picture x={xb} data={data} label={`B: ${names[1]}`} />
          <figcaption>B · {about([names[1], ends[1]])}</figcaption>
        </figure>
      </div>
      <p class="caption">
        The cross-fade mixes the {nouns.parts} of {originals ? "the two originals" : "the two decoded ends (there is no original of one of them)"}: no model has a part in it.
      </p>
    </>
  );
}
