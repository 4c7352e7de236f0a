/** Points on a plain canvas: where WebGL is missing, and for views in three dimensions. */

import { PACES, part, type Frame, type Pace, type Painter } from "./painter";
import type { Turn } from "./turn";

/** What both painters on plain canvases share: coloured discs, stamped. */
abstract class Stamping implements Painter {
  abstract readonly pace: Pace;
  protected points: Float32Array = new Float32Array();
  protected of: Uint8Array = new Uint8Array();
  protected rest: Uint32Array = new Uint32Array();
  protected lit: Uint32Array = new Uint32Array();
  private colours: string[] = [];
  private stamps: HTMLCanvasElement[] = [];
  private stamped = 0; // device pixels across

  place(points: Float32Array): void {
    this.points = points;
  }

  colour(of: Uint8Array, colours: string[]): void {
    [this.of, this.colours, this.stamped] = [of, colours, 0];
  }

  order(rest: Uint32Array, lit: Uint32Array): void {
    [this.rest, this.lit] = [rest, lit];
  }

  /** A disc a colour, of a diameter in device pixels. */
  protected discs(size: number): HTMLCanvasElement[] {
    if (this.stamped === size) return this.stamps;
    this.stamped = size;
    return (this.stamps = this.colours.map((colour) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = Math.ceil(size) + 2;
      const pen = canvas.getContext("2d")!;
      pen.fillStyle = colour;
      pen.arc(canvas.width / 2, canvas.width / 2, size / 2, 0, 2 * Math.PI);
      pen.fill();
      return canvas;
    }));
  }

  draw(target: CanvasRenderingContext2D, frame: Frame, lit: boolean): void {
    const rows = lit ? this.lit : this.rest;
    target.globalAlpha = frame.opacity;
    this.stamp(target, frame, rows, ...part(rows, frame.share));
    target.globalAlpha = 1;
  }

  protected abstract stamp(target: CanvasRenderingContext2D, frame: Frame, rows: Uint32Array, start: number, end: number): void;

  free(): void {
    this.stamps = [];
  }
}

export class PlainPainter extends Stamping {
  readonly pace = PACES.plain;
  private from?: Float32Array;

  override place(points: Float32Array, before?: Float32Array): void {
    super.place(points);
    this.from = before;
  }

  protected stamp(target: CanvasRenderingContext2D, frame: Frame, rows: Uint32Array, start: number, end: number): void {
    const { now, ratio, t } = frame;
    const { points, of } = this;
    const discs = this.discs(frame.size * ratio);
    const half = discs[0].width / 2;
    const [right, bottom] = [target.canvas.width + half, target.canvas.height + half];
    for (let i = start; i < end; i++) {
      const at = 2 * rows[i];
      let x = points[at] * now.sx + now.ox;
      let y = points[at + 1] * now.sy + now.oy;
      if (frame.before && this.from) {
        x = t * x + (1 - t) * (this.from[at] * frame.before.sx + frame.before.ox);
        y = t * y + (1 - t) * (this.from[at + 1] * frame.before.sy + frame.before.oy);
      }
      [x, y] = [x * ratio, y * ratio];
      if (x > -half && y > -half && x < right && y < bottom) target.drawImage(discs[of[rows[i]]], x - half, y - half);
    }
  }
}

const LEVELS = 48;

/** Points in three dimensions, the far ones first and smaller. */
export class DeepPainter extends Stamping {
  private level = new Uint8Array();
  private sorted = new Uint32Array();

  readonly pace = PACES.deep;

  constructor(private turn: Turn) {
    super();
  }

  protected stamp(target: CanvasRenderingContext2D, frame: Frame, rows: Uint32Array, start: number, end: number): void {
    const { now, ratio } = frame;
    const discs = this.discs(frame.size * ratio);
    const place = new Float32Array(3);
    const opacity = target.globalAlpha;
    const order = this.byDepth(rows, start, end);
    for (let i = 0; i < order.length; i++) {
      this.turn.place(order[i], place);
      const near = 1 + 0.45 * place[2];
      const disc = discs[this.of[order[i]]];
      const size = disc.width * near;
      const x = (place[0] * now.sx + now.ox) * ratio - size / 2;
      const y = (place[1] * now.sy + now.oy) * ratio - size / 2;
      target.globalAlpha = opacity * Math.min(1, 0.45 + 0.55 * near);
      target.drawImage(disc, x, y, size, size);
    }
  }

  /** A counting sort into levels of depth, the farthest first. */
  private byDepth(rows: Uint32Array, start: number, end: number): Uint32Array {
    const count = end - start;
    if (this.level.length < count) [this.level, this.sorted] = [new Uint8Array(count), new Uint32Array(count)];
    const starts = new Uint32Array(LEVELS + 1);
    const place = new Float32Array(3);
    for (let i = 0; i < count; i++) {
      this.turn.place(rows[start + i], place);
      this.level[i] = Math.min(LEVELS - 1, Math.max(0, (0.5 + 0.5 * place[2]) * LEVELS));
      starts[this.level[i] + 1]++;
    }
    for (let i = 0; i < LEVELS; i++) starts[i + 1] += starts[i];
    for (let i = 0; i < count; i++) this.sorted[starts[this.level[i]]++] = rows[start + i];
    return this.sorted.subarray(0, count);
  }
}
