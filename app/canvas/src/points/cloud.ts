/** The points of a stage: which are shown and lit, and how many of them in a frame. */

import type { Colouring } from "../colouring";
import type { Scene } from "../scene";
import type { Affine, Camera } from "./camera";
import { wiped } from "./layers";
import { orderOf, parted } from "./order";
import { learn, look, type Frame, type Painter, type Share } from "./painter";
import { DeepPainter, PlainPainter } from "./plain";
import type { Turn } from "./turn";
import { webglPainter } from "./webgl";

/** How the points are looked at in a frame. */
export interface Pose {
  camera: Camera;
  ratio: number; // device pixels a CSS pixel
  /** On the way from where the points were, t from 0 to 1. */
  before?: Affine;
  t: number;
}

/** A canvas on the page, and one out of sight on which all points gather. */
interface Sheet {
  canvas: HTMLCanvasElement;
  full: HTMLCanvasElement;
}

export class Cloud {
  /** Share of the points that has been drawn out of sight, of those that did not fit into a frame. */
  refined = 1;
  colouring?: Colouring;
  hidden?: Uint8Array | null; // (N), 1 where a row is not to be seen
  chosen?: Uint8Array; // (N), 1 where a row is selected; none is dimmed without it
  private painter: Painter;
  private order: Uint32Array = new Uint32Array();
  private shown = 0;
  private readonly sheets: Sheet[];

  /** @param canvases For the points that step back where others are selected, and for those others. */
  constructor(
    canvases: HTMLCanvasElement[],
    private webgl: boolean,
    private restored: () => void,
  ) {
    this.sheets = canvases.map((canvas) => ({ canvas, full: document.createElement("canvas") }));
    this.painter = this.flat();
  }

  private flat(): Painter {
    return (this.webgl && webglPainter(this.restored)) || new PlainPainter();
  }

  /** Other points, which come from where some others were. */
  show(scene: Scene, points: Float32Array, from?: Float32Array, turn?: Turn): void {
    this.order = orderOf(scene);
    if (turn || this.painter instanceof DeepPainter) {
      this.painter.free();
      this.painter = turn ? new DeepPainter(turn) : this.flat();
      if (this.colouring) this.colour(this.colouring);
    }
    this.painter.place(points, from);
    this.arrange();
  }

  colour(colouring: Colouring): void {
    this.colouring = colouring;
    this.painter.colour(colouring.of, colouring.colours);
  }

  light(selected: ArrayLike<number>, hidden?: Uint8Array | null): void {
    this.hidden = hidden;
    this.chosen = selected.length ? new Uint8Array(this.order.length) : undefined;
    for (let i = 0; i < selected.length; i++) this.chosen![selected[i]] = 1;
    const [rest, lit] = this.sheets;
    rest.canvas.classList.toggle("dimmed", this.chosen !== undefined);
    if (!this.chosen) wiped(lit.canvas);
    this.arrange();
  }

  private arrange(): void {
    const [rest, lit] = parted(this.order, this.chosen, this.hidden);
    this.shown = Math.max(1, rest.length + lit.length);
    this.painter.order(rest, lit);
  }

  /** As many points as fit into a frame; all of them where they do.
   *
   * @param gap ms since the frame before, 0 if that one drew nothing.
   */
  draw(pose: Pose, gap: number): void {
    const started = performance.now();
    const share = Math.min(1, this.painter.pace.points / this.shown);
    this.stroke(({ canvas }) => wiped(canvas), pose, [0, share], this.shown * share);
    // In software the drawing itself takes the time, on a GPU what comes after it does.
    learn(this.painter.pace, Math.max(gap, performance.now() - started), this.shown);
    this.refined = share < 1 ? 0 : 1;
    this.tell();
  }

  /** The rest, a part a frame, out of sight until all of it is there. */
  refine(pose: Pose, gap: number): void {
    const from = this.refined;
    const started = performance.now();
    this.refined = Math.min(1, from + this.painter.pace.points / this.shown);
    const gathered = ({ canvas, full }: Sheet) => {
      if (!from) Object.assign(full, { width: canvas.width, height: canvas.height });
      return full.getContext("2d")!;
    };
    this.stroke(gathered, pose, [from, this.refined], this.shown);
    learn(this.painter.pace, Math.max(from ? gap : 0, performance.now() - started), this.shown);
    if (this.refined < 1) return;
    for (const { canvas, full } of this.used()) wiped(canvas).drawImage(full, 0, 0);
    this.tell();
  }

  private stroke(pen: (sheet: Sheet) => CanvasRenderingContext2D, pose: Pose, share: Share, count: number): void {
    const { camera, ...rest } = pose;
    const looks = look(count, camera.zoom, camera.width * camera.height);
    const frame: Frame = { ...rest, now: camera.affine(), share, ...looks };
    this.used().forEach((sheet, lit) => this.painter.draw(pen(sheet), frame, lit === 1));
  }

  /** The second sheet only where some points are lit. */
  private used(): Sheet[] {
    return this.chosen ? this.sheets : this.sheets.slice(0, 1);
  }

  /** For whoever waits for all points. */
  private tell(): void {
    this.sheets[0].canvas.dataset.points = this.refined < 1 ? "part" : "all";
  }

  /** Gives the canvases their size, which wipes them. */
  resize(size: (canvas: HTMLCanvasElement) => void): void {
    for (const { canvas } of this.sheets) size(canvas);
  }

  free(): void {
    this.painter.free();
  }
}
