/** Paints examples of any kind on canvases: pixels as they are, curves, words and dots anew whenever size or theme change. */

import { differenceOf, pixelsOf } from "../image";
import type { Data } from "../scene";
import { mannerOf, sizeOf, type Brush, type Tones } from "./kinds";

interface Painting {
  draw(brush: Brush): void;
  size: string; // that it was painted at
}

const paintings = new WeakMap<HTMLCanvasElement, Painting>();
const sized = typeof ResizeObserver === "undefined" ? undefined : new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.isConnected) refresh(target as HTMLCanvasElement);
    else sized!.unobserve(target);
  }
});

/** The theme's colours at an element that has a kind; see canvas.css. */
function tonesAt(element: Element): Tones {
  const { color, textDecorationColor, caretColor, outlineColor } = getComputedStyle(element);
  return { ink: color, faint: textDecorationColor, line: caretColor, accent: outlineColor };
}

function refresh(canvas: HTMLCanvasElement, always = false): void {
  const painting = paintings.get(canvas);
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!painting || !width || !height) return;
  const ratio = Math.max(1, Math.min(3, window.devicePixelRatio || 1));
  const size = `${width} ${height} ${ratio}`;
  if (size === painting.size && !always) return;
  painting.size = size;
  canvas.width = Math.round(width * ratio); // also empties it
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d")!;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  painting.draw({ pen, width, height, tones: tonesAt(canvas) });
}

/** Shows what ``draw`` paints, at whatever size the style sheet gives the canvas, now and later. */
export function show(canvas: HTMLCanvasElement, draw: (brush: Brush) => void): void {
  const known = paintings.get(canvas);
  paintings.set(canvas, { draw, size: "" });
  if (!known) {
    canvas.addEventListener("transitionend", ({ propertyName }) => propertyName === "color" && refresh(canvas, true));
  }
  refresh(canvas);
  sized?.observe(canvas);
}

/** Takes away what a canvas shows. */
export function wipe(canvas: HTMLCanvasElement): void {
  const painting = paintings.get(canvas);
  if (painting) {
    painting.draw = () => {};
    canvas.onpointermove = null;
    canvas.removeAttribute("title");
    canvas.removeAttribute("aria-description");
  }
  canvas.getContext("2d")!.clearRect(0, 0, canvas.width, canvas.height);
}

/** Draws one example: an image at its own size, which the style sheet scales.
 *
 * @param x Examples, shape (rows, …).
 * @param behind What it should have been, one example: shown faintly where the kind can.
 */
export function paint(canvas: HTMLCanvasElement, x: Float32Array, data: Data, row = 0, behind?: Float32Array): void {
  const manner = mannerOf(data);
  if (!manner) return image(canvas, pixelsOf(x, data.shape, row));
  const size = sizeOf(data);
  const one = x.subarray(row * size, (row + 1) * size);
  show(canvas, (brush) => manner.draw(brush, one, data, behind));
  canvas.setAttribute("aria-description", manner.said(one, data));
  if (manner.at) tell(canvas, (place, room) => manner.at!(place, room, one, data, behind));
}

/** What a reconstruction y makes wrong of x, one example each: of an image in [-1, 1], blue too dark, red too light,
 * grey another colour. */
export function paintDifference(canvas: HTMLCanvasElement, x: Float32Array, y: Float32Array, data: Data): void {
  const manner = mannerOf(data);
  if (!manner) return image(canvas, differenceOf(x, y, data.shape));
  show(canvas, (brush) => manner.difference(brush, x, y, data));
  const off = x.map((value, i) => y[i] - value);
  if (manner.at) tell(canvas, (place, room) => manner.at!(place, room, off, { ...data, centre: [] }));
}

function image(canvas: HTMLCanvasElement, pixels: ImageData): void {
  const { width, height } = pixels;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext("2d")!.putImageData(pixels, 0, 0);
}

/** Names what the pointer is over. */
function tell(canvas: HTMLCanvasElement, name: (place: [number, number], size: [number, number]) => string): void {
  canvas.onpointermove = ({ offsetX, offsetY }) => {
    canvas.title = name([offsetX, offsetY], [canvas.clientWidth, canvas.clientHeight]);
  };
}

/** Attributes of a canvas that shows one example; ``alone``: and has room for it. */
export function easel(data: Data, alone = false): { width?: number; height?: number; "data-kind"?: string; style?: { aspectRatio: string } } {
  const manner = mannerOf(data);
  if (!manner) return { width: data.shape[2], height: data.shape[1] };
  const [width, height] = manner.cell(data);
  return { "data-kind": data.kind, style: { aspectRatio: String((alone && manner.alone?.(data)) || width / height) } };
}
