/** Runs the models, away from the page: one ONNX Runtime, one request at a time, in order. */

import * as ort from "onnxruntime-web/wasm";
import type { Part } from "./card";
import { fetched } from "./fetched";

export interface Request {
  id: number;
  scene: string; // URL, ending in "/"
  part: Part;
  weights: string;
  /** How many functions the scene has: once all are loaded, the weights are let go. */
  functions: number;
  /** The inputs in the part's order; none only loads the model. */
  inputs: Input[];
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
  const held = scenes.get(scene) ?? { sessions: new Map(), weights: new Map() };
  scenes.delete(scene);
  scenes.set(scene, held);
  for (const [url, { sessions }] of [...scenes].slice(0, -KEPT)) {
    scenes.delete(url);
    for (const made of sessions.values()) await made.then((each) => each.release()).catch(() => {});
  }
  return held;
}

async function session({ scene, part, weights: file, functions }: Request): Promise<ort.InferenceSession> {
  const { sessions, weights } = await holding(scene);
  const made = await once(sessions, part.file, async () => {
    runtime ??= start();
    runtime.catch(() => (runtime = undefined));
    const [graph, data] = await Promise.all([
      bytes(scene + part.file),
      once(weights, file, () => bytes(scene + file)),
      runtime,
    ]);
    try {
      return await ort.InferenceSession.create(graph, { externalData: [{ path: file, data }] });
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

/** Numbers of one row of a batch that an input takes. */
function widthOf(input: ort.InferenceSession.ValueMetadata): number {
  return input.isTensor ? input.shape.slice(1).reduce((all: number, side) => all * Number(side), 1) : 0;
}

async function answer(request: Request): Promise<Answer> {
  try {
    const model = await session(request);
    const started = performance.now();
    const { inputs, outputs } = request.part;
    const widths = model.inputMetadata.map(widthOf);
    if (!request.inputs.length) return { id: request.id, outputs: [], widths, ms: 0 };
    const feeds = Object.fromEntries(request.inputs.map((input, i) => [inputs[i], tensor(input)]));
    const result = await model.run(feeds);
    const arrays = outputs.map((name) => (result[name].data as Float32Array).slice());
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
