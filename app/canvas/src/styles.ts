/** Every style sheet, in order. */

import base from "./canvas.css";
import stage from "./parts/stage.css";
import legend from "./parts/legend.css";
import selection from "./parts/selection.css";
import map from "./pages/map.css";
import reconstruct from "./pages/reconstruct.css";
import pad from "./parts/pad.css";
import draw from "./pages/draw.css";
import compare from "./pages/compare.css";
import traverse from "./pages/traverse.css";
import interpolate from "./pages/interpolate.css";
import sample from "./pages/sample.css";

export const styles = [base, stage, legend, selection, map, reconstruct, pad, draw, compare, traverse, interpolate, sample];
