/** Runs the models, away from the page: one ONNX Runtime, one request at a time, in order. */

import * as ort from "onnxruntime-web/wasm";
import { fetched, type Part } from "./scene";

export interface Request {
  id: number;
  scene: string; // URL, ending in "/"
  part: Part;
  weights: string;
  /** The inputs in the part's order; none only loads the model. */
  inputs: { data: Float32Array; shape: number[] }[];
}

export type Answer = { id: number; outputs: Float32Array[]; ms: number } | { id: number; error: string };

const HERE = new URL(".", self.location.href).href;

let runtime: Promise<void> | undefined;
const sessions = new Map<string, Promise<ort.InferenceSession>>();
const weights = new Map<string, Promise<Uint8Array>>();

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

function session({ scene, part, weights: file }: Request): Promise<ort.InferenceSession> {
  return once(sessions, scene + part.file, async () => {
    runtime ??= start();
    runtime.catch(() => (runtime = undefined));
    const [graph, data] = await Promise.all([
      bytes(scene + part.file),
      once(weights, scene + file, () => bytes(scene + file)),
      runtime,
    ]);
    try {
      return await ort.InferenceSession.create(graph, { externalData: [{ path: file, data }] });
    } catch (error) {
      throw new Error(`${part.file} of this bundle cannot be run (${short(error)}). Train the bundle again.`);
    }
  });
}

function short(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0].slice(0, 200);
}

async function answer(request: Request): Promise<Answer> {
  try {
    const model = await session(request);
    const started = performance.now();
    const { inputs, outputs } = request.part;
    if (!request.inputs.length) return { id: request.id, outputs: [], ms: 0 };
    const feeds = Object.fromEntries(
      request.inputs.map(({ data, shape }, i) => [inputs[i], new ort.Tensor("float32", data, shape)]),
    );
    const result = await model.run(feeds);
    const arrays = outputs.map((name) => (result[name].data as Float32Array).slice());
    return { id: request.id, outputs: arrays, ms: performance.now() - started };
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
