/** One job as this tab sees it: what it is doing, its frames as a source, and what is said to it. */

import type { Manifest } from "./frames";
import { Live } from "./live";
import { Signal } from "./signal";
import { isOwn } from "./token";
import { watch, type Answer, type Job, type Jobs } from "./wire";

const APART = 120; // ms between two turns of one dial
const SAVING = 1000; // ms between two looks at what became of something
const AT_REST = ["paused", "done", "stopped", "failed"];

export class Session {
  readonly job = new Signal<Job | null>(null);
  readonly live = new Signal<Live | null>(null);
  readonly connected = new Signal(false);
  readonly refused = new Signal(""); // why the last thing said was not done
  readonly saved = new Signal<{ state: "saving" | "saved" | "refused"; text: string } | null>(null);
  /** What has been set here and has not come back in a frame. */
  readonly asked = new Signal<Record<string, unknown>>({});
  readonly own: boolean;
  private turning = new Map<string, unknown>(); // dials that follow a hand, and where the hand is
  private said: Promise<unknown> = Promise.resolve(); // the last thing said
  private leave: () => void;
  private left = false;
  private over = false; // the job is not there any more

  constructor(
    readonly jobs: Jobs,
    readonly id: string,
    private readonly range: [low: number, high: number],
  ) {
    this.own = isOwn(id);
    this.leave = watch(jobs.base, id, {
      job: (job) => this.heard(job),
      manifest: (manifest) => void this.begin(manifest),
      frame: async (raw) => {
        await this.live.value?.add(raw);
        this.settle();
      },
      connected: (yes) => (this.connected.value = yes),
      gone: (reason) => {
        this.over = true;
        this.refused.value = reason;
      },
    });
    this.jobs.job(id).then((job) => this.heard(job), (error: Error) => this.lost(error));
  }

  /** There is no such job, or no server: it is not looked for again. */
  private lost({ message }: Error): void {
    this.leave();
    this.refused.value = message;
  }

  private heard(job: Job): void {
    if (this.left) return;
    this.job.value = job;
    if (job.state !== "running") this.live.value?.rest();
    if (AT_REST.includes(job.state)) void this.live.value?.refresh().catch(() => {});
  }

  /** Another take begins at its first frame; another generation is the same take with fewer frames. */
  private async begin(manifest: Manifest): Promise<void> {
    const before = this.live.value;
    if (before?.manifest.take === manifest.take) return void (await before.refresh().catch(() => {}));
    const live = new Live(this.jobs, this.id, manifest, this.range);
    this.live.value = live;
    before?.dispose();
    this.asked.value = {};
    if (this.job.value) this.heard(this.job.value);
    await live.refresh().catch(() => {});
  }

  /** Says something, after all that was said before; gives its number, or nothing where it was refused. */
  say(name: string, value: unknown = null): Promise<number | undefined> {
    const number = this.said.then(() => this.post(name, value));
    this.said = number;
    return number;
  }

  private async post(name: string, value: unknown): Promise<number | undefined> {
    try {
      this.refused.value = "";
      return await this.jobs.say(this.id, name, value);
    } catch (error) {
      this.refused.value = (error as Error).message;
      return undefined;
    }
  }

  /** Turns a dial while the hand moves: at most a few times a second, the last value for certain. */
  turn(name: string, value: unknown): void {
    this.asked.value = { ...this.asked.value, [name]: value };
    this.live.value?.look(null);
    const follows = this.turning.has(name);
    this.turning.set(name, value);
    if (!follows) void this.follow(name, value);
  }

  /** Says where a dial is, and, once that has arrived, where it has been turned to since. */
  private async follow(name: string, value: unknown): Promise<void> {
    const [number] = await Promise.all([this.say(name, value), later(APART)]);
    const last = this.turning.get(name);
    this.turning.delete(name);
    if (this.left) return;
    if (!Object.is(last, value)) return this.turn(name, last);
    const mine = () => Object.is(this.asked.value[name], value) && !this.turning.has(name);
    const answer = number === undefined ? undefined : await this.outcome(number, mine);
    if (answer?.state === "refused") this.refused.value = answer.answer;
    if (number === undefined || answer?.state === "refused") this.drop((each) => each === name && mine());
  }

  /** What became of something that was said; nothing once nobody asks any more. */
  private async outcome(number: number, asks = () => true): Promise<Answer | undefined> {
    while (!this.left && !this.over && asks()) {
      await later(SAVING);
      const said = await this.jobs.answers(this.id, number - 1).catch(() => []);
      const answer = said.find((each) => each.number === number);
      if (answer && answer.state !== "waiting" && answer.state !== "ready") return answer;
    }
    return undefined;
  }

  /** Forgets what has been set once a frame has it. */
  private settle(): void {
    const dials = this.live.value?.frame.value?.header.dials as unknown as Record<string, unknown> | undefined;
    this.drop((name, value) => same(dials?.[name], value));
  }

  private drop(over: (name: string, value: unknown) => boolean): void {
    const open = Object.entries(this.asked.value).filter(([name, value]) => !over(name, value));
    if (open.length < Object.keys(this.asked.value).length) this.asked.value = Object.fromEntries(open);
  }

  /** What a dial stands at: what has been set here, else what the shown frame says. */
  dial<Value>(name: string): Value | undefined {
    const dials = this.live.value?.frame.value?.header.dials as unknown as Record<string, unknown> | undefined;
    return (this.live.value?.at.value == null ? this.asked.value[name] : undefined) as Value | undefined ?? (dials?.[name] as Value | undefined);
  }

  /** What a dial stands at now, whichever frame is shown. */
  now<Value>(name: string): Value | undefined {
    const dials = this.live.value?.dials as unknown as Record<string, unknown> | undefined;
    return (this.asked.value[name] ?? dials?.[name]) as Value | undefined;
  }

  /** Makes a bundle of the weights as they are, and waits for it. */
  async save(name: string): Promise<void> {
    this.saved.value = { state: "saving", text: "Measured, mapped and exported like any other bundle: this takes a while." };
    const number = await this.say("save", name || null);
    if (number === undefined) return void (this.saved.value = null);
    const answer = await this.outcome(number);
    this.saved.value = answer ? { state: answer.state === "done" ? "saved" : "refused", text: answer.answer } : null;
  }

  dispose(): void {
    this.left = true;
    this.leave();
    this.live.value?.dispose();
  }
}

const later = (ms: number) => new Promise((done) => setTimeout(done, ms));

function same(a: unknown, b: unknown): boolean {
  return typeof a === "number" && typeof b === "number" ? Math.abs(a - b) <= 1e-6 * Math.abs(b) : a === b;
}
