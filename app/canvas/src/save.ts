/** Pictures to take away: many in one, enlarged without smoothing, as PNG or GIF. */

import { applyPalette, GIFEncoder, quantize } from "gifenc";
import { cellOf, mannerOf, sizeOf, type Brush, type Tones } from "./examples/kinds";
import { pixelsOf } from "./image";
import type { Data } from "./scene";

/** Where the examples of a mosaic lie: ``columns`` beside each other, ``gap`` pixels between them. */
export interface Grid {
  count: number;
  columns: number;
  gap: number;
}

/** Width and height of a mosaic, in pixels of an image or in CSS pixels. */
export function sideOf(data: Data, { count, columns, gap }: Grid): [width: number, height: number] {
  const [width, height] = cellOf(data);
  const rows = Math.ceil(count / columns);
  return [columns * (width + gap) - gap, rows * (height + gap) - gap];
}

/** Examples, shape (count, …), in one image, row by row; what lies between them is transparent, or white.
 *
 * @param factor How many times larger: pixels stay squares, everything else is drawn as large.
 */
export function mosaicOf(x: Float32Array, data: Data, grid: Grid, white = false, factor = 1): ImageData {
  if (mannerOf(data)) return drawnOf(x, data, grid, factor);
  const [, height, width] = data.shape;
  const all = new ImageData(...sideOf(data, grid));
  if (white) all.data.fill(255);
  for (let i = 0; i < grid.count; i++) {
    const one = pixelsOf(x, data.shape, i);
    const left = (i % grid.columns) * (width + grid.gap);
    const top = Math.floor(i / grid.columns) * (height + grid.gap);
    for (let y = 0; y < height; y++) {
      all.data.set(one.data.subarray(4 * y * width, 4 * (y + 1) * width), 4 * ((top + y) * all.width + left));
    }
  }
  return factor === 1 ? all : enlarged(all, factor);
}

const PAPER: Tones = { ink: "rgb(24 25 30)", faint: "rgb(90 92 102)", line: "rgb(216 217 222)", accent: "rgb(55 72 196)" };

/** The same of what is drawn and has no pixels of its own: dark on white. */
function drawnOf(x: Float32Array, data: Data, grid: Grid, factor: number): ImageData {
  const [width, height] = sideOf(data, grid);
  const canvas = new OffscreenCanvas(Math.round(width * factor), Math.round(height * factor));
  const pen = canvas.getContext("2d")!;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.scale(factor, factor);
  paintGrid({ pen, width, height, tones: PAPER }, x, data, grid);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** Paints examples side by side, as large as the brush's field is. */
export function paintGrid({ pen, width, tones }: Brush, x: Float32Array, data: Data, { count, columns, gap }: Grid): void {
  const [manner, size] = [mannerOf(data)!, sizeOf(data)];
  const [wide, high] = cellOf(data);
  const scale = width / (columns * (wide + gap) - gap);
  for (let i = 0; i < count; i++) {
    pen.save();
    pen.translate((i % columns) * (wide + gap) * scale, Math.floor(i / columns) * (high + gap) * scale);
    manner.draw({ pen, width: wide * scale, height: high * scale, tones }, x.subarray(i * size, (i + 1) * size), data);
    pen.restore();
  }
}

/** How many times an image must grow for ``side`` pixels to become about ``wanted``. */
export function factorFor(side: number, wanted: number): number {
  return Math.max(1, Math.round(wanted / side));
}

/** Each pixel ``factor`` times as wide and as high: nearest neighbour. */
export function enlarged(image: ImageData, factor: number): ImageData {
  const out = new ImageData(image.width * factor, image.height * factor);
  const [from, to] = [new Uint32Array(image.data.buffer), new Uint32Array(out.data.buffer)];
  for (let y = 0; y < out.height; y++) {
    const row = Math.floor(y / factor) * image.width;
    for (let x = 0; x < out.width; x++) to[y * out.width + x] = from[row + Math.floor(x / factor)];
  }
  return out;
}

export async function png(image: ImageData): Promise<Blob> {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

const GREYS = Array.from({ length: 256 }, (_, value) => [value, value, value]);

/** A film that repeats for ever. Grey images keep every grey; others get 256 colours a frame.
 *
 * @param delay Milliseconds a frame; the format counts in steps of ten.
 */
export function gif(frames: ImageData[], delay: number): Blob {
  const encoder = GIFEncoder();
  const grey = frames.every(isGrey);
  frames.forEach(({ data, width, height }, i) => {
    if (grey) {
      const index = Uint8Array.from({ length: width * height }, (_, pixel) => data[4 * pixel]);
      encoder.writeFrame(index, width, height, { palette: i ? undefined : GREYS, delay });
    } else {
      const palette = quantize(data, 256);
      encoder.writeFrame(applyPalette(data, palette), width, height, { palette, delay });
    }
  });
  encoder.finish();
  return new Blob([encoder.bytes()], { type: "image/gif" });
}

function isGrey({ data }: ImageData): boolean {
  for (let i = 0; i < data.length; i += 4) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  return true;
}

/** A name for a file, of what is in it: letters, digits and dashes. */
export function fileName(...words: string[]): string {
  return words.map((word) => word.replace(/[^\p{L}\p{N}.]+/gu, "-").replace(/^-|-$/g, "")).join("_");
}

/** Hands a file to the person, into the folder where downloads go. */
export function download(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
