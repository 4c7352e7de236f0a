/** Codes drawn as the controls say: at once where that is arithmetic, by the model's own functions where it is not. */

import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { drawn, noiseOf, type Source } from "../draws";
import { Latest } from "../models";
import { drawnByFunction, drawnByIndex, type Wanted } from "../priors";
import type { Mixture, Scene } from "../scene";

export interface Draw extends Wanted {
  source: Source;
  /** Every row of the grid is a class, and every column the same noise. */
  everyClass: boolean;
}

export interface Drawn {
  z: Float32Array; // shape (rows, D)
  as?: Int32Array; // (rows), the classes told
  how: Draw;
}

/** @param mixture Where draws come from if not from the prior; nothing until it is loaded. */
export function useDraws(scene: Scene, how: Draw, mixture?: Mixture): { drawn?: Drawn; share: number; failed?: Error } {
  const { prior } = scene.card.latent;
  const model = how.source === "prior" && (prior === "function" || prior === "autoregressive");
  const [late, setLate] = useState<Drawn>();
  const [share, setShare] = useState(1);
  const [failed, setFailed] = useState<Error>();
  const { base } = scene;
  const asking = useMemo(
    () =>
      new Latest(
        (how: Draw) => (prior === "function" ? drawnByFunction(base, how) : drawnByIndex(base, how, setShare)),
        (z, how) => {
          setLate(spread(base, z, how));
          setFailed(undefined);
        },
        setFailed,
      ),
    [base],
  );
  useEffect(() => () => asking.cancel(), [asking]);
  useLayoutEffect(() => {
    if (model) asking.ask(how);
  }, [asking, model, how]);
  const { seed, count } = how;
  const noise = useMemo(() => noiseOf(seed, count, base.dim), [base, seed, count]);
  const from = how.source === "mixture" ? mixture : base.codes.prior;
  const now = useMemo(() => (model || !from ? undefined : spread(base, drawn(from, how.temperature, noise), how)), [base, model, from, how, noise]);
  return model ? { drawn: late, share, failed } : { drawn: now, share: 1 };
}

/** Each draw once for every class, a row a class; or the draws as they are. */
function spread(scene: Scene, z: Float32Array, how: Draw): Drawn {
  if (!how.everyClass) return { z, how };
  const all = new Float32Array(scene.classes * z.length);
  for (let k = 0; k < scene.classes; k++) all.set(z, k * z.length);
  return { z: all, as: Int32Array.from({ length: scene.classes * how.count }, (_, i) => Math.floor(i / how.count)), how };
}
