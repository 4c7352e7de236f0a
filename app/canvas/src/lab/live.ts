/** A training that runs now, as a way to turn β: its newest frame, or one of its recording, drives every panel. */

import type { Data } from "../card";
import type { Facts } from "../facts";
import { numbersIn, sizeOf } from "../examples/kinds";
import { scaleBy } from "../examples/series";
import { quantile } from "../maths";
import { Latest } from "../models";
import { basisOf } from "./family";
import { cellsOf, factsIn, readFrame, type Dials, type Frame, type Manifest } from "./frames";
import type { MapName, Moment, Pixels, RatePoint, Source, Window } from "./moment";
import { planeOf, type Plane } from "./plane";
import { Signal } from "./signal";
import type { Jobs, Passed } from "./wire";

const KEPT = 240; // frames at hand for scrubbing, about 45 kB each
const FRAME = 17; // ms
const QUICK = [60, 220]; // ms that points travel from a frame to the next
const BETWEEN = 30; // ms between two pictures of their way
const BUSY = 3; // times what a picture takes lie between two of them: the training needs the machine too
const SETTLED = 50; // steps after which the rate–distortion trace begins: before, nothing has been learned
const DRAWN = 500; // points of the rate–distortion trace
const SECONDS = 3; // over which frames are counted

export class Live implements Source {
  readonly map: MapName;
  readonly moves?: string;
  readonly fitted?: boolean;
  readonly ticks: number[] = [];
  readonly hasZero = true;
  readonly unit = "nats";
  readonly curved = `its way since step ${SETTLED}`;
  readonly averaged = "an estimate: the distortion is a mean over fewer examples than the rate";
  readonly originals = new Signal<Pixels | null>(null);
  readonly curve = new Signal<RatePoint[]>([]);
  readonly moment = new Signal<Moment | null>(null);
  readonly failed = new Signal(""); // a training that fails says so itself
  readonly missing = new Signal(""); // why a frame is not shown

  readonly frame = new Signal<Frame | null>(null); // that is shown
  readonly trace = new Signal<Passed[]>([]); // every frame there has been, the oldest first
  readonly at = new Signal<number | null>(null); // the frame of the trace that is looked at; null: the newest
  readonly pace = new Signal(0); // frames a second
  private newest?: ArrayBuffer;
  private kept = new Map<number, ArrayBuffer>();
  private plane?: Plane;
  private times: number[] = [];
  private travelling = 0;
  private showing = 0; // counts the frames that were to be shown
  private cost = FRAME; // ms from a picture of the points' way to the frame after it
  private calm = matchMedia("(prefers-reduced-motion: reduce)");
  private scrubbed = new Latest<Passed, ArrayBuffer>(
    async ({ number }) => this.kept.get(number) ?? this.keep(number, await this.jobs.frame(this.id, number)),
    (raw, { number }) => {
      if (this.looksAt(number)) void this.show(raw);
    },
    ({ message }, { number }) => {
      if (this.looksAt(number)) this.missing.value = message;
    },
  );

  constructor(
    private readonly jobs: Jobs,
    private readonly id: string,
    readonly manifest: Manifest,
    readonly range: [low: number, high: number],
  ) {
    this.map = manifest.latent_dim === 2 ? "z" : "pca";
    this.moves = manifest.dials.length ? undefined : "while it learns";
    this.fitted = manifest.fitted;
    this.calm.addEventListener("change", this.still);
    if (manifest.kind === "image" || this.inNumbers) void this.fetchOriginals();
  }

  /** Whether examples are recorded as numbers, and it is known how they are read. */
  private get inNumbers(): boolean {
    return Object.keys(this.manifest.legend ?? {}).length > 0;
  }

  get data(): Data {
    const { data, kind, shape, classes, legend } = this.manifest;
    const factors = this.manifest.factors ?? [];
    const none = { values: "unit", factors, vocabulary: [], columns: [], centre: [], scale: [] };
    return (this.held ??= { name: data, title: data, kind, shape, classes, ...none, ...legend });
  }
  private held?: Data;
  dials?: Dials; // of the newest frame

  get basis(): string {
    return basisOf(this.manifest.basis ?? {});
  }

  get dim(): number {
    return this.manifest.latent_dim;
  }

  get facts(): Facts {
    return (this.known ??= factsIn(this.manifest, this.data));
  }
  private known?: Facts;

  directions(): Float32Array | null {
    return this.plane?.directions ?? null;
  }

  origin(): [x: number, y: number] {
    return this.plane?.origin ?? [0, 0];
  }

  private looksAt(number: number): boolean {
    return this.at.value !== null && this.trace.value[this.at.value]?.number === number;
  }

  /** A new frame of the training: shown, unless somebody looks at an older one. */
  async add(raw: ArrayBuffer): Promise<void> {
    const frame = this.readOf(raw);
    if (!frame) return;
    const { number, step, dials, rate, distortion } = frame.header;
    this.newest = this.keep(number, raw);
    this.dials = dials;
    const beta = dials.beta_now ?? dials.beta;
    if (number > (this.trace.value.at(-1)?.number ?? -1)) this.follow([...this.trace.value, { number, step, beta, rate, distortion }]);
    this.count();
    if (this.at.value === null) await this.show(raw, frame);
  }

  /** Every frame that there is by now: those that were skipped here, too. */
  async refresh(): Promise<void> {
    const passed = await this.jobs.passed(this.id);
    const looked = this.at.value === null ? undefined : this.trace.value[this.at.value]?.number;
    const last = passed.at(-1)?.number ?? -1;
    this.follow([...passed, ...this.trace.value.filter(({ number }) => number > last)]);
    if (looked === undefined) return;
    const place = this.trace.value.findIndex(({ number }) => number >= looked);
    this.at.value = place < 0 ? null : place;
  }

  private follow(trace: Passed[]): void {
    this.trace.value = trace;
    const every = Math.ceil(trace.length / DRAWN);
    this.curve.value = trace.flatMap(({ step, beta, rate, distortion }, i) =>
      step < SETTLED || rate === null || distortion === null || (i % every && i < trace.length - 1) ? [] : [{ beta: beta ?? NaN, rate, distortion }],
    );
  }

  /** Looks at a frame of the trace, or at the newest again. */
  look(at: number | null): void {
    this.missing.value = "";
    this.at.value = at;
    const passed = at === null ? undefined : this.trace.value[at];
    if (passed) this.scrubbed.ask(passed);
    else if (this.newest) void this.show(this.newest);
  }

  private keep(number: number, raw: ArrayBuffer): ArrayBuffer {
    this.kept.set(number, raw);
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value!);
    return raw;
  }

  private readOf(raw: ArrayBuffer): Frame | undefined {
    try {
      return readFrame(raw);
    } catch (error) {
      this.missing.value = (error as Error).message;
      return undefined;
    }
  }

  private count(): void {
    const now = performance.now();
    this.times = [...this.times.filter((time) => now - time < 1000 * SECONDS), now];
    this.pace.value = this.times.length > 2 ? (1000 * (this.times.length - 1)) / (now - this.times[0]) : 0;
  }

  /** Nothing comes any more: there is no pace to speak of. */
  rest(): void {
    this.times = [];
    this.pace.value = 0;
  }

  private async show(raw: ArrayBuffer, read?: Frame): Promise<void> {
    const frame = read ?? this.readOf(raw);
    if (!frame) return;
    const { header, mu, logvar, grid, reconstructions, traversals } = frame;
    const { shape, manifold, columns } = this.manifest;
    const mine = ++this.showing;
    let pictures: (Float32Array | undefined)[];
    try {
      pictures = await Promise.all([grid, reconstructions, traversals].map((png) => (png ? cellsOf(png, shape) : undefined)));
    } catch (error) {
      if (mine === this.showing) this.missing.value = (error as Error).message;
      return;
    }
    if (mine !== this.showing) return; // another one is wanted by now
    const [cells, again, strips] = pictures;
    const size = sizeOf(this.data);
    const pixels = (x?: Float32Array | null): Pixels | null => (x && size ? { x, count: x.length / size } : null);
    const plane = planeOf(mu, this.dim, this.plane?.directions);
    this.plane = plane;
    const { rate, distortion, kl, bounds, step, dials } = header;
    const reach = ((bounds[1] - bounds[0]) / 2) * (columns / (columns - 1)); // bounds are the middles of the outer cells
    this.missing.value = "";
    this.frame.value = frame;
    this.travel({
      beta: dials.beta_now ?? dials.beta ?? NaN,
      label: `step ${step.toLocaleString("en")}`,
      positions: plane.positions,
      mu,
      logvar,
      reconstructions: pixels(again ?? frame.numbers.reconstructions),
      samples: manifold ? null : pixels(cells ?? frame.numbers.samples),
      traversals: pixels(strips),
      traversed: header.traversed ?? [],
      manifold: manifold ? pixels(cells) : null,
      view: viewOf(plane),
      window: manifold ? { centre: [(bounds[0] + bounds[1]) / 2, (bounds[2] + bounds[3]) / 2], reach } : null,
      rate: rate ?? NaN,
      distortion: distortion ?? NaN,
      negativeElbo: header.negative_elbo ?? NaN,
      measured: true,
      kl: Float32Array.from(kl),
      active: header.active_units,
    });
  }

  /** Shows a moment; its points come from where the last ones are. */
  private travel(to: Moment): void {
    cancelAnimationFrame(this.travelling);
    const { positions: from, view: seen } = this.moment.value ?? {};
    if (!from || !seen || from.length !== to.positions.length || this.calm.matches) return void (this.moment.value = to);
    const began = performance.now();
    const [before, last] = this.times.slice(-2);
    const takes = Math.max(QUICK[0], Math.min(QUICK[1], last - before || QUICK[1]));
    let drawn = 0;
    let learned = true;
    const move = () => {
      const now = performance.now();
      this.travelling = requestAnimationFrame(move);
      if (!learned) this.cost = 0.7 * this.cost + 0.3 * (now - drawn); // until the next frame
      learned = true;
      if (drawn && now - drawn < Math.max(BETWEEN, BUSY * (this.cost - FRAME)) && now - began < takes) return;
      [drawn, learned] = [now, false];
      const t = Math.min(1, (now - began) / takes);
      const positions = t < 1 ? to.positions.map((value, i) => from[i] + t * (value - from[i])) : to.positions;
      const reach = seen.reach + t * (to.view!.reach - seen.reach);
      this.moment.value = { ...to, positions, view: { ...to.view!, reach } };
      if (t >= 1) cancelAnimationFrame(this.travelling);
    };
    move();
  }

  private still = (): void => {
    cancelAnimationFrame(this.travelling);
    if (this.newest && this.at.value === null) void this.show(this.newest);
  };

  dispose(): void {
    this.showing++;
    this.scrubbed.cancel();
    cancelAnimationFrame(this.travelling);
    this.calm.removeEventListener("change", this.still);
  }

  private async fetchOriginals(): Promise<void> {
    const { shape, shown } = this.manifest;
    try {
      const x = this.inNumbers ? numbersIn(await this.jobs.numbers(this.id), this.data, [...shown.keys()]) : await cellsOf(await this.jobs.originals(this.id), shape);
      if (this.data.kind === "series") scaleBy(x, this.data); // known before the first is drawn
      this.originals.value = { x, count: shown.length };
    } catch (error) {
      this.missing.value = (error as Error).message;
    }
  }
}

const PRIOR = 2.7; // holds N(0, I) but for one in a hundred, and the manifold

/** The square that holds the prior and all but the outermost codes: codes contract in it, not with it. */
function viewOf({ positions, origin }: Plane): Window {
  const away = positions.map((value, i) => Math.abs(value - origin[i % 2]));
  return { centre: origin, reach: Math.max(PRIOR, 1.05 * quantile(away, 0.99)) };
}
