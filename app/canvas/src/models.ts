/** The functions of a scene, run in the worker. */

import { taken, written } from "./examples/causal";
import { sizeOf } from "./examples/kinds";
import { indicesOf } from "./examples/tokens";
import type { FunctionName, Part, Scene } from "./scene";
import type { Answer, Fed, Input, Next, Outputs, Request } from "./worker";

interface Waiting {
  done(answer: Outputs): void;
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
    asker.done(data);
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

function asking(scene: Scene, which: FunctionName, inputs: Input[]): Promise<Outputs> {
  const { [which]: part, weights } = scene.card;
  if (!part) return Promise.reject(new Error(`This bundle has no ${which}.`));
  const functions = NAMES.filter((name) => scene.card[name]).length;
  const timed = which === "decoder" && inputs[0]?.shape[0] === 1 && !causal(scene);
  return runPart({ url: scene.url, part, weights, functions }, inputs, timed);
}

/** A graph in a folder; its weights beside it, or fed from a stack of them. */
export interface Runnable {
  url: string; // of the folder, ending in "/"
  part: Part;
  weights: string;
  functions: number; // graphs in the folder
  fed?: Fed;
}

/** What a graph gives, and ``next`` makes of it; with no inputs it is only loaded. */
export function runPart({ url, ...rest }: Runnable, inputs: Input[], timed = false, next?: Next): Promise<Outputs> {
  const request: Request = { id: asked++, scene: new URL(url, document.baseURI).href, ...rest, inputs, next };
  return new Promise((done, failed) => {
    waiting.set(request.id, { done, failed, timed });
    started().postMessage(request);
  });
}

const NAMES: FunctionName[] = ["encoder", "decoder", "prior", "lookup", "classifier"];

/** What a function of a scene gives, one array an output. */
export async function run(scene: Scene, which: FunctionName, inputs: Input[]): Promise<Float32Array[]> {
  return (await asking(scene, which, inputs)).outputs;
}

/** Loads a model, so that its first run does not wait; tells the numbers a row of each of its inputs has. */
export async function warm(scene: Scene, which: FunctionName): Promise<number[]> {
  return (await asking(scene, which, [])).widths;
}

/** Classes as a condition: of each a row with one 1 among zeros; a row of zeros where none is known (−1). A model
 * of any β is told log 1. */
function conditionOf(scene: Scene, classes: ArrayLike<number>): Input[] {
  const size = scene.classes;
  if (scene.card.latent.condition?.kind === "log-beta") return [{ data: new Float32Array(classes.length), shape: [classes.length, 1] }];
  if (!size) return [];
  const data = new Float32Array(classes.length * size);
  for (let row = 0; row < classes.length; row++) if (classes[row] >= 0) data[row * size + classes[row]] = 1;
  return [{ data, shape: [classes.length, size] }];
}

/** The class that is told of a code that is no example's. */
function classOf({ told }: Scene): number {
  return told.one ?? told.other;
}

const BATCH = 50; // a longer batch would keep a moving cursor waiting

/** The mean examples of some codes, in the data's own units.
 *
 * @param z Codes, shape (rows, D).
 * @param as The class that a conditional decoder is told of each; without them the scene's.
 * @returns Examples, shape (rows, …): see `sizeOf`.
 */
export async function decode(scene: Scene, z: Float32Array, as?: ArrayLike<number>): Promise<Float32Array> {
  const [rows, size] = [z.length / scene.dim, pixels(scene)];
  const classes = as ?? new Int32Array(rows).fill(classOf(scene));
  if (rows <= BATCH) {
    const [code, told] = [{ data: z, shape: [rows, scene.dim] }, conditionOf(scene, classes)];
    return causal(scene) ? write(scene, code, told) : (await run(scene, "decoder", [code, ...told]))[0];
  }
  const out = new Float32Array(rows * size);
  for (let row = 0; row < rows; row += BATCH) {
    const part = Array.from(classes).slice(row, row + BATCH);
    out.set(await decode(scene, z.slice(row * scene.dim, (row + BATCH) * scene.dim), part), row * size);
  }
  return out;
}

/** Whether the decoder is one step of many: it reads what it has written. */
const causal = ({ card }: Scene) => card.decoder.inputs.includes("prefix");

/** What such a decoder makes of some codes: as many requests as there are steps, as long as all of them together. */
async function write(scene: Scene, code: Input, told: Input[]): Promise<Float32Array> {
  let ms = 0;
  const some = ({ data, shape: [, width] }: Input, rows: number[]): Input => ({
    data: taken(data as Float32Array, rows, width, Float32Array),
    shape: [rows.length, width],
  });
  const x = await written(scene.card.data, code.shape[0], async (rows, prefix, length) => {
    const rest = told.map((each) => some(each, rows));
    const answer = await asking(scene, "decoder", [some(code, rows), prefix, length, ...rest]);
    ms += answer.ms;
    return answer.outputs[1];
  });
  if (code.shape[0] === 1) lastMs = ms;
  return x;
}

/** What the codes of some examples decode to, each as its own class where a class is told and none chosen. */
export async function decodeRows(scene: Scene, rows: ArrayLike<number>): Promise<Float32Array> {
  const z = new Float32Array(rows.length * scene.dim);
  for (let i = 0; i < rows.length; i++) z.set(scene.code(rows[i]), i * scene.dim);
  return rows.length ? decode(scene, z, scene.ownOf(rows)) : z;
}

/** The posterior of some examples.
 *
 * @param x Examples in the data's own units, shape (rows, …): see `sizeOf`.
 * @returns Means (or points), shape (rows, D); log-variances where the code is a Gaussian; and the class of each as
 *   which a conditional model takes it: the one that is told, or the most probable by the model's own classifier.
 */
export async function encode(
  scene: Scene,
  x: Float32Array,
): Promise<{ mu: Float32Array; logvar?: Float32Array; as?: number[]; likely?: Float32Array }> {
  const { data } = scene.card;
  const input: Input = { data: data.kind === "tokens" ? indicesOf(x, data) : x, shape: [x.length / pixels(scene), ...data.shape] };
  const [rows, size] = [input.shape[0], scene.classes];
  const likely = scene.card.classifier && (await run(scene, "classifier", [input]))[0];
  const best = (row: number) => {
    const some = likely!.subarray(row * size, (row + 1) * size);
    return some.indexOf(Math.max(...some));
  };
  const guess = likely && scene.told.one === undefined;
  const as = size ? Array.from({ length: rows }, (_, row) => (guess ? best(row) : classOf(scene))) : undefined;
  const [mu, logvar] = await run(scene, "encoder", [input, ...conditionOf(scene, as ?? new Int32Array(rows))]);
  return { mu, logvar, as, likely };
}

/** Codes that a prior's own function makes of standard normal noise, shape (rows, M) to (rows, D). */
export async function fromNoise(scene: Scene, noise: Float32Array, width: number): Promise<Float32Array> {
  return (await run(scene, "prior", [{ data: noise, shape: [noise.length / width, width] }]))[0];
}

/** The codes of indices of a codebook, shape (rows, S) to (rows, D). */
export async function lookup(scene: Scene, indices: ArrayLike<number>): Promise<Float32Array> {
  const { slots } = scene.card.latent.codebook!;
  const data = BigInt64Array.from(Array.from(indices), BigInt);
  return (await run(scene, "lookup", [{ data, shape: [data.length / slots, slots] }]))[0];
}

/** Numbers in one example. */
export function pixels(scene: Scene): number {
  return sizeOf(scene.card.data);
}

/** Does asynchronous work for the latest request only: one in flight, nothing queues up. */
export class Latest<Question, Reply> {
  private next?: { question: Question };
  private busy = false;

  constructor(
    private work: (question: Question) => Promise<Reply>,
    private done: (reply: Reply, question: Question) => void,
    private failed: (error: Error, question: Question) => void = (error) => console.warn(error.message),
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
        this.failed(error as Error, question);
      }
    }
    this.busy = false;
  }
}
