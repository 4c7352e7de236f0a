/** What is drawn on the lab's map, all on one canvas and in one go. */

import type { Colouring } from "../colouring";
import { develop, stamp } from "../parts/manifold";
import type { Affine, Pixel } from "../points/camera";
import { parted, stratified } from "../points/order";
import { look, type Painter } from "../points/painter";
import { PlainPainter } from "../points/plain";
import { webglPainter } from "../points/webgl";
import { windowOf } from "../space";
import type { Moment, Pixels, Source } from "./moment";

const MANY = 6000; // points from which on a copy from WebGL costs less than stamping them
const MARGIN = 0.96; // of the shorter side, filled by the window
const REACH = 9; // pixels around a point that are its own

export class Field {
  chosen: number[] = [];
  private painter: Painter = new PlainPainter();
  private picture = document.createElement("canvas");
  private developed?: Pixels;
  private tones = { ink: "", accent: "", panel: "" };
  private moment?: Moment;
  private affine: Affine = { sx: 1, sy: -1, ox: 0, oy: 0 };
  private rows = 0; // that the painter was made for
  private width = 1;
  private height = 1;

  constructor(
    private canvas: HTMLCanvasElement,
    private probe: Element,
    private source: Source,
    private colouring: Colouring,
    private hidden: Uint8Array | null = null, // (N)
  ) {
    this.readTones();
  }

  private readTones(): void {
    const { color, outlineColor, backgroundColor } = getComputedStyle(this.probe);
    this.tones = { ink: color, accent: outlineColor, panel: backgroundColor };
  }

  /** The theme has changed. */
  retint(): void {
    this.readTones();
    this.developed = undefined;
    this.draw();
  }

  resize(width: number, height: number): void {
    [this.width, this.height] = [Math.max(1, width), Math.max(1, height)];
    const ratio = this.ratio;
    [this.canvas.width, this.canvas.height] = [Math.round(this.width * ratio), Math.round(this.height * ratio)];
    this.draw();
  }

  private get ratio(): number {
    return Math.min(2, window.devicePixelRatio || 1);
  }

  /** Colours the points, and hides some of them. */
  colour(colouring: Colouring, hidden: Uint8Array | null): void {
    [this.colouring, this.hidden] = [colouring, hidden];
    this.arrange();
    this.draw();
  }

  private arrange(): void {
    const { rows, colouring, hidden } = this;
    if (!rows) return;
    this.painter.colour(colouring.of, colouring.colours);
    this.painter.order(...parted(stratified(rows, this.source.facts.label), undefined, hidden));
  }

  draw(moment = this.moment): void {
    if (!moment) return;
    this.moment = moment;
    const { width, height, ratio } = this;
    const rows = moment.positions.length / 2;
    if (this.rows !== rows) {
      this.rows = rows;
      this.painter = (rows > MANY && webglPainter(() => this.draw())) || new PlainPainter();
      this.arrange();
    }
    const { centre, reach } = moment.view ?? moment.window ?? windowOf(moment.positions);
    const scale = (MARGIN * Math.min(width, height)) / (2 * reach);
    this.affine = { sx: scale, sy: -scale, ox: width / 2 - centre[0] * scale, oy: height / 2 + centre[1] * scale };
    const pen = this.canvas.getContext("2d")!;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (moment.manifold && moment.window) this.underlay(pen, moment.manifold, scale);
    if (this.source.directions() && (moment.logvar || !this.source.moves)) this.prior(pen, scale);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    this.painter.place(moment.positions);
    this.painter.draw(pen, { now: this.affine, t: 1, share: [0, 1], ratio, ...look(rows, 1, width * height) }, false);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const row of this.chosen) if (!this.hidden?.[row]) this.posterior(pen, moment, row);
  }

  private underlay(pen: CanvasRenderingContext2D, manifold: Pixels, scale: number): void {
    const { centre, reach } = this.moment!.window!;
    if (this.developed !== manifold) develop(this.picture, manifold.x, this.source.data, Math.sqrt(manifold.count), this.tones.ink);
    this.developed = manifold;
    const [left, top] = this.pixel(centre[0] - reach, centre[1] + reach);
    stamp(pen, this.picture, this.source.data, left, top, 2 * reach * scale);
  }

  /** N(0, I): circles of one, two and three σ, against which codes gather or spread. */
  private prior(pen: CanvasRenderingContext2D, scale: number): void {
    const [x, y] = this.source.origin?.() ?? [0, 0];
    pen.strokeStyle = this.tones.ink;
    pen.globalAlpha = 0.22;
    pen.lineWidth = 1;
    for (const sigma of [1, 2, 3]) {
      pen.beginPath();
      pen.arc(...this.pixel(x, y), sigma * scale, 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  /** q(z|x) of a row as it is seen: an ellipse of 2 σ, and its mean. */
  private posterior(pen: CanvasRenderingContext2D, { positions, logvar }: Moment, row: number): void {
    const { dim } = this.source;
    const ways = this.source.directions();
    const [x, y] = this.pixel(positions[2 * row], positions[2 * row + 1]);
    pen.lineWidth = 1.75;
    pen.strokeStyle = this.tones.ink;
    pen.fillStyle = this.colouring.colours[this.colouring.of[row]];
    pen.beginPath();
    pen.arc(x, y, 3.5, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
    if (!logvar || !ways) return;
    let [a, b, c] = [0, 0, 0]; // covariance on the map: [[a, b], [b, c]]
    for (let d = 0; d < dim; d++) {
      const variance = Math.exp(logvar[row * dim + d]);
      a += variance * ways[d] ** 2;
      b += variance * ways[d] * ways[dim + d];
      c += variance * ways[dim + d] ** 2;
    }
    const root = Math.hypot((a - c) / 2, b);
    const [long, short] = [(a + c) / 2 + root, Math.max(0, (a + c) / 2 - root)].map((value) => 2 * Math.sqrt(value) * this.affine.sx);
    pen.beginPath();
    pen.ellipse(x, y, long, short, -0.5 * Math.atan2(2 * b, a - c), 0, 2 * Math.PI);
    pen.globalAlpha = 0.25;
    pen.fill();
    pen.globalAlpha = 1;
    pen.stroke();
  }

  private pixel(x: number, y: number): Pixel {
    const { sx, sy, ox, oy } = this.affine;
    return [x * sx + ox, y * sy + oy];
  }

  /** The row nearest to a pixel and near enough to be meant, or -1. */
  near([px, py]: Pixel): number {
    const { positions } = this.moment ?? {};
    let [best, least] = [-1, REACH ** 2];
    for (let i = 0; positions && i < positions.length; i += 2) {
      if (this.hidden?.[i / 2]) continue;
      const [x, y] = this.pixel(positions[i], positions[i + 1]);
      const away = (x - px) ** 2 + (y - py) ** 2;
      if (away < least) [best, least] = [i / 2, away];
    }
    return best;
  }

  free(): void {
    this.painter.free();
  }
}
