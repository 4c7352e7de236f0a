/** The dimensions of a code: what each carries, how far it reaches, which are dead. */

import { deviation, mean } from "./maths";
import type { Scene } from "./scene";

export const ACTIVE = 0.01; // variance of μ that a dimension in use exceeds: Burda et al. (2016), https://arxiv.org/abs/1509.00519

const SILENT = 0.01; // nats: below it a dimension of a ladder says what the levels above it say already

export interface Axis {
  d: number;
  centre: number; // mean of the codes
  sigma: number; // their deviation
  open?: number; // mean σ of q(z|x)
  kl?: number; // nats
  dead: boolean;
}

/** Codes from which on their spread says something. */
export const ENOUGH = 10;

const known = new WeakMap<Scene, Axis[]>();

/** The dimensions, those that carry most first: by KL, or by variance where there is no KL; the dead ones last. None
 * is called dead where there are not ENOUGH codes. */
export function axesOf(scene: Scene): Axis[] {
  const axes = known.get(scene.base) ?? measured(scene);
  known.set(scene.base, axes);
  return axes;
}

function measured({ codes, card, dim, count }: Scene): Axis[] {
  const [centre, sigma] = [mean(codes.mu, dim), deviation(codes.mu, dim)];
  const open = codes.logvar && mean(codes.logvar.map((value) => Math.exp(value / 2)), dim);
  const widest = Math.max(...sigma);
  const axes = Array.from(centre, (value, d): Axis => {
    const kl = card.kl_per_dimension?.[d];
    const still = codes.logvar ? sigma[d] ** 2 <= ACTIVE : sigma[d] <= 0.01 * widest;
    const silent = card.latent.kind === "ladder" && kl !== undefined && kl < SILENT;
    return { d, centre: value, sigma: sigma[d], open: open?.[d], kl, dead: count >= ENOUGH && (still || silent) };
  });
  return axes.sort((a, b) => Number(a.dead) - Number(b.dead) || (b.kl ?? b.sigma) - (a.kl ?? a.sigma));
}

/** The two dimensions that carry most, for raw z: one choice on every page. */
export function usualDims(scene: Scene): [right: number, up: number] {
  if (scene.dim <= 2) return [0, 1];
  const [first, second] = axesOf(scene);
  return [first.d, second.d];
}

/** How far a slider reaches: three deviations of the codes; of the prior where a dimension is dead. */
export function reach(axis: Axis): number {
  return 3 * (axis.dead ? 1 : axis.sigma || 1);
}
