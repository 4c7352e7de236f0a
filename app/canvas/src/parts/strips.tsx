/** Strips: what the decoder makes of a code when one of its numbers moves from −3σ to +3σ. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { reach, type Axis } from "../axes";
import { decode } from "../models";
import type { Scene } from "../scene";
import { dimension } from "../space";
import { digits, Picture, signed } from "./kit";

export const STEPS = 9;

/** The values of a strip's cells, ascending. */
export function valuesOf(axis: Axis): number[] {
  return Array.from({ length: STEPS }, (_, i) => axis.centre + reach(axis) * ((2 * i) / (STEPS - 1) - 1));
}

/** The pictures of each axis around z, by dimension, shape (STEPS, …) each: decoded one strip after another, so
 * that whatever moves in between is decoded first. The old ones stay until the new ones are there. */
export function useStrips(scene: Scene, axes: Axis[], z: Float32Array): { strips: Map<number, Float32Array>; failed?: Error } {
  const [strips, setStrips] = useState<{ of: Scene; by: Map<number, Float32Array> }>({ of: scene.base, by: new Map() });
  const [failed, setFailed] = useState<Error>();
  useEffect(() => {
    let current = true;
    void (async () => {
      for (const axis of axes) {
        const codes = new Float32Array(STEPS * scene.dim);
        valuesOf(axis).forEach((value, i) => {
          codes.set(z, i * scene.dim);
          codes[i * scene.dim + axis.d] = value;
        });
        const x = await decode(scene, codes);
        if (!current) return;
        setStrips((old) => ({ of: scene.base, by: new Map(old.of === scene.base ? old.by : []).set(axis.d, x) }));
      }
    })().then(
      () => current && setFailed(undefined),
      (error: Error) => current && setFailed(error),
    );
    return () => {
      current = false;
    };
  }, [scene, axes, z]);
  return { strips: strips.of === scene.base ? strips.by : new Map(), failed };
}

/** Nats of a dimension, short. */
export const natsOf = (kl: number): string => (kl < 0.005 ? "0 nats" : `${digits(kl, 2)} nats`);

export function Strip(props: { scene: Scene; axis: Axis; x?: Float32Array; value: number; onPick(value: number): void }) {
  const { scene, axis, x, value } = props;
  const values = useMemo(() => valuesOf(axis), [axis]);
  const name = dimension(axis.d);
  const step = values[1] - values[0];
  const near = Math.max(0, Math.min(STEPS - 1, Math.round((value - values[0]) / step)));
  // Drawn anew only when its pictures or its nearest cell have changed: a slider moves without it.
  return useMemo(
    () => (
      <div class={axis.dead ? "strip dead" : "strip"} data-kind={scene.card.data.kind} role="group" aria-label={axis.dead ? `${name}, dead` : name}>
        <span class="name">
          {name}
          <small>{axis.dead ? "dead" : axis.kl === undefined ? "" : natsOf(axis.kl)}</small>
          <small title="Deviation of the codes of all examples: how far the aggregate posterior reaches.">σ {digits(axis.sigma, 2)}</small>
        </span>
        {values.map((each, i) => {
          const text = `${name} = ${signed(each.toFixed(2))}`;
          return (
            <button type="button" class={i === near ? "near" : ""} aria-current={i === near} title={text} onClick={() => props.onPick(each)}>
              <Picture x={x} row={i} data={scene.card.data} label={text} />
            </button>
          );
        })}
      </div>
    ),
    [scene, axis, x, near],
  );
}
