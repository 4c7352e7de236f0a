/** What the Train page asks of the server, beside its jobs. */

import { Jobs } from "../lab/wire";

export interface DataSet {
  name: string;
  title: string;
  summary: string;
  kind: string;
  why_missing: string; // empty where it is at hand
}

export interface Variant {
  name: string;
  title: string;
  summary: string;
  source: string;
}

/** What there is to choose, and who may. */
export interface Overview {
  train: boolean; // whether this server trains
  door: "open" | "password" | "header"; // what is asked of who wants to train
  admitted: boolean;
  data: DataSet[];
  variants: Variant[];
}

export type Plain = string | number | boolean | number[];

/** An option, as the form asks for it. */
export interface Field {
  name: string;
  title: string;
  help: string;
  kind: "int" | "float" | "bool" | "choice" | "list" | "text";
  default: Plain;
  low: number | null;
  high: number | null;
  choices: string[];
  group: "model" | "network" | "likelihood" | "training" | "data" | "bundle";
  later: boolean; // most trainings leave it as it is
  idle: [other: string, values: Plain[]] | null; // it does nothing while the other has one of these
  above: [larger: string, other: string] | null; // it does nothing unless the one is larger than the other
}

export interface Config {
  data: string;
  variant: string;
  options: Record<string, Plain>;
}

/** What is wrong with a configuration; where nothing is, its size. */
export interface Checked {
  errors: Record<string, string>; // by option
  error: string; // of no one option
  size: { parameters: number; compression_ratio: number; advice: string } | null;
  command: string; // that does the same at a terminal
  name: string; // of the bundle, where none is given
}

export interface Cost {
  device: string;
  seconds: number;
  memory: number; // bytes
  examples_per_s: number;
  steps: number;
}

export interface Device {
  name: string;
  title: string;
  free: number | null; // bytes
}

/** An epoch of a training. */
export interface Epoch {
  epoch: number;
  stage: string;
  train: Record<string, number>;
  validation: Record<string, number>;
  lr: number;
  examples_per_s: number;
}

/** How to make the same again. */
export interface Recipe {
  command: string;
  toml: string;
  code: string; // a script without Loupe
  no_code: string; // why there is none
}

/** The bundle that a job has made, and where it is. */
export interface Made {
  state: "none" | "here" | "bin" | "gone";
  id?: string;
  title?: string;
  note?: string;
  advice?: string; // on what its code carries; empty where all is well
  parameters?: number;
  metrics?: [title: string, value: number, unit: string][];
}

export class Training extends Jobs {
  overview(): Promise<Overview> {
    return this.read("train.json");
  }

  /** Variants that a data set does not fit, each with why. */
  misfits(data: string): Promise<Record<string, string>> {
    return this.read(`train/${data}.json`);
  }

  form(data: string, variant: string, parts: Record<string, string>): Promise<Field[]> {
    return this.read(`train/${data}/${variant}.json?${new URLSearchParams(parts)}`);
  }

  check(config: Config, name: string): Promise<Checked> {
    return this.told("POST", "train/size", { ...config, name });
  }

  cost(config: Config): Promise<Cost> {
    return this.told("POST", "train/cost", config);
  }

  async devices(): Promise<Device[]> {
    return (await this.sent("GET", "train/devices.json")).json() as Promise<Device[]>;
  }

  /** Says the password; the server remembers it by a cookie. */
  async enter(password: string): Promise<void> {
    await this.sent("POST", "train/password", { password });
  }

  history(id: string): Promise<Epoch[]> {
    return this.read(`jobs/${id}/history.json`);
  }

  recipe(id: string): Promise<Recipe> {
    return this.read(`jobs/${id}/recipe.json`);
  }

  made(id: string): Promise<Made> {
    return this.read(`jobs/${id}/bundle.json`);
  }

  change(id: string, name: string, note: string): Promise<Made> {
    return this.told("POST", `jobs/${id}/bundle`, { name, note });
  }

  /** Puts its bundle into the bin. */
  async discard(id: string): Promise<void> {
    await this.sent("DELETE", `jobs/${id}/bundle`);
  }

  async restore(id: string): Promise<void> {
    await this.sent("POST", `jobs/${id}/bundle/restore`, {});
  }

  /** Where a bundle is to be had as a file. */
  zip(bundle: string): string {
    return new URL(`bundles/${bundle}.zip`, this.base).href;
  }
}
