/** What every page is called. */

import type { PageName } from "../host";

export const titles: Record<PageName, string> = {
  map: "Map",
  reconstruct: "Reconstruct",
  traverse: "Traverse",
  interpolate: "Interpolate",
  sample: "Sample",
  draw: "Draw",
  compare: "Compare",
  beta: "β lab",
  train: "Train",
};
