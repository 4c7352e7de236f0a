/** Way 2, one model for every β: encoder and decoder are told log β. */

import type { Card, RateDistortion } from "../card";
import { fetched } from "../fetched";
import { Originals, type OriginalsCard } from "../originals";
import { readTensors } from "../safetensors";
import { basisOf, Family, type Figures, type Spot } from "./family";
import type { MapName } from "./moment";

export async function rateCard(url: string): Promise<Card> {
  return (await (await fetched(url + "scene.json")).json()) as Card;
}

/** Between which of some ascending numbers one lies. */
export function between(knots: ArrayLike<number>, value: number): Spot {
  const last = knots.length - 1;
  if (value <= knots[0]) return { k: 0, t: 0 };
  if (value >= knots[last] - 1e-6) return { k: last, t: 0 };
  let k = 0;
  while (knots[k + 1] <= value) k++;
  const t = (value - knots[k]) / (knots[k + 1] - knots[k]);
  return t < 1e-6 ? { k, t: 0 } : { k, t };
}

/** What the card measured, linear in log β between its points. */
export function figuresAt(curve: RateDistortion[], beta: number): Figures {
  const { k, t } = between(curve.map((point) => Math.log(point.beta)), Math.log(beta));
  const [low, high] = [curve[k], curve[t ? k + 1 : k]];
  const mix = (a: number, b: number) => (1 - t) * a + t * b;
  return {
    rate: mix(low.rate, high.rate),
    distortion: mix(low.distortion, high.distortion),
    kl: Float32Array.from(low.kl_per_dimension, (value, d) => mix(value, high.kl_per_dimension[d])),
    measured: !t,
  };
}

export async function loadMultiRate(url: string): Promise<Family> {
  const [card, tensors, answer] = await Promise.all([
    rateCard(url),
    fetched(url + "codes.safetensors").then(async (answer) => readTensors(await answer.arrayBuffer())),
    fetched(url + "originals.json").then((answer) => answer.json() as Promise<OriginalsCard>),
  ]);
  const floats = (name: string) => tensors.get(name)?.data as Float32Array;
  const whole = (name: string) => tensors.get(name)?.data as Int32Array | undefined;
  const [knots, mu] = [floats("knots"), floats("mu_knots")];
  const range = card.latent.condition?.range;
  const curve = card.rate_distortion ?? [];
  if (!knots || !range || !curve.length) throw new Error("This bundle was trained at one β: a multi-rate-vae is told any.");
  const dim = card.latent.dim;
  const maps = new Map<MapName, Float32Array>(dim === 2 ? [["z", mu]] : [["pca", floats("pca_knots")]]);
  return new Family({
    url,
    data: card.data,
    dim,
    facts: { data: card.data, count: card.count, label: whole("label"), factors: whole("factors") },
    unit: card.error_unit,
    basis: basisOf(card),
    constants: card.constants,
    curve,
    range,
    hasZero: false,
    ticks: [],
    measures: [],
    knots: { count: knots.length, rows: card.count, mu, logvar: null },
    knotBetas: Array.from(knots, Math.exp),
    maps,
    encoder: card.encoder,
    decoder: card.decoder,
    weights: card.weights,
    originals: new Originals(url, answer, card.data.shape[2], card.data.shape[1]),
    locate: (beta) => between(knots, Math.log(beta)),
    figures: (beta) => figuresAt(curve, beta),
    fed: () => undefined,
    condition: Math.log,
    label: (_, { t }, fresh) => {
      if (fresh) return "decoder exact · codes encoded at this β";
      return t ? "decoder exact · codes between knots" : "decoder exact · codes at a knot";
    },
  });
}
