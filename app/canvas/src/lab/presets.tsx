/** β worth seeing, each with what there is to see. */

import { markText } from "./axis";

export interface Preset {
  beta: number;
  title: string;
  text: string;
}

export const PRESETS: Preset[] = [
  { beta: 0, title: "holes", text: "Nothing pulls the codes together: an autoencoder. They lie far apart, and what is decoded between them is no example." },
  { beta: 1, title: "the ELBO", text: "A nat costs a nat: rate and distortion add up to a bound on −log p(x)." },
  { beta: 4, title: "factors", text: "Only what pays for itself is kept: of shapes, position outlives shape." },
  { beta: 100, title: "collapse", text: "Hardly a nat pays for itself: where none does, q(z|x) is the prior and every example decodes to the mean. The cure: a lower β, annealing, free bits." },
];

/** The preset of a β, if it is one. */
export function presetAt(beta: number): Preset | undefined {
  return PRESETS.find((each) => Math.abs(each.beta - beta) < 1e-6 * Math.max(1, each.beta));
}

/** Nothing where none can be had.
 *
 * @param within Whether a β can be had here.
 */
export function Presets(props: { beta: number; within(beta: number): boolean; onPick(beta: number): void }) {
  if (!PRESETS.some(({ beta }) => props.within(beta))) return null;
  return (
    <div class="presets" role="group" aria-label="β worth seeing">
      {PRESETS.map(({ beta, title, text }) => {
        const there = props.within(beta);
        const on = there && presetAt(props.beta)?.beta === beta;
        return (
          <button type="button" class={on ? "chip on" : "chip"} aria-pressed={on} disabled={!there} title={there ? text : `${text} Beyond what this model was trained for.`} onClick={() => props.onPick(beta)}>
            β = {markText(beta)} · {title}
          </button>
        );
      })}
    </div>
  );
}
