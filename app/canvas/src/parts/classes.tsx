/** Style transfer: one code, decoded as every class that a conditional model can be told. */

import { useMemo } from "preact/hooks";
import { decode, pixels } from "../models";
import type { Scene } from "../scene";
import { Picture, usePromise } from "./kit";

export function Classes({ scene, z, own }: { scene: Scene; z: Float32Array; own?: number }) {
  const { base, classes } = scene;
  const { value: x } = usePromise(() => {
    const all = new Float32Array(classes * z.length);
    for (let k = 0; k < classes; k++) all.set(z, k * z.length);
    return decode(base, all, Array.from({ length: classes }, (_, k) => k));
  }, [base, z]);
  const size = useMemo(() => pixels(base), [base]);
  const names = base.card.data.classes;
  return (
    <div class="classes" role="group" aria-label="The same code as every class">
      <p class="caption">The same code, told another class:</p>
      <div class="cells-of" style={{ gridTemplateColumns: `repeat(${Math.min(8, classes > 6 ? Math.ceil(classes / 2) : classes)}, minmax(0, 1fr))` }}>
        {Array.from({ length: classes }, (_, k) => (
          <figure key={k} class={k === own ? "on" : ""}>
            <Picture x={x?.subarray(k * size, (k + 1) * size)} data={base.card.data} label={`As ${names[k] ?? k}`} />
            <figcaption>{names[k] ?? k}</figcaption>
          </figure>
        ))}
      </div>
    </div>
  );
}
