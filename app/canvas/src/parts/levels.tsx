/** A ladder's levels: the nats that each carries, and those of its dimensions. */

import type { Scene } from "../scene";
import { dimension } from "../space";
import { digits, Panel } from "./kit";

/** Dimensions by level, the one nearest to the data first. */
function byLevel({ card }: Scene): number[][] {
  let next = 0;
  return card.latent.levels.map((size) => Array.from({ length: size }, () => next++));
}

/** The level of a dimension, counted from 1; nothing where there are none. */
export function levelOf(scene: Scene, d: number): number | undefined {
  return byLevel(scene).findIndex((dims) => dims.includes(d)) + 1 || undefined;
}

export function Levels({ scene }: { scene: Scene }) {
  const kl = scene.card.kl_per_dimension;
  const rates = scene.card.measured.rate_per_level;
  const levels = byLevel(scene);
  if (levels.length < 2 || (!kl && !Array.isArray(rates))) return null;
  const rate = (k: number) => (Array.isArray(rates) ? rates[k] : levels[k].reduce((sum, d) => sum + kl![d], 0));
  const most = Math.max(...(kl ?? []), 1e-9);
  const whole = Math.max(...levels.map((_, k) => rate(k)), 1e-9);
  return (
    <Panel class="levels" title="KL by level" text="Nats that each level tells of its input, given the levels above. Level 1 stands nearest to the data.">
      {levels
        .map((dims, k) => (
          <div key={k} class="level" role="group" aria-label={`Level ${k + 1}: ${digits(rate(k))} nats in ${dims.length} dimensions`}>
            <span class="name">
              level {k + 1}
              <small class="number">{digits(rate(k))} nats</small>
            </span>
            <span class="bars-of">
              {kl ? (
                dims.map((d) => (
                  <i key={d} title={`${dimension(d)}: ${digits(kl[d], 2)} nats`} style={{ height: `${Math.max(2, (100 * Math.max(0, kl[d])) / most)}%` }} />
                ))
              ) : (
                <i class="whole" style={{ height: `${(100 * rate(k)) / whole}%` }} />
              )}
            </span>
          </div>
        ))
        .reverse()}
    </Panel>
  );
}
