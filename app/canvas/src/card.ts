/** scene.json: what a bundle's card says of it, as the canvas reads it. */

import type { PageName } from "./host";

export interface Part {
  file: string;
  inputs: string[];
  outputs: string[];
}

export interface Factor {
  name: string;
  values: (number | string)[];
}

/** A model of any β at one of them. */
export interface RateDistortion {
  beta: number;
  rate: number; // nats
  distortion: number;
  kl_per_dimension: number[]; // nats
}

export interface Card {
  version: number;
  id: string;
  title: string;
  note: string; // what its owner has to say about it
  data: {
    name: string;
    title: string;
    kind: string;
    /** Of an image [C, H, W], of a series [T, channels + 1], of tokens [T], of a row of a table [F]. */
    shape: number[];
    values: string;
    classes: string[];
    factors: Factor[];
    vocabulary: string[]; // of tokens, the end token first
    columns: string[]; // of a table and of a series
    centre: number[]; // of a table: x · scale + centre is in the column's own unit
    scale: number[];
  };
  latent: {
    kind: "gaussian" | "point" | "flow" | "ladder" | "codebook";
    dim: number;
    prior: "standard-normal" | "fitted-gaussian" | "function" | "autoregressive";
    prior_title: string;
    levels: number[]; // of a ladder: dimensions of each, the one nearest to the data first
    codebook: { size: number; slots: number; width: number } | null;
    condition: { kind: "class" | "log-beta"; size: number; range?: [low: number, high: number] } | null;
  };
  views: Partial<Record<PageName, string>>; // why a page has nothing to show; empty where it has
  score: number | null; // σ of the noise it was trained to undo, where that gives a score field
  measured: Record<string, number | number[]>;
  beta: number | null; // what a nat of code costs in its objective
  split: string; // of which the codes are: test, …
  examples: string; // the same in two bundles whose codes are of the same examples
  error_unit: string;
  likelihood: string; // that the error is measured by; empty where the card does not say
  binarise: string; // how its pixels were made black or white: none, …
  constants: number | null; // nats beside rate and distortion in −ELBO; null where the likelihood is none
  count: number;
  maps: string[];
  kl_per_dimension: number[] | null;
  rate_distortion?: RateDistortion[]; // of a model of any β, by ascending β
  encoder: Part;
  decoder: Part;
  prior?: Part;
  lookup?: Part;
  classifier?: Part;
  weights: string;
}

export type FunctionName = "encoder" | "decoder" | "prior" | "lookup" | "classifier";

/** What the examples are. */
export type Data = Card["data"];
