/** Every style sheet, in order. */

import base from "./canvas.css";
import stage from "./parts/stage.css";
import legend from "./parts/legend.css";
import selection from "./parts/selection.css";
import map from "./pages/map.css";
import reconstruct from "./pages/reconstruct.css";
import told from "./parts/told.css";
import pad from "./parts/pad.css";
import draw from "./pages/draw.css";
import compare from "./pages/compare.css";
import traverse from "./pages/traverse.css";
import interpolate from "./pages/interpolate.css";
import sample from "./pages/sample.css";
import examples from "./examples/examples.css";
import lab from "./lab/lab.css";
import controls from "./lab/controls.css";
import scrub from "./lab/scrub.css";
import train from "./train/train.css";

export const styles = [base, stage, legend, selection, map, reconstruct, told, pad, draw, compare, traverse, interpolate, sample, examples, lab, controls, scrub, train];
