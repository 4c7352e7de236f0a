/** Runs the models, away from the page: one ONNX Runtime, one request at a time, in order. */

import * as ort from "onnxruntime-web/wasm";
import type { Part } from "./card";
import { fetched } from "./fetched";
import { lerp } from "./maths";
import { readTensors, type Tensor } from "./safetensors";

/** Weights that are inputs: between two of a stack of models, as ``aecore.sweeps`` tweens them. */
export interface Fed {
  k: number; // the model below
  t: number; // share of the way to the next, 0 to 1
}

export interface Request {
  id: number;
  scene: string; // URL, ending in "/"
  part: Part;
  weights: string; // of the graph; or the stack that its inputs behind the given ones are fed from
  fed?: Fed;
  /** How many functions the scene has: once all are loaded, the weights are let go. */
  functions: number;
  /** The inputs in the part's order; none only loads the model. */
  inputs: Input[];
  /** A function that takes what the first gives, in the same message: its outputs come behind the first's. */
  next?: Next;
}

export interface Next {
  part: Part;
  /** A NaN of the first input, shape (rows, D), is taken from the row ``of[row]`` of the first function's first output. */
  inputs: [Input, ...Input[]];
  of: Int32Array; // (rows)
}

/** A tensor: numbers, or whole numbers of 64 bits. */
export interface Input {
  data: Float32Array | BigInt64Array;
  shape: number[];
}

/** Numbers a function gives, and how many each of its inputs has in a row of a batch. */
export interface Outputs {
  id: number;
  outputs: Float32Array[];
  widths: number[];
  ms: number;
}

export type Answer = Outputs | { id: number; error: string };

const HERE = new URL(".", self.location.href).href;

let runtime: Promise<void> | undefined;
/** What is held of a scene: its sessions by their file, and its weights until both are made. */
interface Held {
  sessions: Map<string, Promise<ort.InferenceSession>>;
  weights: Map<string, Promise<Uint8Array>>;
  stacks: Map<string, Promise<Map<string, Tensor>>>;
  /** The last weights that were tweened, shared by encoder and decoder. */
  tweened?: { key: string; by: Map<string, ort.Tensor> };
}

const KEPT = 6; // scenes
const scenes = new Map<string, Held>(); // by URL, the one used last at the end

async function start(): Promise<void> {
  const packed = await fetched(`${HERE}ort-wasm-simd-threaded.wasm.gz`);
  const unpacked = packed.body!.pipeThrough(new DecompressionStream("gzip"));
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = await new Response(unpacked).arrayBuffer();
  ort.env.logLevel = "error";
}

const bytes = async (url: string) => new Uint8Array(await (await fetched(url)).arrayBuffer());

/** What ``make`` gives, once for a key; a failure is tried again. */
function once<T>(kept: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let made = kept.get(key);
  if (!made) {
    made = make();
    kept.set(key, made);
    made.catch(() => kept.delete(key));
  }
  return made;
}

/** What is held of a scene; the scenes that nobody has asked for the longest are let go. */
async function holding(scene: string): Promise<Held> {
  const held = scenes.get(scene) ?? { sessions: new Map(), weights: new Map(), stacks: new Map() };
  scenes.delete(scene);
  scenes.set(scene, held);
  for (const [url, { sessions }] of [...scenes].slice(0, -KEPT)) {
    scenes.delete(url);
    for (const made of sessions.values()) await made.then((each) => each.release()).catch(() => {});
  }
  return held;
}

async function session({ scene, part, weights: file, functions, fed }: Request, held: Held): Promise<ort.InferenceSession> {
  const { sessions, weights } = held;
  const made = await once(sessions, part.file, async () => {
    runtime ??= start();
    runtime.catch(() => (runtime = undefined));
    const [graph, data] = await Promise.all([
      bytes(scene + part.file),
      fed ? undefined : once(weights, file, () => bytes(scene + file)),
      runtime,
    ]);
    try {
      return await ort.InferenceSession.create(graph, data && { externalData: [{ path: file, data }] });
    } catch (error) {
      throw new Error(`${part.file} of this bundle cannot be run (${short(error)}). Train the bundle again.`);
    }
  });
  if (sessions.size === functions) weights.clear(); // requests are answered one by one
  return made;
}

function short(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0].slice(0, 200);
}

function tensor({ data, shape }: Input): ort.Tensor {
  return data instanceof BigInt64Array ? new ort.Tensor("int64", data, shape) : new ort.Tensor("float32", data, shape);
}

/** What a function's inputs behind the given ones are: (1 − t)·W[k] + t·W[k + 1], each in single precision. */
async function tween({ scene, weights: file, fed }: Request, names: string[], held: Held): Promise<Record<string, ort.Tensor>> {
  const stack = await once(held.stacks, file, async () => readTensors(await (await fetched(scene + file)).arrayBuffer()));
  const { k, t } = fed!;
  const key = `${k} ${t}`;
  if (held.tweened?.key !== key) held.tweened = { key, by: new Map() };
  const { by } = held.tweened;
  for (const name of names) {
    if (by.has(name)) continue;
    const { data, shape } = stack.get(name)!;
    const size = shape.slice(1).reduce((all, side) => all * side, 1);
    by.set(name, new ort.Tensor("float32", lerp(data as Float32Array, k, t, size), shape.slice(1)));
  }
  return Object.fromEntries(names.map((name) => [name, by.get(name)!]));
}

/** Numbers of one row of a batch that an input takes. */
function widthOf(input: ort.InferenceSession.ValueMetadata): number {
  return input.isTensor ? input.shape.slice(1).reduce((all: number, side) => all * Number(side), 1) : 0;
}

/** Puts the numbers that the first function has found where the second one's input leaves them open. */
function filled({ data, shape: [rows, width] }: Input, of: Int32Array, found: Float32Array): void {
  for (let row = 0; row < rows; row++) {
    for (let d = 0; of[row] >= 0 && d < width; d++) {
      if (Number.isNaN(data[row * width + d])) data[row * width + d] = found[of[row] * width + d];
    }
  }
}

async function answer(request: Request): Promise<Answer> {
  try {
    const held = await holding(request.scene);
    const model = await session(request, held);
    const started = performance.now();
    const { inputs, outputs } = request.part;
    const widths = model.inputMetadata.map(widthOf);
    if (!request.inputs.length) return { id: request.id, outputs: [], widths, ms: 0 };
    const feeds = Object.fromEntries(request.inputs.map((input, i) => [inputs[i], tensor(input)]));
    if (request.fed) Object.assign(feeds, await tween(request, inputs.slice(request.inputs.length), held));
    const result = await model.run(feeds);
    const arrays = outputs.map((name) => (result[name].data as Float32Array).slice());
    if (request.next) {
      filled(request.next.inputs[0], request.next.of, arrays[0]);
      const second = await answer({ ...request, ...request.next, next: undefined });
      return "outputs" in second ? { ...second, outputs: [...arrays, ...second.outputs] } : second;
    }
    return { id: request.id, outputs: arrays, widths, ms: performance.now() - started };
  } catch (error) {
    return { id: request.id, error: short(error) };
  }
}

let queue: Promise<unknown> = Promise.resolve();
self.addEventListener("message", ({ data }: MessageEvent<Request>) => {
  queue = queue.then(async () => {
    const said = await answer(data);
    self.postMessage(said, "outputs" in said ? { transfer: said.outputs.map(({ buffer }) => buffer) } : {});
  });
});
