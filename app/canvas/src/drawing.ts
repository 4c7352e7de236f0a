/** Brings a drawing or a photo into the form that a data set has: fitted, centred, coarsened, binarised. */

import type { Card, Data } from "./scene";

/** How the makers of a data set placed what is to be seen on the field. */
export interface Form {
  /** The longer side of the box that it was fitted into, as a share of the field. */
  box: number;
  /** What lies in the middle of the field: the centre of mass, or the middle of the box. */
  centre: "mass" | "box";
  /** How it was made, for whoever draws. */
  text: string;
}

/** A square of the drawing, in pixels of the drawing; it may reach beyond its edges. */
export interface Crop {
  left: number;
  top: number;
  side: number;
}

const INK = 0.2; // in [0, 1]: what is darker belongs to the ground

const FORMS: Record<string, Form> = {
  mnist: {
    box: 20 / 28,
    centre: "mass",
    text: "As MNIST was made: fitted into a box of 20×20 pixels, centred by its centre of mass (LeCun et al. 1998).",
  },
  "fashion-mnist": {
    box: 1,
    centre: "box",
    text: "As Fashion-MNIST was made: the longer side fills the 28 pixels, the shorter one is centred (Xiao et al. 2017).",
  },
  digits: {
    box: 1,
    centre: "box",
    text: "As the digits were made: fitted into 32×32 points, then counted in boxes of 4×4 (Alpaydın & Kaynak 1998).",
  },
};

/** How the examples of a data set were placed; nothing where place and size belong to the data, as in Shapes. */
export function formOf(data: Card["data"]): Form | undefined {
  return FORMS[data.name];
}

/** The mean of the channels at each pixel, shape (H, W), of an image of shape (C, H, W). */
function grey(x: Float32Array, plane: number): Float32Array {
  const channels = x.length / plane;
  if (channels === 1) return x;
  const out = new Float32Array(plane);
  for (let i = 0; i < x.length; i++) out[i % plane] += x[i] / channels;
  return out;
}

/** The square of a drawing that becomes the whole field, so that what was drawn lies as the data's examples do.
 *
 * MNIST: the digit's size is normalised to a 20×20 box with its proportions kept, grey where the edge is smoothed, then
 * moved so that its centre of mass is the centre of the 28×28 field. (Here not by whole pixels: the drawing is finer.)
 *
 * Source: LeCun, Bottou, Bengio and Haffner (1998), section III, https://doi.org/10.1109/5.726791
 *
 * @param x Drawing, shape (C, side, side), ink 1 on 0.
 * @returns The square; nothing where there is no ink.
 */
export function cropOf(x: Float32Array, side: number, form: Form): Crop | undefined {
  const ink = grey(x, side * side);
  let [left, top, right, bottom] = [side, side, -1, -1];
  let [mass, massX, massY] = [0, 0, 0];
  for (let row = 0, i = 0; row < side; row++) {
    for (let column = 0; column < side; column++, i++) {
      if (ink[i] <= INK) continue;
      left = Math.min(left, column);
      right = Math.max(right, column);
      top = Math.min(top, row);
      bottom = row;
      mass += ink[i];
      massX += ink[i] * (column + 0.5);
      massY += ink[i] * (row + 0.5);
    }
  }
  if (!mass) return undefined;
  const field = Math.max(right + 1 - left, bottom + 1 - top) / form.box;
  const [x0, y0] =
    form.centre === "mass" ? [massX / mass, massY / mass] : [(left + right + 1) / 2, (top + bottom + 1) / 2];
  return { left: x0 - field / 2, top: y0 - field / 2, side: field };
}

/** A square of an image at another resolution: each pixel is the mean of what it covers, ground 0 outside.
 *
 * @param x Image, shape (C, side, side).
 * @returns Image, shape (C, height, width).
 */
export function coarsened(x: Float32Array, side: number, crop: Crop, [channels, height, width]: number[]): Float32Array {
  const rows = shares(crop.top, crop.side, height, side);
  const columns = shares(crop.left, crop.side, width, side);
  const out = new Float32Array(channels * height * width);
  const between = new Float32Array(side); // one row of the result, not yet coarsened along the columns
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < height; row++) {
      between.fill(0);
      for (const [from, share] of rows[row]) {
        const start = (channel * side + from) * side;
        for (let i = 0; i < side; i++) between[i] += share * x[start + i];
      }
      for (let column = 0; column < width; column++) {
        let sum = 0;
        for (const [from, share] of columns[column]) sum += share * between[from];
        out[(channel * height + row) * width + column] = sum;
      }
    }
  }
  return out;
}

/** Of each of ``count`` pixels that divide [start, start + length]: which of ``side`` pixels it covers, and their shares. */
function shares(start: number, length: number, count: number, side: number): [from: number, share: number][][] {
  const step = length / count;
  return Array.from({ length: count }, (_, i) => {
    const [low, high] = [start + i * step, start + (i + 1) * step];
    const covered: [number, number][] = [];
    for (let from = Math.max(0, Math.floor(low)); from < Math.min(side, high); from++) {
      const share = (Math.min(high, from + 1) - Math.max(low, from)) / step;
      if (share > 0) covered.push([from, share]);
    }
    return covered;
  });
}

/** A drawing as the model's input.
 *
 * @param x Drawing, shape (C, side, side), in [0, 1], ink 1 on 0.
 * @param fitted Whether it is placed as the data's examples were, where the data set has a form; else as drawn.
 * @returns Example, shape (C, H, W), in [0, 1], or in {0, 1} where the data are binary: 1 above ½.
 */
export function exampleOf(x: Float32Array, side: number, data: Card["data"], fitted: boolean): Float32Array {
  const form = fitted ? formOf(data) : undefined;
  const crop = (form && cropOf(x, side, form)) ?? { left: 0, top: 0, side };
  const small = coarsened(x, side, crop, data.shape);
  return data.values === "binary" ? small.map((value) => Number(value > 0.5)) : small;
}

/** Pixels as numbers in [0, 1], shape (C, H, W): luminance (ITU-R BT.601) where the data have one channel. */
export function channelsOf({ data, width, height }: ImageData, channels: number): Float32Array {
  const plane = width * height;
  const x = new Float32Array(channels * plane);
  for (let i = 0; i < plane; i++) {
    const [r, g, b] = [data[4 * i] / 255, data[4 * i + 1] / 255, data[4 * i + 2] / 255];
    if (channels === 1) x[i] = 0.299 * r + 0.587 * g + 0.114 * b;
    else [x[i], x[plane + i], x[2 * plane + i]] = [r, g, b];
  }
  return x;
}

/** Luminance of the ground of an image, in [0, 1]: the median along its edge. */
export function groundOf(image: ImageData): number {
  const { width, height } = image;
  const x = channelsOf(image, 1);
  const edge: number[] = [];
  for (let i = 0; i < width; i++) edge.push(x[i], x[(height - 1) * width + i]);
  for (let i = 0; i < height; i++) edge.push(x[i * width], x[(i + 1) * width - 1]);
  return edge.sort((a, b) => a - b)[edge.length >> 1];
}

/** Makes a photo look like an example, in place: its ground becomes black, the farthest from it white.
 *
 * @param ground Luminance of the ground, in [0, 1].
 * @param inverted Whether what is dark is ink, as on paper.
 * @param grey Whether one channel is left, and stretched so that the ground is 0; colours are kept as they are.
 */
export function levelled(image: ImageData, ground: number, inverted: boolean, grey: boolean): ImageData {
  const { data } = image;
  if (!grey) {
    if (inverted) for (let i = 0; i < data.length; i++) if (i % 4 < 3) data[i] = 255 - data[i];
    return image;
  }
  const x = channelsOf(image, 1).map((value) => (inverted ? ground - value : value - ground));
  const most = x.reduce((a, b) => Math.max(a, b), 1e-3);
  x.forEach((value, i) => data.fill(Math.max(0, (255 * value) / most), 4 * i, 4 * i + 3));
  return image;
}

/** How far a reconstruction is from an example: −log p(x|z) of the mean, without the constant of a Gaussian.
 *
 * Cross-entropy where the pixels are binary, and of tokens up to and including the end; ½‖x − y‖² elsewhere, in nats:
 * what the likelihoods that go with such data measure.
 */
export function distortion(x: Float32Array, y: Float32Array, { values, vocabulary }: Data): number {
  let sum = 0;
  if (values === "token") {
    for (let start = 0; start < x.length; start += vocabulary.length) {
      const token = x.subarray(start, start + vocabulary.length).indexOf(1);
      sum -= Math.log(Math.max(1e-7, y[start + token]));
      if (!token) break;
    }
    return sum;
  }
  for (let i = 0; i < x.length; i++) {
    const p = Math.min(1 - 1e-7, Math.max(1e-7, y[i]));
    sum += values === "binary" ? -(x[i] * Math.log(p) + (1 - x[i]) * Math.log(1 - p)) : 0.5 * (x[i] - y[i]) ** 2;
  }
  return sum;
}
