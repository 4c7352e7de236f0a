/** Series: a curve for each real channel, as long as the series lasts. */

import type { Data } from "../scene";
import type { Brush, Manner } from "./kinds";

const OTHERS = ["#c2571a", "#1b7f5c", "#7b4fb5", "#a3871b"]; // of the channels after the first
const [LOW, HIGH] = ["rgb(33 102 172)", "rgb(178 24 43)"]; // the ends of ColorBrewer's RdBu, as in an image's difference

/** Steps until the presence channel falls below ½; shape (T, C + 1). */
export function lengthOf(x: Float32Array, { shape: [steps, width] }: Data): number {
  for (let t = 0; t < steps; t++) if (x[(t + 1) * width - 1] < 0.5) return t;
  return steps;
}

const ranges = new WeakMap<Data, [low: number, high: number]>();

/** Shows all curves of this data on one scale, on which some lie, shape (rows, T, C + 1), and those of before. */
export function scaleBy(all: Float32Array, data: Data): [low: number, high: number] {
  const [steps, width] = data.shape;
  let [low, high] = ranges.get(data) ?? [0, 0];
  for (let start = 0; start < all.length; start += steps * width) {
    const lasts = lengthOf(all.subarray(start), data);
    for (let i = 0; i < lasts * width; i++) {
      if (i % width === width - 1) continue;
      low = Math.min(low, all[start + i]);
      high = Math.max(high, all[start + i]);
    }
  }
  if (low === high) high = low + 1;
  ranges.set(data, [low, high]);
  return [low, high];
}

interface Frame {
  left(t: number): number;
  top(value: number): number;
}

/** Where steps and values lie; every curve of the data has the same scale. */
function frameOf({ width, height }: Brush, [low, high]: [number, number], steps: number): Frame {
  const inset = Math.max(3, Math.min(width, height) / 11);
  return {
    left: (t) => inset + (t / Math.max(1, steps - 1)) * (width - 2 * inset),
    top: (value) => inset + ((high - Math.min(high, Math.max(low, value))) / (high - low)) * (height - 2 * inset),
  };
}

const thickness = ({ height }: Brush) => Math.max(1.1, Math.min(2.5, height / 34));

function curve(brush: Brush, x: Float32Array, data: Data, frame: Frame, colours: string[]): void {
  const { pen } = brush;
  const width = data.shape[1];
  const lasts = lengthOf(x, data);
  pen.lineWidth = thickness(brush);
  pen.lineJoin = pen.lineCap = "round";
  for (let channel = 0; channel < width - 1; channel++) {
    pen.strokeStyle = pen.fillStyle = colours[channel % colours.length];
    pen.beginPath();
    for (let t = 0; t < lasts; t++) pen.lineTo(frame.left(t), frame.top(x[t * width + channel]));
    pen.stroke();
    if (!lasts) continue;
    pen.beginPath(); // where it ends
    pen.arc(frame.left(lasts - 1), frame.top(x[(lasts - 1) * width + channel]), 1.7 * thickness(brush), 0, 2 * Math.PI);
    pen.fill();
  }
}

function zero({ pen, width, tones }: Brush, frame: Frame): void {
  pen.strokeStyle = tones.line;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(0, frame.top(0));
  pen.lineTo(width, frame.top(0));
  pen.stroke();
}

export const series: Manner = {
  cell: () => [96, 58],
  columns: [8, 4],
  draw(brush, x, data, behind) {
    const frame = frameOf(brush, ranges.get(data) ?? scaleBy(behind ?? x, data), data.shape[0]);
    const { pen, tones } = brush;
    zero(brush, frame);
    if (behind) {
      pen.globalAlpha = 0.32;
      curve(brush, behind, data, frame, [tones.ink]);
      pen.globalAlpha = 1;
    }
    curve(brush, x, data, frame, [tones.accent, ...OTHERS]);
  },
  difference(brush, x, y, data) {
    const { pen, tones } = brush;
    const [steps, width] = data.shape;
    const [low, high] = ranges.get(data) ?? scaleBy(x, data);
    const reach = Math.max(high, -low);
    const frame = frameOf(brush, [-reach, reach], steps);
    const [a, b] = [lengthOf(x, data), lengthOf(y, data)];
    const bar = Math.max(1, (0.7 * brush.width) / steps / (width - 1));
    zero(brush, frame);
    for (let t = 0; t < Math.max(a, b); t++) {
      for (let channel = 0; channel < width - 1; channel++) {
        const left = frame.left(t) - (bar * (width - 1)) / 2 + bar * channel;
        if (t >= Math.min(a, b)) {
          pen.fillStyle = tones.faint; // only one of them lasts
          pen.fillRect(left, frame.top(0) - 1, bar, 2);
          continue;
        }
        const off = y[t * width + channel] - x[t * width + channel];
        pen.fillStyle = off > 0 ? HIGH : LOW;
        pen.fillRect(left, frame.top(Math.max(0, off)), bar, Math.max(0.5, frame.top(Math.min(0, off)) - frame.top(Math.max(0, off))));
      }
    }
  },
  said: (x, data) => `${lengthOf(x, data)} of ${data.shape[0]} steps`,
};
