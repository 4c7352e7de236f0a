/** Every page by its name. */

import type { FunctionComponent } from "preact";
import type { PageProps } from "../app";
import type { PageName } from "../host";
import { Compare } from "./compare";
import { Draw } from "./draw";
import { Interpolate } from "./interpolate";
import { MapPage } from "./map";
import { Reconstruct } from "./reconstruct";
import { Sample } from "./sample";
import { Traverse } from "./traverse";

export type OfScene = Exclude<PageName, "beta" | "train">;

/** Those that show a bundle; the β lab has models of its own, and Train makes them. */
export const pages: Record<OfScene, FunctionComponent<PageProps>> = {
  map: MapPage,
  reconstruct: Reconstruct,
  traverse: Traverse,
  interpolate: Interpolate,
  sample: Sample,
  draw: Draw,
  compare: Compare,
};

export { titles } from "./titles";
