/** Frames of a live training, as aecore/jobs/recording.py writes them: read, and checked before anything is shown. */

import type { Data, Factor } from "../card";
import type { Facts } from "../facts";
import { fromHalf } from "../safetensors";
import type { Basis } from "./family";

/** What was varied to make the data, and which of its values each probe example has. */
export interface RecordedFactor extends Factor {
  of: number[]; // (N), index into values
}

/** What is recorded. */
export interface Manifest {
  data: string;
  variant: string;
  kind: string;
  shape: number[];
  latent_dim: number;
  index: number[]; // (N), each probe example's place in the test split
  label: number[] | null; // (N)
  classes: string[];
  factors?: RecordedFactor[]; // none in recordings of before
  shown: number[]; // the probe examples that are reconstructed
  columns: number; // cells in a row of grid.png
  manifold: boolean; // grid.png is the plane of a code of two dimensions, not samples
  dials: string[]; // what can be turned
  fitted?: boolean; // samples are of a Gaussian fitted to the codes, for want of a prior
  basis?: Partial<Basis>; // of its distortions; nothing in recordings of before
  /** How numbers are read; empty where there are images, and in recordings of before. */
  legend?: { vocabulary?: string[]; columns?: string[]; centre?: number[]; scale?: number[] };
  take: number; // how often the training was begun
  generation: number; // of the file of frames
}

/** What is recorded of the probe examples beside their codes. */
export function factsIn({ index, label, factors = [] }: Manifest, data: Data): Facts {
  const values = Int32Array.from({ length: index.length * factors.length }, (_, i) => factors[i % factors.length].of[Math.floor(i / factors.length)]);
  return { data, count: index.length, label: label ? Int32Array.from(label) : undefined, factors: factors.length ? values : undefined };
}

export type Annealing = "constant" | "linear" | "cyclical";

/** How the training is set. */
export interface Dials {
  beta: number | null;
  beta_now: number | null; // on its way to beta
  lr: number;
  free_bits: number; // nats of each dimension that cost nothing
  annealing: Annealing;
  annealing_epochs: number;
  slow?: number; // frames a second of slow motion; 0, or not said: full speed
}

export interface Header {
  number: number; // grows from frame to frame, over all takes
  step: number;
  epoch: number;
  seconds: number; // spent training
  dials: Dials;
  terms: Record<string, number>; // training means over this epoch so far
  rate: number | null; // nats per probe example
  distortion: number | null;
  negative_elbo: number | null;
  kl: number[]; // (D), nats
  active_units: number;
  bounds: number[]; // of the plane: least and largest of both coordinates
  traversed?: number[]; // the dimension of each row of traversals.png
  parts: [name: string, kind: "float16" | "png", shape: number[], bytes: number][];
}

export interface Frame {
  header: Header;
  mu: Float32Array; // (N, D)
  logvar: Float32Array | null; // (N, D)
  grid?: Uint8Array<ArrayBuffer>; // PNG
  reconstructions?: Uint8Array<ArrayBuffer>; // PNG
  traversals?: Uint8Array<ArrayBuffer>; // PNG
  /** Of what is no image: examples, shape (M, …), see ``sizeOf``. */
  numbers: { samples: Float32Array | null; reconstructions: Float32Array | null };
}

const MARK = "LPF1";
const HEAD = 16; // bytes: the mark, the lengths of header and body, the CRC of both

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 as zlib has it. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** A frame from its bytes.
 *
 * @throws Error if they are damaged.
 */
export function readFrame(buffer: ArrayBuffer): Frame {
  const view = new DataView(buffer);
  const mark = buffer.byteLength >= HEAD ? new TextDecoder("latin1").decode(new Uint8Array(buffer, 0, 4)) : "";
  const [size, rest, crc] = mark === MARK ? [4, 8, 12].map((place) => view.getUint32(place, true)) : [];
  const whole = size !== undefined && buffer.byteLength === HEAD + size + rest;
  if (!whole || crc32(new Uint8Array(buffer, HEAD)) !== crc) throw new Error("A frame has arrived damaged; the next one replaces it.");
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, HEAD, size))) as Header;
  const parts = new Map<string, Uint8Array<ArrayBuffer>>();
  let start = HEAD + size;
  for (const [name, , , bytes] of header.parts) {
    parts.set(name, new Uint8Array(buffer, start, bytes));
    start += bytes;
  }
  const numbers = (name: string) => {
    const bytes = parts.get(name);
    return bytes ? fromHalf(new Uint16Array(bytes.slice().buffer)) : null; // sliced: aligned
  };
  return {
    header,
    mu: numbers("mu") ?? new Float32Array(),
    logvar: numbers("logvar"),
    grid: parts.get("grid.png"),
    reconstructions: parts.get("reconstructions.png"),
    traversals: parts.get("traversals.png"),
    numbers: { samples: numbers("samples"), reconstructions: numbers("reconstructions") },
  };
}

/** The cells of a PNG as numbers in [0, 1], shape (count, C, H, W), row by row. */
export async function cellsOf(png: Uint8Array<ArrayBuffer>, [channels, height, width]: number[]): Promise<Float32Array> {
  const exactly = { colorSpaceConversion: "none", premultiplyAlpha: "none" } as const;
  const image = await createImageBitmap(new Blob([png], { type: "image/png" }), exactly);
  const canvas = new OffscreenCanvas(image.width, image.height);
  const pen = canvas.getContext("2d", { willReadFrequently: true })!;
  pen.drawImage(image, 0, 0);
  image.close();
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  const [columns, rows] = [Math.floor(canvas.width / width), Math.floor(canvas.height / height)];
  const out = new Float32Array(columns * rows * channels * height * width);
  let at = 0;
  for (let cell = 0; cell < columns * rows; cell++) {
    const corner = Math.floor(cell / columns) * height * canvas.width + (cell % columns) * width;
    for (let channel = 0; channel < channels; channel++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) out[at++] = data[4 * (corner + y * canvas.width + x) + channel] / 255;
      }
    }
  }
  return out;
}
