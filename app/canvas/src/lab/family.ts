/** A family of models along β: every frame of it is decoded by the worker, everything else lies between two knots. */

import { sizeOf } from "../examples/kinds";
import type { Data, Part } from "../card";
import type { Facts } from "../facts";
import { lerp, normal } from "../maths";
import * as meter from "../meter";
import { Latest, runPart } from "../models";
import type { Originals } from "../originals";
import type { Fed, Input, Next } from "../worker";
import { Fresh } from "./fresh";
import { BUDGET, budgetAfter, detailFor, FULL, gridCodes, SAMPLES, SHOWN, traversalCodes } from "./frame";
import { framesOf, Maps } from "./maps";
import type { MapName, Measure, Moment, Pixels, RatePoint, Source } from "./moment";
import { Signal } from "./signal";
import { deadOf } from "./statistics";

/** K models' codes of the same N examples. */
export interface Knots {
  count: number; // K
  rows: number; // N
  mu: Float32Array; // (K, N, D)
  logvar: Float32Array | null; // (K, N, D)
}

/** Between which knots a β lies. */
export interface Spot {
  k: number;
  t: number; // 0 to 1, below 1 but at the last knot
}

export interface Figures {
  rate: number;
  distortion: number;
  kl: Float32Array; // (D)
  measured: boolean; // at this very β
}

/** What distortions are measured on, and by what. */
export interface Basis {
  examples: string;
  likelihood: string;
  binarise: string;
}

/** What two families have in common whose distortions can be compared. */
export function basisOf({ examples, likelihood, binarise }: Partial<Basis>): string {
  return [examples, likelihood, binarise].join(" ");
}

/** What tells one way from the other. */
export interface Way {
  url: string;
  data: Data;
  dim: number;
  facts: Facts;
  unit: string;
  basis: string; // the same where distortions can be compared
  constants: number | null; // nats beside rate and distortion in −ELBO; null where the likelihood is none
  curve: RatePoint[];
  range: [low: number, high: number];
  hasZero: boolean;
  ticks: number[];
  measures: Measure[];
  knots: Knots;
  knotBetas: number[]; // (K)
  maps: Map<MapName, Float32Array>; // (K, N, 2), the usual one first
  encoder: Part;
  decoder: Part;
  weights: string;
  originals: Originals | null;
  locate(beta: number): Spot;
  figures(beta: number, spot: Spot): Figures;
  /** What the graphs are fed beside x or z. */
  fed(spot: Spot): Fed | undefined;
  condition(beta: number): number | undefined;
  /** @param fresh Whether the map's codes were encoded at this very β. */
  label(beta: number, spot: Spot, fresh: boolean): string;
}

const REST = 160; // ms after the last move

interface Asked {
  beta: number;
  stamp: number;
  moving: boolean;
}

export class Family implements Source {
  readonly moment = new Signal<Moment | null>(null);
  readonly failed = new Signal("");
  readonly originals = new Signal<Pixels | null>(null);
  readonly curve: Signal<RatePoint[]>;
  private readonly plans: Maps;
  private readonly shown: number[];
  private readonly noise: Float32Array; // (SAMPLES, D)
  private readonly fresh: Fresh;
  private cost = 0; // ms a decoded example, learnt
  private budget = BUDGET;
  private asked?: Asked;
  private timer = 0;
  private gone = false;
  private readonly latest: Latest<Asked, Moment>;

  constructor(readonly way: Way) {
    const random = normal(1);
    this.noise = Float32Array.from({ length: SAMPLES * way.dim }, random);
    this.shown = framesOf(way.facts.label, way.knots.rows, SHOWN);
    this.curve = new Signal(way.curve);
    this.plans = new Maps(way);
    this.fresh = new Fresh(way, (x, beta) => this.encode(x, beta));
    this.latest = new Latest(
      (asked) => this.make(asked),
      (moment, { stamp }) => {
        this.failed.value = "";
        this.moment.value = moment;
        if (stamp) queueMicrotask(() => (this.budget = budgetAfter(this.budget, meter.note(stamp)))); // behind the panels, which are painted in one
      },
      (error) => (this.failed.value = error.message),
    );
    const shown = () => {
      if (this.gone) return;
      const x = this.fresh.rows(this.shown);
      if (x) this.originals.value = { x, count: this.shown.length };
      if (this.asked) this.turn(this.asked.beta);
    };
    this.fresh.load().then(shown, (error: Error) => (this.failed.value = error.message));
  }

  get data() { return this.way.data; }
  get facts() { return this.way.facts; }
  get dim() { return this.way.dim; }
  get unit() { return this.way.unit; }
  get range() { return this.way.range; }
  get hasZero() { return this.way.hasZero; }
  get ticks() { return this.way.ticks; }
  get measures() { return this.way.measures; }
  get map() { return this.plans.name; }
  get maps() { return this.plans.names; }

  choose(map: MapName): void {
    this.plans.name = map;
    if (this.asked) this.turn(this.asked.beta);
  }

  directions() { return this.plans.directions(this.spot); }
  origin() { return this.plans.origin(this.spot); }

  original(row: number): Pixels | null {
    const x = this.fresh.rows([row]);
    return x && { x, count: 1 };
  }

  private get spot(): Spot {
    return this.way.locate(this.asked?.beta ?? this.way.range[0]);
  }

  /** Turns β; the panels follow in the frame in which the worker has answered.
   *
   * @param stamp `timeStamp` of the event that asks for it.
   */
  turn(beta: number, stamp = 0): void {
    if (this.gone) return;
    this.fresh.stop();
    window.clearTimeout(this.timer);
    this.asked = { beta, stamp, moving: stamp > 0 };
    this.latest.ask(this.asked);
    this.timer = window.setTimeout(() => void this.rest(), REST);
  }

  /** Everything at its finest, and the map's codes encoded anew where they lie between knots. */
  private async rest(): Promise<void> {
    const { beta } = this.asked!;
    this.latest.ask((this.asked = { beta, stamp: 0, moving: false }));
    try {
      if (await this.fresh.encode(beta, this.way.locate(beta))) this.latest.ask(this.asked);
      if (this.gone) return;
      if ((await this.fresh.fill()) && !this.asked.moving) this.latest.ask(this.asked); // what the sweep stores, and a multi-rate bundle does not
    } catch (error) {
      this.failed.value = (error as Error).message;
    }
  }

  /** Inputs of a graph: some rows, and β where it is told. */
  private inputs(beta: number, data: Float32Array, shape: number[]): [Input, ...Input[]] {
    const told = this.way.condition(beta);
    const beside: Input[] = told === undefined ? [] : [{ data: new Float32Array(shape[0]).fill(told), shape: [shape[0], 1] }];
    return [{ data, shape }, ...beside];
  }

  private run(part: Part, beta: number, inputs: Input[], next?: Next) {
    const { url, weights } = this.way;
    return runPart({ url, part, weights, functions: 2, fed: this.way.fed(this.way.locate(beta)) }, inputs, false, next);
  }

  private examples(beta: number, x: Float32Array): Input[] {
    const { data } = this.way;
    return this.inputs(beta, x, [x.length / sizeOf(data), ...data.shape]);
  }

  /** Means and log-variances of some examples, shape (rows, D) each, at a β. */
  private async encode(x: Float32Array, beta: number): Promise<Float32Array[]> {
    return (await this.run(this.way.encoder, beta, this.examples(beta, x))).outputs;
  }

  private async make({ beta, moving }: Asked): Promise<Moment> {
    const { way, dim } = this;
    const [spot, detail] = [way.locate(beta), moving ? detailFor(this.cost, dim, this.budget) : FULL];
    const codes = this.codesAt(beta, spot);
    const figures = way.figures(beta, spot);
    const window = this.plans.window(spot);
    const strips = traversalCodes(codes.mu, figures.kl, dim, detail.steps);
    const grid = dim === 2 ? gridCodes(window, detail.side) : new Float32Array();
    const images = await this.decode(beta, codes.mu, strips.codes, [this.noise.subarray(0, detail.samples * dim), grid]);
    return {
      beta,
      label: way.label(beta, spot, codes.fresh),
      positions: this.plans.positions(spot, codes.fresh ? codes.mu : null),
      mu: codes.mu,
      logvar: codes.logvar,
      reconstructions: images[0],
      traversals: images[1],
      samples: images[2],
      traversed: strips.dims,
      manifold: dim === 2 ? images[3] : null,
      window,
      ...figures,
      negativeElbo: way.constants === null ? NaN : figures.rate + figures.distortion + way.constants,
      active: dim - deadOf({ mu: codes.mu, kl: figures.kl }, dim).length,
    };
  }

  /** Codes of all examples: encoded at this β, or between knots. */
  private codesAt(beta: number, { k, t }: Spot): { mu: Float32Array; logvar: Float32Array | null; fresh: boolean } {
    const known = this.fresh.at(beta);
    if (known) return { ...known, fresh: true };
    const { mu, rows } = this.way.knots;
    const size = rows * this.dim;
    const logvar = this.fresh.logvar;
    return { mu: lerp(mu, k, t, size), logvar: logvar && lerp(logvar, k, t, size), fresh: false };
  }

  /** Decodes the examples that are reconstructed, strips through the first of them, and more, in one request.
   *
   * Their codes are exact where the originals are at hand: the worker encodes them first. */
  private async decode(beta: number, mu: Float32Array, strips: Float32Array, more: Float32Array[]): Promise<Pixels[]> {
    const { dim, way } = this;
    const x = this.originals.value?.x;
    const shown = new Float32Array(this.shown.length * dim).fill(NaN);
    if (!x) this.shown.forEach((row, i) => shown.set(mu.subarray(row * dim, (row + 1) * dim), i * dim));
    const lots = [shown, x ? strips : strips.map((value, i) => (Number.isNaN(value) ? shown[i % dim] : value)), ...more];
    const z = new Float32Array(lots.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const lot of lots) z.set(lot, (at += lot.length) - lot.length);
    const rows = z.length / dim;
    const inputs = this.inputs(beta, z, [rows, dim]);
    const of = Int32Array.from({ length: rows }, (_, row) => (row < this.shown.length ? row : 0));
    const answer = x
      ? await this.run(way.encoder, beta, this.examples(beta, x), { part: way.decoder, inputs, of })
      : await this.run(way.decoder, beta, inputs);
    this.cost = this.cost ? 0.8 * this.cost + (0.2 * answer.ms) / rows : answer.ms / rows;
    const [decoded, size] = [answer.outputs.at(-1)!, sizeOf(this.data)];
    let row = 0;
    return lots.map(({ length }) => {
      const count = length / dim;
      row += count;
      return { x: decoded.subarray((row - count) * size, row * size), count };
    });
  }

  dispose(): void {
    this.gone = true;
    window.clearTimeout(this.timer);
    this.latest.cancel();
    this.fresh.stop();
  }
}
