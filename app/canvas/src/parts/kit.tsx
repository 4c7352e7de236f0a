/** Controls and frames that every page shares; each control says in one line what it does to the model. */

import { Component, type ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { easel, paint, wipe } from "../examples/paint";
import type { Data } from "../scene";

interface Choice<T> {
  value: T;
  title: string;
}

/** One of a few, all in sight. */
export function Segment<T extends string>(props: {
  label: string;
  help?: string;
  choices: Choice<T>[];
  value: T;
  onChange(value: T): void;
}) {
  return (
    <div class="segment" role="radiogroup" aria-label={props.label} title={props.help}>
      {props.choices.map(({ value, title }) => (
        <label class={value === props.value ? "on" : ""}>
          <input
            type="radio"
            name={props.label}
            checked={value === props.value}
            onChange={() => props.onChange(value)}
          />
          {title}
        </label>
      ))}
    </div>
  );
}

/** One of many. */
export function Pick<T extends string>(props: {
  label: string;
  help?: string;
  choices: Choice<T>[];
  value: T;
  onChange(value: T): void;
  /** Whether the label stands before the choice. */
  named?: boolean;
  /** Whether it is as wide as what is chosen. */
  fitting?: boolean;
}) {
  return (
    <label class="pick" title={props.help}>
      <span class={props.named ? "" : "unseen"}>{props.label}</span>
      <select class={props.fitting ? "fitting" : ""} value={props.value} onChange={(event) => props.onChange(event.currentTarget.value as T)}>
        {props.choices.map(({ value, title }) => (
          <option value={value} selected={value === props.value}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Something that is on or off. */
export function Chip(props: { title: string; help?: string; on: boolean; disabled?: boolean; onChange(on: boolean): void }) {
  return (
    <button
      type="button"
      class={`chip ${props.on ? "on" : ""}`}
      aria-pressed={props.on}
      disabled={props.disabled}
      title={props.help}
      onClick={() => props.onChange(!props.on)}
    >
      {props.title}
    </button>
  );
}

/** A quantity that acts while it moves. */
export function Slider(props: {
  label: ComponentChildren;
  name: string; // the label as text
  help?: string;
  value: number;
  min: number;
  max: number;
  step: number;
  say?(value: number): string;
  /** Says so beside the label: a dimension that carries nothing. */
  note?: string;
  onInput(value: number, event: Event): void;
  onChange?(value: number): void;
}) {
  const { value, min, max, say = String } = props;
  return (
    <label class="slider" title={props.help}>
      <span class="name">{props.label}</span>
      {props.note && <span class="note">{props.note}</span>}
      <output class="number">{say(value)}</output>
      <input
        type="range"
        aria-label={props.name}
        aria-valuetext={say(value)}
        style={`--share:${((value - min) / (max - min)) * 100}%`}
        {...{ value, min, max, step: props.step }}
        onInput={(event) => props.onInput(event.currentTarget.valueAsNumber, event)}
        onChange={(event) => props.onChange?.(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}

export function Button(props: {
  title: string;
  help?: string;
  main?: boolean;
  disabled?: boolean;
  onClick(): void;
}) {
  return (
    <button
      type="button"
      class={props.main ? "button main" : "button"}
      title={props.help}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.title}
    </button>
  );
}

/** A calm panel with a heading, and what there is to know about it. */
export function Panel(props: { title?: string; text?: ComponentChildren; class?: string; children?: ComponentChildren }) {
  return (
    <section class={`panel ${props.class ?? ""}`} aria-label={props.title}>
      {props.title && <h2>{props.title}</h2>}
      {props.text && <p class="caption">{props.text}</p>}
      <Fence>{props.children}</Fence>
    </section>
  );
}

/** Names and values in two columns. */
export function Facts(props: { facts: [name: string, value: ComponentChildren][] }) {
  return (
    <dl class="facts">
      {props.facts.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd class="number">{value}</dd>
        </>
      ))}
    </dl>
  );
}

/** A sentence where something went wrong or is not there; the rest of the page lives. What is between backticks is code. */
export function Notice(props: { title: string; text: string; failed?: boolean }) {
  return (
    <div class={`notice ${props.failed ? "failed" : ""}`} role={props.failed ? "alert" : "status"}>
      <strong>{props.title}</strong>
      <p>{props.text.split("`").map((part, i) => (i % 2 ? <code>{part}</code> : part))}</p>
    </div>
  );
}

/** Keeps a failure of one part from taking the page with it; ``above`` stays in sight then. */
export class Fence extends Component<{ above?: ComponentChildren; children?: ComponentChildren }, { error?: Error }> {
  override state: { error?: Error } = {};

  static override getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidCatch(error: Error) {
    console.warn(error); // for whoever looks for the cause
  }

  render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <>
        {this.props.above}
        <Notice failed title="This part has failed" text={error.message} />
      </>
    );
  }
}

/** One example: row ``row`` of some. */
export function Picture(props: {
  x?: Float32Array;
  data: Data;
  row?: number;
  /** What it should have been, one example: shown faintly behind it where the kind of data can. */
  behind?: Float32Array;
  label: string;
  class?: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  // Before the frame is drawn: some of these move with the hand.
  useLayoutEffect(() => {
    if (props.x) paint(canvas.current!, props.x, props.data, props.row, props.behind);
    else wipe(canvas.current!);
  }, [props.x, props.row, props.data, props.behind]);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={props.label}
      class={`picture ${props.class ?? ""} ${props.x ? "" : "waiting"}`}
      {...easel(props.data)}
    />
  );
}

/** What a promise gives, once it does; asked again, and nothing until then, when a dependency changes. */
export function usePromise<T>(make: () => Promise<T>, dependencies: unknown[]): { value?: T; error?: Error } {
  const [settled, settle] = useState<{ value?: T; error?: Error; of?: unknown[] }>({});
  useEffect(() => {
    let current = true;
    make().then(
      (value) => current && settle({ value, of: dependencies }),
      (error: Error) => current && settle({ error, of: dependencies }),
    );
    return () => {
      current = false;
    };
  }, dependencies);
  return settled.of?.every((each, i) => Object.is(each, dependencies[i])) ? settled : {};
}

/** The same, but what there was stays until the next is there, as long as it is of the ``same`` things. */
export function useSteady<T>(make: () => Promise<T>, dependencies: unknown[], same: unknown[]): { value?: T; error?: Error } {
  const now = usePromise(make, dependencies);
  const kept = useRef<{ value: T; same: unknown[] }>(undefined);
  if (now.value !== undefined) kept.current = { value: now.value, same };
  const still = kept.current?.same.every((each, i) => Object.is(each, same[i]));
  return now.value === undefined && !now.error && still ? { value: kept.current!.value } : now;
}

/** A number as people read it: three significant digits, a true minus. */
export function digits(value: number, count = 3): string {
  if (!Number.isFinite(value)) return "–";
  const places = Math.max(0, count - 1 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return signed(value.toFixed(Math.min(places, 6)));
}

/** A text with a true minus sign. */
export function signed(text: string): string {
  return text.replace("-", "−");
}
