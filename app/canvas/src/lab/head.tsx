/** The β card: the price of a nat, what it stands in, and what it comes to. */

import type { ComponentChildren } from "preact";
import { digits } from "../parts/kit";
import { betaText, natsText } from "./axis";
import { useSignal, type Source } from "./moment";
import { presetAt } from "./presets";

/** @param beta That is asked for, where the moment is behind it. */
export function BetaHead({ source, beta, children }: { source: Source; beta?: number; children?: ComponentChildren }) {
  const moment = useSignal(source.moment);
  const now = beta ?? moment?.beta ?? 1;
  const said = betaText(now);
  const about = moment?.measured === false ? "≈ " : "";
  return (
    <section class="panel beta-head" aria-label="β">
      <div class="line">
        <strong class="beta number">β = {said}</strong>
        <span class="equation" aria-label={`minus log p of x given z, plus ${said} times the KL divergence of q of z given x from p of z`}>
          −log p(x|z) + <b>{said}</b> · KL(q(z|x) ∥ p(z))
        </span>
        <span class="grow" />
        {moment && (
          <dl class="told-figures">
            <div><dt>rate</dt> <dd>{about}{natsText(moment.rate)}<i> nats</i></dd></div>
            <div><dt>distortion</dt> <dd>{about}{digits(moment.distortion)}<i> {source.unit}</i></dd></div>
            <div><dt>active</dt> <dd>{moment.active} / {source.dim}</dd></div>
          </dl>
        )}
      </div>
      {children}
      <p class="caption what">
        <span class="state">{moment?.label ?? "loading"}</span>
        <span>{presetAt(now)?.text}</span>
      </p>
    </section>
  );
}
