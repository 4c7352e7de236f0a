/** What is decoded where no example lies on the map of a codebook's model. */

import type { Scene } from "../scene";

export function Unchosen({ scene, example }: { scene: Scene; example: boolean }) {
  if (!scene.card.latent.codebook) return null;
  return (
    <p class="caption">
      {example
        ? "This code is a choice of vectors from the codebook, as all that the decoder learned from."
        : "Not a choice of vectors from the codebook, nor moved to the nearest: the decoder reads this place as it is, and learned from no such code."}
    </p>
  );
}
