/** Ways 1 and 2: a family that the slider turns. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Host } from "../host";
import { Notice, usePromise } from "../parts/kit";
import { scaleOf } from "./axis";
import type { Entry, LabData } from "./catalogue";
import type { Family } from "./family";
import { BetaHead } from "./head";
import type { Signal } from "./signal";
import { useSignal } from "./moment";
import { loadMultiRate } from "./multirate";
import { Panels, type Rival } from "./panels";
import { rivalsOf, type WayName } from "./rivals";
import { BetaSlider } from "./slider";
import { loadSweep } from "./sweep";

const GLIDE = 600; // ms from one β to a preset's

export interface TurnedProps {
  host: Host;
  way: Exclude<WayName, "live">;
  entry: LabData;
  chosen: Entry;
  /** What β is first. */
  beta: number;
  /** A β that a preset asks for; null once it is acted on. */
  preset: Signal<number | null>;
  /** Which β can be had, for the presets; and which one is. */
  onRange(within: (beta: number) => boolean): void;
  onBeta(beta: number): void;
}

export function Turned(props: TurnedProps) {
  const { way, chosen, entry } = props;
  const { value: family, error } = usePromise(() => (way === "sweep" ? loadSweep(chosen.url) : loadMultiRate(chosen.url)), [way, chosen.url]);
  useEffect(() => props.onRange(() => false), []); // until it is there
  const { value: others } = usePromise(() => (family ? rivalsOf(way, entry, family.way).catch(() => []) : Promise.resolve([])), [family]);
  if (error) return <Notice failed title={`${chosen.title} cannot be shown`} text={error.message} />;
  if (!family) return <div class="panel skeleton" aria-busy="true" />;
  return <Shown key={chosen.url} {...props} {...{ family, others }} />;
}

function Shown({ host, entry: { studied }, family, others, beta: first, preset, onRange, onBeta }: TurnedProps & { family: Family; others?: Rival[] }) {
  const scale = useMemo(() => scaleOf(family.range, family.hasZero), [family]);
  const [low, high] = [family.hasZero ? 0 : family.range[0], family.range[1]];
  const [beta, setBeta] = useState(() => Math.min(high, Math.max(low, first)));
  const gliding = useRef(0);
  const now = useRef(beta);
  const asked = useSignal(preset);
  const turn = (to: number, stamp: number) => {
    now.current = to;
    setBeta(to);
    family.turn(to, stamp);
  };
  useLayoutEffect(() => {
    onRange((value) => value >= low && value <= high);
    family.turn(now.current);
    return () => family.dispose();
  }, [family]);
  useEffect(() => {
    if (asked === null) return;
    preset.value = null;
    if (asked < low || asked > high) return; // it was asked of the family before
    const [from, to, since] = [scale.of(now.current), scale.of(asked), performance.now()];
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    cancelAnimationFrame(gliding.current);
    const step = (time: number) => {
      const t = calm ? 1 : Math.min(1, Math.max(0, (time - since) / GLIDE));
      turn(t === 1 ? asked : scale.at(from + (to - from) * t * t * (3 - 2 * t)), t === 1 ? 0 : time);
      if (t < 1) gliding.current = requestAnimationFrame(step);
      else onBeta(asked);
    };
    gliding.current = requestAnimationFrame(step);
  }, [asked]);
  useEffect(() => () => cancelAnimationFrame(gliding.current), []);
  const panels = useMemo(() => <Panels {...{ host, others, studied }} source={family} />, [host, family, others]); // they listen to the source alone
  return (
    <>
      <BetaHead source={family} beta={beta}>
        <BetaSlider
          {...{ scale, beta, ticks: family.ticks }}
          onTurn={(to, stamp) => {
            cancelAnimationFrame(gliding.current);
            turn(to, stamp);
          }}
          onSettle={onBeta}
        />
      </BetaHead>
      {panels}
    </>
  );
}
