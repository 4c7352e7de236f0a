/** What a model makes of a drawing: one flow from its pixels to the reconstruction. */

import type { RefObject } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { distortion } from "../drawing";
import { paint, wipe } from "../examples/paint";
import { distances, smallest } from "../maths";
import * as meter from "../meter";
import { decode, decodeRows, encode, Latest } from "../models";
import type { Scene } from "../scene";
import { usePromise } from "./kit";
import { numbersAt } from "./original";

export interface Seen {
  x: Float32Array; // (C, H, W), what the model sees
  y: Float32Array; // (C, H, W), what comes back
  mu: Float32Array; // (D)
  logvar?: Float32Array; // (D)
  nearest: number[]; // rows of the examples nearest in the latent space
  away: number[]; // their Euclidean distances
  distortion: number; // nats: see `distortion`
  /** In the unit of the bundle's own errors; nothing where it measures them in a way that is not known here. */
  error?: number;
  kl?: number; // nats
  familiar?: number; // the share of the examples that came back better
  as?: number; // the class that a conditional model was told
  likely?: Float32Array; // (K), probabilities of the classes by the model's own classifier
  stamp: number;
}

const NEAREST = 5;

/** @param back Where the reconstruction is painted as soon as it is there; the rest follows with the next frame. */
export function useSeen(
  scene: Scene,
  back?: RefObject<HTMLCanvasElement | null>,
): {
  seen?: Seen;
  failed?: Error;
  draw(x: Float32Array | undefined, stamp: number): void;
} {
  const [seen, setSeen] = useState<Omit<Seen, "familiar" | "error">>();
  const [failed, setFailed] = useState<Error>();
  const wanted = useRef<Float32Array | undefined>(undefined);
  const frame = useRef(0);
  const flow = useMemo(
    () =>
      new Latest(
        async ({ x, stamp }: { x: Float32Array; stamp: number }) => {
          const { mu, logvar, as, likely } = await encode(scene, x);
          return { x, mu, logvar, as: as?.[0], likely, y: await decode(scene, mu, as), stamp };
        },
        (reply) => {
          setFailed(undefined);
          if (!wanted.current) return; // cleared in between
          if (back?.current) {
            paint(back.current, reply.y, scene.card.data);
            meter.note(reply.stamp);
          }
          cancelAnimationFrame(frame.current);
          frame.current = requestAnimationFrame(() => wanted.current && setSeen(lookedAt(scene, reply)));
        },
        setFailed,
      ),
    [scene],
  );
  useEffect(() => () => flow.cancel(), [flow]);
  const draw = useCallback(
    (x: Float32Array | undefined, stamp: number) => {
      wanted.current = x;
      if (x) return flow.ask({ x, stamp });
      setSeen(undefined);
      if (back?.current) wipe(back.current);
    },
    [flow],
  );
  const { value: measure } = usePromise(() => measureOf(scene), [scene.base]);
  const error = seen && measure && measure.slope * seen.distortion + measure.offset;
  const familiar = error === undefined ? undefined : scene.codes.error.filter((each) => each < error).length / scene.count;
  return { seen: seen && { ...seen, error, familiar }, failed, draw };
}

function lookedAt(scene: Scene, each: Pick<Seen, "x" | "y" | "mu" | "logvar" | "as" | "likely" | "stamp">): Omit<Seen, "familiar" | "error"> {
  const squared = distances(scene.codes.mu, each.mu);
  const nearest = smallest(squared, NEAREST);
  return {
    ...each,
    nearest,
    away: nearest.map((row) => Math.sqrt(squared[row])),
    distortion: distortion(each.x, each.y, scene.card.data),
    kl: each.logvar && klOf(each.mu, each.logvar),
  };
}

/** Nats between a diagonal Gaussian and the standard normal: ½ Σ (μ² + σ² − 1 − log σ²). */
export function klOf(mu: Float32Array, logvar: Float32Array): number {
  return mu.reduce((sum, value, d) => sum + 0.5 * (value ** 2 + Math.exp(logvar[d]) - 1 - logvar[d]), 0);
}

/** How a bundle measures errors: slope·distortion + offset, in its own unit. */
interface Measure {
  slope: number;
  offset: number;
}

const CHECKED = 8;
const MISFIT = 0.03; // of the range: codes are in half precision, pixels in steps of 1/255

/** The line through the bundle's own errors of some examples over their `distortion`. It is exact for the
 * Bernoulli likelihood and for a Gaussian one, its σ fixed or learned; where it does not fit there is none. */
async function measureOf(scene: Scene): Promise<Measure | undefined> {
  const rows = Array.from({ length: Math.min(CHECKED, scene.count) }, (_, row) => row);
  const x = await numbersAt(scene, rows);
  const y = await decodeRows(scene.as({ other: 0 }), rows);
  const part = (all: Float32Array, row: number) => all.subarray((row * all.length) / rows.length, ((row + 1) * all.length) / rows.length);
  const own = rows.map((row) => distortion(part(x, row), part(y, row), scene.card.data));
  const theirs = rows.map((row) => scene.codes.error[row]);
  const middle = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [m, t] = [middle(own), middle(theirs)];
  const slope = middle(own.map((value, i) => (value - m) * (theirs[i] - t))) / middle(own.map((value) => (value - m) ** 2));
  const offset = t - slope * m;
  const range = Math.max(...theirs) - Math.min(...theirs);
  const fits = own.every((value, i) => Math.abs(slope * value + offset - theirs[i]) <= MISFIT * range);
  return slope > 0 && fits ? { slope, offset } : undefined;
}
