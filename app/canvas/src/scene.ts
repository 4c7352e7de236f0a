/** A bundle as the canvas sees it: what its card says, its codes, and its originals where they are at hand. */

import type { Card } from "./card";
import { scaleBy } from "./examples/series";
import type { Facts } from "./facts";
import { fetched } from "./fetched";
import { Originals, type OriginalsCard } from "./originals";
import { readTensors, type Tensor } from "./safetensors";

export type { Card, Data, Factor, FunctionName, Part } from "./card";

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

/** Which class a decoder is told: one for everything, or nothing, and then each example's own. */
export interface Told {
  one?: number;
  other: number; // for a code that is no example's, where none is chosen
}

export class Scene {
  /** The scene whatever is told: what does not hang on the decoder is kept by it. */
  readonly base: Scene;
  private originalsOnce?: Promise<Originals>;
  private mixtureOnce?: Promise<Mixture>;
  private others = new Map<string, Scene>(); // the same with another class told

  constructor(
    readonly url: string,
    readonly card: Card,
    readonly codes: Codes,
    readonly told: Told = { other: 0 },
    base?: Scene,
  ) {
    this.base = base ?? this;
  }

  /** How many classes encoder and decoder are told of; 0 where they are told nothing. */
  get classes(): number {
    const { condition } = this.card.latent;
    return condition?.kind === "class" ? condition.size : 0;
  }

  /** The same scene, its decoder told another class. */
  as(told: Told): Scene {
    if (!this.classes) return this;
    const { base } = this;
    const key = `${told.one} ${told.other}`;
    const there = base.others.get(key) ?? new Scene(base.url, base.card, base.codes, told, base);
    base.others.set(key, there);
    return there;
  }

  /** The same scene, in which a code that is no example's is decoded as this example's class. */
  beside(row: number | undefined): Scene {
    return row === undefined ? this : this.as({ ...this.told, other: this.label(row) });
  }

  private label(row: number): number {
    const label = this.codes.label?.[row] ?? -1;
    return label < 0 ? this.told.other : label;
  }

  /** The classes of some examples' codes: the one that is told, or their own. */
  ownOf(rows: ArrayLike<number>): number[] {
    return Array.from(rows, (row) => this.told.one ?? this.label(row));
  }

  get dim(): number {
    return this.card.latent.dim;
  }

  get count(): number {
    return this.card.count;
  }

  /** What is known of the examples beside their codes. */
  get facts(): Facts {
    return { data: this.card.data, count: this.count, label: this.codes.label, factors: this.codes.factors };
  }

  /** The code of one row, a view of the array. */
  code(row: number): Float32Array {
    return this.codes.mu.subarray(row * this.dim, (row + 1) * this.dim);
  }

  /** The examples; loaded when first asked for, since most visits begin with the map. */
  originals(): Promise<Originals> {
    if (this.base !== this) return this.base.originals();
    const [, height, width] = this.card.data.shape;
    this.originalsOnce ??= fetched(this.url + "originals.json").then(
      async (answer) => new Originals(this.url, (await answer.json()) as OriginalsCard, width, height),
    );
    this.originalsOnce.catch(() => (this.originalsOnce = undefined));
    return this.originalsOnce;
  }

  /** The mixture fitted to the codes; loaded by whoever draws from it. */
  mixture(): Promise<Mixture> {
    if (this.base !== this) return this.base.mixture();
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
  const scene = new Scene(url, card, codesOf(card, tensors));
  if (card.data.kind === "series") await scaled(scene);
  return scene;
}

/** Curves are told apart on one scale, so it is known before the first is drawn; without originals it grows. */
async function scaled(scene: Scene): Promise<void> {
  const all = scene.originals().then((originals) => (originals.missing ? undefined : originals.numbers()));
  const known = await all.catch(() => undefined); // pages say what is missing
  if (known) scaleBy(known.data as Float32Array, scene.card.data);
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
