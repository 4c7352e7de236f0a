/** A drawing: strokes and images on a black square, each of which can be taken back. */

import { channelsOf, groundOf, levelled } from "../drawing";
import type { Scene } from "../scene";

interface Stroke {
  kind: "stroke";
  points: [x: number, y: number][]; // shares of the square
  width: number; // a share of the square
  colour: string;
}

interface Picture {
  kind: "picture";
  image: ImageData; // side × side
  ground: number;
  inverted: boolean;
  /** An example of the data: it has their form already. */
  exact: boolean;
}

type Action = Stroke | Picture | { kind: "clear" };

export class Sketch {
  private actions: Action[] = [];
  private context?: CanvasRenderingContext2D;
  /** Called after each change with the `timeStamp` of its event. */
  changed: (stamp: number) => void = () => {};

  /** @param side Pixels: a multiple of the data's height, so that an example comes back exactly. */
  constructor(
    readonly side: number,
    readonly channels: number,
  ) {}

  /** The canvas that it is drawn on from now on. */
  attach(canvas: HTMLCanvasElement): void {
    this.context = canvas.getContext("2d", { willReadFrequently: true })!;
    this.redraw();
  }

  /** What is on the square, shape (C, side, side), in [0, 1]. */
  read(): Float32Array {
    return channelsOf(this.context!.getImageData(0, 0, this.side, this.side), this.channels);
  }

  get empty(): boolean {
    return !this.actions.length || this.actions.at(-1)!.kind === "clear";
  }

  get canUndo(): boolean {
    return this.actions.length > 0;
  }

  /** The image under the strokes. */
  get picture(): Picture | undefined {
    const visible = this.actions.slice(this.actions.findLastIndex(({ kind }) => kind === "clear") + 1);
    return visible.findLast((action): action is Picture => action.kind === "picture");
  }

  begin(at: [number, number], width: number, colour: string, stamp: number): void {
    this.actions.push({ kind: "stroke", points: [], width, colour });
    this.extend(at, stamp);
  }

  /** Draws on to a place; ``stamp`` undefined: more places follow before anybody looks. */
  extend(at: [number, number], stamp?: number): void {
    const stroke = this.actions.at(-1);
    if (stroke?.kind !== "stroke") return;
    stroke.points.push(at);
    this.segment(stroke, stroke.points.length - 1);
    if (stamp !== undefined) this.changed(stamp);
  }

  undo(stamp: number): void {
    this.actions.pop();
    this.redraw();
    this.changed(stamp);
  }

  clear(stamp: number): void {
    if (!this.empty) this.actions.push({ kind: "clear" });
    this.redraw();
    this.changed(stamp);
  }

  /** Puts an image on the square, whole, in place of what was there. */
  put(bitmap: ImageBitmap): void {
    const scale = this.side / Math.max(bitmap.width, bitmap.height);
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    const inside: [number, number, number, number] = [(this.side - width) / 2, (this.side - height) / 2, width, height];
    const sheet = new OffscreenCanvas(this.side, this.side).getContext("2d", { willReadFrequently: true })!;
    const draw = (paper: string) => {
      sheet.fillStyle = paper;
      sheet.fillRect(0, 0, this.side, this.side);
      sheet.imageSmoothingQuality = "high";
      sheet.drawImage(bitmap, ...inside);
    };
    draw("#fff"); // what is transparent lies on paper
    const [x, y] = inside.map(Math.round);
    const ground = groundOf(sheet.getImageData(x, y, Math.max(1, Math.floor(width)), Math.max(1, Math.floor(height))));
    const level = Math.round(255 * ground);
    if (ground < 0.9) draw(`rgb(${level} ${level} ${level})`);
    const image = sheet.getImageData(0, 0, this.side, this.side);
    this.add({ kind: "picture", image, ground, inverted: this.channels === 1 && ground > 0.5, exact: false });
  }

  /** Puts an example of the data on the square. */
  async example(scene: Scene, row: number): Promise<void> {
    const originals = await scene.originals();
    if (originals.missing) throw new Error(originals.missing);
    const { tile, x, y } = await originals.cell(row);
    const sheet = new OffscreenCanvas(this.side, this.side).getContext("2d")!;
    sheet.imageSmoothingEnabled = false;
    sheet.drawImage(tile, x, y, originals.width, originals.height, 0, 0, this.side, this.side);
    const image = sheet.getImageData(0, 0, this.side, this.side);
    this.add({ kind: "picture", image, ground: 0, inverted: false, exact: true });
  }

  /** Whether what is dark in the image is ink. */
  invert(inverted: boolean): void {
    if (this.picture) this.picture.inverted = inverted;
    this.redraw();
    this.changed(0);
  }

  private add(picture: Picture): void {
    this.actions.push(picture);
    this.redraw();
    this.changed(0);
  }

  private redraw(): void {
    const { context, side } = this;
    if (!context) return;
    context.fillStyle = "#000";
    context.fillRect(0, 0, side, side);
    const first = this.actions.findLastIndex(({ kind }) => kind !== "stroke");
    for (const action of this.actions.slice(Math.max(0, first))) {
      if (action.kind === "picture") context.putImageData(this.shown(action), 0, 0);
      if (action.kind === "stroke") action.points.forEach((_, i) => this.segment(action, i));
    }
  }

  private shown({ image, ground, inverted, exact }: Picture): ImageData {
    if (exact) return image;
    const copy = new ImageData(image.data.slice(), image.width, image.height);
    return levelled(copy, ground, inverted, this.channels === 1);
  }

  private segment({ points, width, colour }: Stroke, i: number): void {
    const { context, side } = this;
    if (!context) return;
    const [[x0, y0], [x1, y1]] = [points[Math.max(0, i - 1)], points[i]];
    context.strokeStyle = colour;
    context.lineWidth = width * side;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(x0 * side, y0 * side);
    context.lineTo(x1 * side, y1 * side);
    context.stroke();
  }
}

const sketches = new Map<string, Sketch>();

/** The sketch for the data of a scene: one for a visit, so that each page and model sees the same drawing. */
export function sketchOf({ card: { data } }: Scene): Sketch {
  const [channels, height] = data.shape;
  const key = `${data.name} ${data.shape}`;
  let sketch = sketches.get(key);
  if (!sketch) {
    sketch = new Sketch(height * Math.max(1, Math.ceil(280 / height)), channels);
    sketches.set(key, sketch);
  }
  return sketch;
}
