/** Way 1, the sweep: models trained at some β; between two of them the mean of their weights is a model too. */

import type { Data, Part } from "../card";
import { fetched } from "../fetched";
import { Originals, type OriginalsCard } from "../originals";
import { markText } from "./axis";
import { basisOf, Family, type Spot } from "./family";
import type { MapName, Measure } from "./moment";
import { readTensors } from "../safetensors";

/** sweep.json, as ``aecore.scenes.sweep`` writes it. */
export interface SweepCard {
  title: string;
  data: Data;
  dim: number;
  betas: number[];
  members: { beta: number; rate: number; distortion: number; objective: number; metrics: Record<string, number | number[]> }[];
  between: { beta: number; rate: number; distortion: number; excess: number }[];
  maps: ("plane" | "pca" | "umap")[];
  count: number;
  error_unit: string;
  examples: string;
  likelihood: string;
  binarise: string;
  constants: number | null; // nats; null where the likelihood is none
  encoder: Part;
  decoder: Part;
}

const MEASURES: [name: string, title: string][] = [
  ["mig", "MIG"],
  ["mig_without_shape", "MIG without shape"],
  ["sap", "SAP"],
  ["dci_disentanglement", "DCI disentanglement"],
  ["factor_vae_score", "FactorVAE score"],
];

export async function sweepCard(url: string): Promise<SweepCard> {
  return (await (await fetched(url + "sweep.json")).json()) as SweepCard;
}

/** Between which members a β lies: by ratio, and from 0 by the square, as ``aecore.sweeps.locate``. */
export function locate(betas: number[], beta: number): Spot {
  const last = betas.length - 1;
  if (beta <= betas[0]) return { k: 0, t: 0 };
  if (beta >= betas[last]) return { k: last, t: 0 };
  const k = betas.findIndex((each) => each > beta) - 1;
  if (betas[k] === beta) return { k, t: 0 };
  return { k, t: betas[k] ? Math.log(beta / betas[k]) / Math.log(betas[k + 1] / betas[k]) : Math.sqrt(beta / betas[k + 1]) };
}

/** A curve through what was measured at a member, half way, and at the next. */
function through(low: number, middle: number, high: number, t: number): number {
  return t < 0.5 ? low + 2 * t * (middle - low) : middle + (2 * t - 1) * (high - middle);
}

export async function loadSweep(url: string): Promise<Family> {
  const [card, tensors, answer] = await Promise.all([
    sweepCard(url),
    fetched(url + "codes.safetensors").then(async (answer) => readTensors(await answer.arrayBuffer())),
    fetched(url + "originals.json").then((answer) => answer.json() as Promise<OriginalsCard>),
  ]);
  const floats = (name: string) => tensors.get(name)!.data as Float32Array;
  const whole = (name: string) => tensors.get(name)?.data as Int32Array | undefined;
  const { betas, members, between, dim } = card;
  const maps = new Map<MapName, Float32Array>();
  for (const name of card.maps) {
    if (name === "plane") maps.set("z", floats("mu"));
    else if (name !== "pca" || dim > 2) maps.set(name, floats(name));
  }
  const kl = (k: number) => members[k].metrics.kl_per_dimension as number[];
  const above = betas.filter((beta) => beta > 0);
  return new Family({
    url,
    data: card.data,
    dim,
    facts: { data: card.data, count: card.count, label: whole("label"), factors: whole("factors") },
    unit: card.error_unit,
    basis: basisOf(card),
    constants: card.constants,
    curve: members,
    range: [above[0], above.at(-1)!],
    hasZero: betas[0] === 0,
    ticks: betas,
    measures: MEASURES.flatMap(([name, title]): Measure[] => {
      const points = members.filter(({ metrics }) => typeof metrics[name] === "number");
      return points.length > 1 ? [{ name, title, points: points.map(({ beta, metrics }) => ({ beta, value: metrics[name] as number })) }] : [];
    }),
    knots: { count: betas.length, rows: card.count, mu: floats("mu"), logvar: floats("logvar") },
    knotBetas: betas,
    maps,
    encoder: card.encoder,
    decoder: card.decoder,
    weights: "weights.safetensors",
    originals: new Originals(url, answer, card.data.shape[2], card.data.shape[1]),
    locate: (beta) => locate(betas, beta),
    figures: (_, { k, t }) => {
      const [low, high] = [members[k], members[t ? k + 1 : k]];
      const half = t ? between[k] : low;
      const [below, next] = [kl(k), kl(t ? k + 1 : k)];
      return {
        rate: through(low.rate, half.rate, high.rate, t),
        distortion: through(low.distortion, half.distortion, high.distortion, t),
        kl: Float32Array.from(below, (value, d) => (1 - t) * value + t * next[d]),
        measured: !t,
      };
    },
    fed: (spot) => spot,
    condition: () => undefined,
    label: (_, { k, t }) => {
      if (!t) return "trained";
      const ends = `between ${markText(betas[k])} and ${markText(betas[k + 1])}`;
      return `${ends}: weights ${t > 0.45 && t < 0.55 ? "half way" : `${Math.round(100 * t)} % of the way`}`;
    },
  });
}
