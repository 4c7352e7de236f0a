/** Encoder and decoder of a scene, run in the worker. */

import type { Scene } from "./scene";
import type { Answer, Request } from "./worker";

interface Waiting {
  done(outputs: Float32Array[]): void;
  failed(error: Error): void;
  /** One code is decoded: how long that takes is worth telling. */
  timed: boolean;
}

let worker: Worker | undefined;
let asked = 0;
const waiting = new Map<number, Waiting>();

/** Milliseconds that the worker took for the last code that was decoded by itself. */
export let lastMs = 0;

function started(): Worker {
  if (worker) return worker;
  const made = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  made.onmessage = ({ data }: MessageEvent<Answer>) => {
    const asker = waiting.get(data.id);
    if (!asker || made !== worker) return;
    waiting.delete(data.id);
    if ("error" in data) return asker.failed(new Error(data.error));
    if (asker.timed) lastMs = data.ms;
    asker.done(data.outputs);
  };
  made.onerror = made.onmessageerror = () => {
    made.terminate();
    if (made !== worker) return;
    worker = undefined;
    const askers = [...waiting.values()];
    waiting.clear();
    for (const { failed } of askers) failed(new Error("The models' worker could not be started: reload the page."));
  };
  return (worker = made);
}

function run(scene: Scene, which: "encoder" | "decoder", inputs: Request["inputs"]): Promise<Float32Array[]> {
  const { [which]: part, weights } = scene.card;
  const request: Request = { id: asked++, scene: new URL(scene.url, document.baseURI).href, part, weights, inputs };
  return new Promise((done, failed) => {
    waiting.set(request.id, { done, failed, timed: which === "decoder" && inputs[0]?.shape[0] === 1 });
    started().postMessage(request);
  });
}

/** Loads a model, so that its first run does not wait. */
export async function warm(scene: Scene, which: "encoder" | "decoder"): Promise<void> {
  await run(scene, which, []);
}

const BATCH = 50; // a longer batch would keep a moving cursor waiting

/** The mean examples of some codes, in the data's own units.
 *
 * @param z Codes, shape (rows, D).
 * @returns Examples, shape (rows, C, H, W).
 */
export async function decode(scene: Scene, z: Float32Array): Promise<Float32Array> {
  const [rows, size] = [z.length / scene.dim, pixels(scene)];
  if (rows <= BATCH) return (await run(scene, "decoder", [{ data: z, shape: [rows, scene.dim] }]))[0];
  const out = new Float32Array(rows * size);
  for (let row = 0; row < rows; row += BATCH) {
    out.set(await decode(scene, z.slice(row * scene.dim, (row + BATCH) * scene.dim)), row * size);
  }
  return out;
}

/** The posterior of some examples.
 *
 * @param x Examples in the data's own units, shape (rows, C, H, W).
 * @returns Means (or points), shape (rows, D); and log-variances where the code is a Gaussian.
 */
export async function encode(scene: Scene, x: Float32Array): Promise<{ mu: Float32Array; logvar?: Float32Array }> {
  const [mu, logvar] = await run(scene, "encoder", [{ data: x, shape: [x.length / pixels(scene), ...scene.card.data.shape] }]);
  return { mu, logvar };
}

/** Numbers in one example. */
export function pixels(scene: Scene): number {
  return scene.card.data.shape.reduce((a, b) => a * b);
}

/** Does asynchronous work for the latest request only: one in flight, nothing queues up. */
export class Latest<Question, Reply> {
  private next?: { question: Question };
  private busy = false;

  constructor(
    private work: (question: Question) => Promise<Reply>,
    private done: (reply: Reply, question: Question) => void,
    private failed: (error: Error) => void = (error) => console.warn(error.message),
  ) {}

  ask(question: Question): void {
    this.next = { question };
    if (!this.busy) void this.go();
  }

  /** Forgets what was asked; a reply under way is dropped. */
  cancel(): void {
    this.next = undefined;
    this.done = this.failed = () => {};
  }

  private async go(): Promise<void> {
    this.busy = true;
    while (this.next) {
      const { question } = this.next;
      this.next = undefined;
      try {
        this.done(await this.work(question), question);
      } catch (error) {
        this.failed(error as Error);
      }
    }
    this.busy = false;
  }
}
