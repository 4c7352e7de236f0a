/** A bundle as the canvas sees it: what its card says, its codes, and its originals where they are at hand. */

import { readTensors, type Tensor } from "./safetensors";

export interface Part {
  file: string;
  inputs: string[];
  outputs: string[];
}

export interface Factor {
  name: string;
  values: (number | string)[];
}

/** scene.json. */
export interface Card {
  version: number;
  id: string;
  title: string;
  data: {
    name: string;
    title: string;
    kind: string;
    shape: [channels: number, height: number, width: number];
    values: string;
    classes: string[];
    factors: Factor[];
  };
  latent: { kind: "gaussian" | "point"; dim: number; prior: "standard-normal" | "fitted-gaussian" };
  beta: number | null; // what a nat of code costs in its objective
  split: string; // of which the codes are: test, …
  examples: string; // the same in two bundles whose codes are of the same examples
  error_unit: string;
  count: number;
  maps: string[];
  kl_per_dimension: number[] | null;
  encoder: Part;
  decoder: Part;
  weights: string;
}

/** Codes of N examples in D dimensions; arrays are row-major. */
export interface Codes {
  mu: Float32Array; // (N, D)
  logvar?: Float32Array; // (N, D)
  error: Float32Array; // (N), in card.error_unit
  kl?: Float32Array; // (N), nats
  label?: Int32Array; // (N)
  factors?: Int32Array; // (N, F)
  index: Int32Array; // (N), the example's place in its split
  /** pca, umap, tsne: (N, 2); pca3, umap3: (N, 3). */
  maps: Record<string, Float32Array>;
  pcaMean?: Float32Array; // (D)
  pcaComponents?: Float32Array; // (2, D)
  prior: Mixture; // of one Gaussian
}

/** A Gaussian mixture of K components, each N(m, L Lᵀ). */
export interface Mixture {
  weights: Float32Array; // (K), they add up to 1
  means: Float32Array; // (K, D)
  cholesky: Float32Array; // (K, D, D), L
}

/** originals.json. */
interface OriginalsCard {
  tiles?: string[];
  columns?: number;
  per_tile?: number;
  missing?: string;
}

/** The examples themselves, as tiles of small images. */
export class Originals {
  private tiles = new Map<number, Promise<ImageBitmap>>();

  constructor(
    private url: string,
    private card: OriginalsCard,
    readonly width: number,
    readonly height: number,
  ) {}

  /** Why there are none, or an empty text. */
  get missing(): string {
    return this.card.missing ?? "";
  }

  /** Where the image of a row stands: its tile, and the corner of its cell there. */
  async cell(row: number): Promise<{ tile: ImageBitmap; x: number; y: number }> {
    const { per_tile = 1, columns = 1 } = this.card;
    const [number, place] = [Math.floor(row / per_tile), row % per_tile];
    return {
      tile: await this.tile(number),
      x: (place % columns) * this.width,
      y: Math.floor(place / columns) * this.height,
    };
  }

  private tile(number: number): Promise<ImageBitmap> {
    let tile = this.tiles.get(number);
    if (!tile) {
      tile = fetched(this.url + this.card.tiles![number]).then(async (answer) => createImageBitmap(await answer.blob()));
      this.tiles.set(number, tile);
      tile.catch(() => this.tiles.delete(number));
    }
    return tile;
  }
}

export class Scene {
  private originalsOnce?: Promise<Originals>;
  private mixtureOnce?: Promise<Mixture>;

  constructor(
    readonly url: string,
    readonly card: Card,
    readonly codes: Codes,
  ) {}

  get dim(): number {
    return this.card.latent.dim;
  }

  get count(): number {
    return this.card.count;
  }

  /** The code of one row, a view of the array. */
  code(row: number): Float32Array {
    return this.codes.mu.subarray(row * this.dim, (row + 1) * this.dim);
  }

  /** The examples; loaded when first asked for, since most visits begin with the map. */
  originals(): Promise<Originals> {
    const [, height, width] = this.card.data.shape;
    this.originalsOnce ??= fetched(this.url + "originals.json").then(
      async (answer) => new Originals(this.url, (await answer.json()) as OriginalsCard, width, height),
    );
    this.originalsOnce.catch(() => (this.originalsOnce = undefined));
    return this.originalsOnce;
  }

  /** The mixture fitted to the codes; loaded by whoever draws from it. */
  mixture(): Promise<Mixture> {
    this.mixtureOnce ??= fetched(this.url + "mixture.safetensors").then(async (answer) => {
      const tensors = readTensors(await answer.arrayBuffer());
      const [weights, means, cholesky] = ["weights", "means", "cholesky"].map((name) => tensors.get(name)!.data as Float32Array);
      return { weights, means, cholesky };
    });
    this.mixtureOnce.catch(() => (this.mixtureOnce = undefined));
    return this.mixtureOnce;
  }
}

const scenes = new Map<string, Promise<Scene>>();

/** The scene at a URL that ends in "/", loaded once for a visit. */
export function loadScene(url: string): Promise<Scene> {
  let scene = scenes.get(url);
  if (!scene) {
    scene = read(url);
    scenes.set(url, scene);
    scene.catch(() => scenes.delete(url));
  }
  return scene;
}

async function read(url: string): Promise<Scene> {
  const [card, tensors] = await Promise.all([
    fetched(url + "scene.json").then((answer) => answer.json() as Promise<Card>),
    fetched(url + "codes.safetensors").then(async (answer) => readTensors(await answer.arrayBuffer())),
  ]);
  return new Scene(url, card, codesOf(card, tensors));
}

function codesOf(card: Card, tensors: Map<string, Tensor>): Codes {
  const floats = (name: string) => tensors.get(name)?.data as Float32Array | undefined;
  const whole = (name: string) => tensors.get(name)?.data as Int32Array | undefined;
  return {
    mu: floats("mu")!,
    logvar: floats("logvar"),
    error: floats("error")!,
    kl: floats("kl"),
    label: whole("label"),
    factors: whole("factors"),
    index: whole("index")!,
    maps: Object.fromEntries(card.maps.map((name) => [name, floats(name)!])),
    pcaMean: floats("pca_mean"),
    pcaComponents: floats("pca_components"),
    prior: { weights: Float32Array.of(1), means: floats("prior_mean")!, cholesky: floats("prior_cholesky")! },
  };
}

/** The examples that the codes are of, in words. */
export function setOf({ card: { split, data } }: Scene): string {
  if (split === "all") return `the whole of ${data.title}`;
  return `the ${split === "train" ? "training" : split} set of ${data.title}`;
}

/** An answer, or an error that is the server's own sentence. */
export async function fetched(url: string): Promise<Response> {
  const answer = await fetch(url).catch(() => {
    throw new Error(`${url} cannot be reached: is Loupe still running?`);
  });
  if (!answer.ok) {
    const plain = answer.headers.get("content-type")?.startsWith("text/plain");
    throw new Error((plain && (await answer.text())) || `${url} was refused (${answer.status}).`);
  }
  return answer;
}
