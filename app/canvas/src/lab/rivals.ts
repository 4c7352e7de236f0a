/** What shares a rate–distortion plot with a way: the others' models whose figures can be compared with its own. */

import type { LabData } from "./catalogue";
import type { Rival } from "./charts";
import { basisOf } from "./family";
import { rateCard } from "./multirate";
import { sweepCard } from "./sweep";

export type WayName = "sweep" | "one" | "live";

/** The first sweep and the first multi-rate model that are not of this way, have as many dimensions and the same basis. */
export async function rivalsOf(way: WayName, { sweeps, multi_rate }: LabData, { dim, basis }: { dim: number; basis: string }): Promise<Rival[]> {
  const [trained, rated] = await Promise.all([
    Promise.all((way === "sweep" ? [] : sweeps).map(({ url }) => sweepCard(url))),
    Promise.all((way === "one" ? [] : multi_rate).map(({ url }) => rateCard(url))),
  ]);
  const dedicated = trained.find((card) => card.dim === dim && basisOf(card) === basis);
  const one = rated.find((card) => card.latent.dim === dim && basisOf(card) === basis && card.rate_distortion?.length);
  return [
    ...(dedicated ? [{ title: "dedicated VAEs", points: dedicated.members }] : []),
    ...(one ? [{ title: "one model for every β", points: one.rate_distortion! }] : []),
  ];
}
