/** The β slider: a log axis, 0 at its left end where there is one, trained β as ticks that it stops at. */

import { useRef } from "preact/hooks";
import { betaText, marksOf, markText, type Scale } from "./axis";

const STEPS = 1000;
const NEAR = 0.004; // share of the axis within which a tick catches the hand

/** The nearest tick, where one is near. */
export function caught(place: number, scale: Scale, ticks: number[]): number {
  const near = ticks.find((tick) => Math.abs(scale.of(tick) - place) < NEAR);
  return near ?? scale.at(place);
}

export function BetaSlider(props: {
  scale: Scale;
  beta: number;
  ticks?: number[];
  disabled?: boolean;
  onTurn(beta: number, stamp: number): void;
  onSettle?(beta: number): void;
}) {
  const { scale, beta, ticks = [] } = props;
  const place = scale.of(beta);
  const input = useRef<HTMLInputElement>(null);
  const held = useRef(false); // by a pointer: ticks catch a hand, and would not let an arrow key go
  const at = () => {
    const there = input.current!.valueAsNumber / STEPS;
    return held.current ? caught(there, scale, ticks) : scale.at(there);
  };
  /** Page keys go from one trained β to the next. */
  const jump = (event: KeyboardEvent) => {
    const up = event.key === "PageUp";
    if (!ticks.length || (!up && event.key !== "PageDown")) return;
    event.preventDefault();
    const next = up ? ticks.find((tick) => scale.of(tick) > place + 1e-6) : ticks.findLast((tick) => scale.of(tick) < place - 1e-6);
    if (next === undefined) return;
    props.onTurn(next, event.timeStamp);
    props.onSettle?.(next);
  };
  return (
    <div class="beta-slider">
      <input
        ref={input}
        type="range"
        aria-label="β"
        title={ticks.length ? "What a nat of code costs. Page up and page down go from one trained β to the next." : "What a nat of code costs."}
        aria-valuetext={`β = ${betaText(beta)}`}
        style={`--share:${place * 100}%`}
        {...{ min: 0, max: STEPS, step: 1, value: Math.round(place * STEPS), disabled: props.disabled }}
        onPointerDown={() => (held.current = true)}
        onInput={(event) => props.onTurn(at(), event.timeStamp)}
        onChange={() => props.onSettle?.(at())}
        onKeyDown={(event) => {
          held.current = false;
          jump(event);
        }}
      />
      <div class="axis" aria-hidden="true">
        {ticks.map((tick) => <i style={{ left: `${100 * scale.of(tick)}%` }} />)}
        {marksOf(scale).map((mark) => <span style={{ left: `${100 * scale.of(mark)}%` }}>{markText(mark)}</span>)}
      </div>
    </div>
  );
}
