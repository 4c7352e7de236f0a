/** What the β lab shows at one instant, and the ways to get there; every panel takes these and nothing else. */

import { useLayoutEffect, useState } from "preact/hooks";
import type { Data } from "../card";
import type { Facts } from "../facts";
import type { Signal } from "./signal";

/** Examples that lie side by side, in the data's own units. */
export interface Pixels {
  x: Float32Array; // (count, …): of images (count, C, H, W), in [0, 1]
  count: number;
}

/** The square that the map shows, and that the manifold's cells fill. */
export interface Window {
  centre: [x: number, y: number];
  reach: number; // half its side
}

export interface Moment {
  beta: number;
  label: string; // what the frame is: "trained", "between …", "step 1,200"
  positions: Float32Array; // (N, 2), in units of the map
  mu: Float32Array | null; // (N, D), for ellipses and the aggregate posterior; null where there are none
  logvar: Float32Array | null; // (N, D)
  reconstructions: Pixels | null; // of source.originals, in their order
  samples: Pixels | null; // of the same noise in every moment
  /** Strips, one a dimension, all of as many examples. */
  traversals: Pixels | null;
  traversed: number[]; // the dimension of each row
  manifold: Pixels | null; // g × g, row by row from the upper left, where D = 2
  view?: Window; // that the map shows, where it is not the next one
  window: Window | null; // without one the map shows all but the outermost points
  rate: number; // nats; NaN where unknown
  distortion: number; // nats, or the source's unit
  negativeElbo: number; // rate, distortion and the likelihood's constants; NaN where the likelihood is none
  measured: boolean; // or the figures lie between two β at which they were
  kl: Float32Array; // (D), nats; empty where unknown
  active: number; // dimensions in use
}

export interface RatePoint {
  beta: number;
  rate: number;
  distortion: number;
}

/** Which map a source shows: "z", the plane itself, where D = 2. */
export type MapName = "z" | "pca" | "umap";

/** A figure that was measured of some members, against β. */
export interface Measure {
  name: string;
  title: string;
  points: Measured[];
}

export interface Measured {
  beta: number;
  value: number;
}

/** What a study has measured of other models of the same data, by the name of the figure. */
export interface Studied {
  title: string;
  measures: Record<string, Measured[]>;
}

/** A way to turn β: a sweep, a multi-rate model, a live training. */
export interface Source {
  readonly data: Data;
  readonly dim: number;
  readonly facts: Facts; // of the N examples on the map
  readonly unit: string; // of the distortion
  readonly averaged?: string; // what there is to say of the figures' means
  readonly originals: Signal<Pixels | null>; // the examples that are reconstructed, 16 at most
  readonly curve: Signal<RatePoint[]>; // of this family, by ascending β; of a live training its trace
  readonly curved?: string; // what the curve is of, if not of a family
  readonly range: [low: number, high: number]; // of β, without 0
  readonly hasZero: boolean;
  readonly ticks: number[]; // trained β of a sweep
  readonly map: MapName;
  readonly maps?: MapName[]; // where there is a choice
  choose?(map: MapName): void;
  readonly measures?: Measure[];
  readonly moves?: string; // what the codes move with, if not with β
  readonly fitted?: boolean; // samples are of a Gaussian fitted to the codes, for want of a prior
  /** The original of any row, where it is at hand. */
  original?(row: number): Pixels | null;
  /** How a step in z moves a place on the map, shape (2, D); null where that is no one direction. */
  directions(): Float32Array | null;
  /** Where z = 0 lies on the map; (0, 0) without it. */
  origin?(): [x: number, y: number];
  readonly moment: Signal<Moment | null>;
  readonly failed: Signal<string>; // a sentence, or empty
  dispose(): void;
}

/** Re-renders a component whenever a signal changes. */
export function useSignal<Value>(signal: Signal<Value>): Value {
  const [, again] = useState(0);
  useLayoutEffect(() => signal.subscribe(() => again((count) => count + 1)), [signal]);
  return signal.value;
}
