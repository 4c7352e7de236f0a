/** The stage's canvases and what is drawn on them, frame by frame: a fair part of the points while anything moves,
 * all of them at rest. Everything else on a stage is a layer or a pin of it, and moves in the same frame. */

import type { Colouring } from "../colouring";
import type { Scene } from "../scene";
import { Finder, type Place, type View } from "../space";
import { Camera, type Affine, type Pixel } from "./camera";
import { Cloud, type Pose } from "./cloud";
import { Layers } from "./layers";
import { Turn } from "./turn";

const REST = 150; // ms without a move
const TWEEN = 500; // ms
const IDLE = 700; // ms after a view is shown: what finds points is made
const SPIN = 0.2; // radians a second that a view in three dimensions turns by itself, once round

export class Board {
  readonly layers = new Layers(this);
  camera = new Camera("", { centre: [0, 0], reach: 1 });
  /** The view is three-dimensional, and this is how it is turned. */
  turn?: Turn;
  view?: View;
  ratio = 1;
  private readonly cloud: Cloud;
  private scene?: Scene;
  private finder?: Finder;
  private before?: { points: Float32Array; affine: Affine; since: number };
  private requested = 0;
  private last = 0; // time of the frame just before, where that one drew points; else 0
  private stale = true; // the points
  private moved = -Infinity;
  private resting = true;
  private idle = 0;
  private spinning = 0; // radians that are left
  /** Whether a hand is on the stage: refining waits for it. */
  held = false;
  /** Called with each frame in which the camera has moved. */
  onMove?: () => void;

  constructor(
    canvases: HTMLCanvasElement[],
    webgl: boolean,
    /** Nothing moves by itself. */
    readonly calm: boolean,
    private probe: Element,
  ) {
    this.cloud = new Cloud(canvases, webgl, () => this.redraw());
  }

  /** Shows a view; points that were there before travel to where they are now. */
  show(scene: Scene, view: View, remember: string): void {
    if (this.scene === scene && this.view?.points === view.points) return void (this.view = view);
    const deep = view.name === "pca3" || view.name === "umap3";
    const same = this.scene && (this.scene === scene || sameRows(this.scene, scene));
    const wasDeep = this.turn !== undefined;
    const from = same && !deep && !wasDeep && !this.calm ? this.view?.points : undefined;
    const affine = this.camera.affine();
    const { width, height } = this.camera;
    this.turn = deep ? new Turn(view.points, remember) : undefined;
    this.spinning = deep && !this.calm ? 2 * Math.PI : 0;
    this.camera = new Camera(remember, this.turn?.window ?? view.window);
    this.camera.resize(width, height);
    [this.scene, this.view, this.finder] = [scene, view, undefined];
    this.cloud.show(scene, view.points, from, this.turn);
    this.before = from && { points: from, affine, since: performance.now() };
    this.touch();
    this.prepare();
  }

  colour(colouring: Colouring): void {
    this.cloud.colour(colouring);
    this.redraw();
    this.layers.redraw();
  }

  /** Which rows are lit, and which are not to be seen. */
  light(selected: ArrayLike<number>, hidden?: Uint8Array | null): void {
    this.cloud.light(selected, hidden);
    this.redraw();
    if (!this.busy) this.layers.rest();
  }

  /** The camera or the turn has changed. */
  touch(): void {
    this.moved = performance.now();
    this.resting = false;
    this.redraw();
    this.layers.redraw();
  }

  /** The points have to be drawn again. */
  redraw(): void {
    this.stale = true;
    this.request();
  }

  resize(width: number, height: number): void {
    this.ratio = ratioNow();
    this.camera.resize(width, height);
    this.cloud.resize((canvas) => this.size(canvas));
    this.layers.resize();
    this.touch();
    this.frame(performance.now()); // at once: a canvas that was resized is empty
  }

  /** The screen may be another one, with other pixels. */
  rescale(): void {
    if (this.ratio !== ratioNow()) this.resize(this.camera.width, this.camera.height);
  }

  size(canvas: HTMLCanvasElement): void {
    canvas.width = Math.round(this.camera.width * this.ratio);
    canvas.height = Math.round(this.camera.height * this.ratio);
  }

  request(): void {
    this.requested ||= requestAnimationFrame((time) => {
      this.requested = 0;
      this.frame(time);
    });
  }

  private frame(time: number): void {
    if (!this.view || !this.cloud.colouring) return;
    const now = performance.now();
    const gap = this.last && time - this.last;
    if (this.spinning > 0) this.spin(gap);
    const drawing = this.stale || !!this.before || this.cloud.refined < 1;
    const wasResting = this.resting;
    this.resting = !this.held && now - this.moved > REST && !this.before; // a hand that pauses is no rest
    if (this.before && now - this.before.since > TWEEN) [this.before, this.stale] = [undefined, true];
    if (this.stale || this.before) this.cloud.draw(this.pose(now), gap);
    else if (this.resting && this.cloud.refined < 1 && !this.held) this.cloud.refine(this.pose(now), gap);
    this.stale = false;
    const moving = !this.resting || !wasResting;
    if (this.before) this.layers.redraw();
    this.layers.draw();
    if (moving) {
      this.layers.follow();
      this.onMove?.();
    }
    if (this.resting && !wasResting) this.layers.rest();
    this.last = drawing ? time : 0;
    if (!this.resting || this.cloud.refined < 1) this.request();
  }

  private pose(now: number): Pose {
    const { camera, ratio, before } = this;
    return { camera, ratio, before: before?.affine, t: before ? ease((now - before.since) / TWEEN) : 1 };
  }

  /** Makes what finds points before it is needed, at a moment when nobody waits. */
  private prepare(): void {
    window.clearTimeout(this.idle);
    this.idle = window.setTimeout(() => (this.busy ? this.prepare() : this.near()), IDLE);
  }

  /** What finds points; made when it is first needed. */
  private near(): Finder | Turn | undefined {
    if (!this.view) return undefined;
    return this.turn ?? (this.finder ??= new Finder(this.view.points));
  }

  /** Turns a view in three dimensions by a hand. */
  rotate(yaw: number, pitch: number): void {
    this.spinning = 0;
    this.turn!.by(yaw, pitch);
    this.touch();
  }

  /** Turns by itself, until somebody comes. */
  private spin(gap: number): void {
    const by = Math.min(this.spinning, (SPIN * (gap || 16)) / 1000);
    this.spinning -= by;
    this.turn!.by(by, 0);
    this.touch();
  }

  /** Somebody has come: nothing turns by itself any more. */
  still(): void {
    this.spinning = 0;
  }

  /** The row nearest to a pixel and at most ``reach`` pixels away, or -1. */
  at(pixel: Pixel, reach: number): number {
    const allowed = (row: number) => !this.cloud.hidden?.[row];
    return this.near()?.at(this.camera.place(pixel), reach / this.camera.scale, allowed) ?? -1;
  }

  /** Rows in a box. */
  within(low: Place, high: Place): number[] {
    const rows = this.near()?.within(low, high) ?? [];
    return this.cloud.hidden ? rows.filter((row) => !this.cloud.hidden![row]) : rows;
  }

  /** Where a row lies as it is seen. */
  placeOf(row: number): Place {
    const { turn, view } = this;
    if (!turn) return [view!.points[2 * row], view!.points[2 * row + 1]];
    const out = new Float32Array(3);
    turn.place(row, out);
    return [out[0], out[1]];
  }

  /** Where a row is just now, on its way too. */
  pixelOf(row: number): Pixel {
    const [x, y] = this.camera.pixel(this.placeOf(row));
    if (!this.before) return [x, y];
    const { points, affine, since } = this.before;
    const t = ease((performance.now() - since) / TWEEN);
    const from = [points[2 * row] * affine.sx + affine.ox, points[2 * row + 1] * affine.sy + affine.oy];
    return [t * x + (1 - t) * from[0], t * y + (1 - t) * from[1]];
  }

  /** Whether a hand or the view is moving. */
  get busy(): boolean {
    return this.held || !this.resting;
  }

  /** The theme's colours as they are now. */
  tones(): { ink: string; accent: string; panel: string } {
    const { color, outlineColor, backgroundColor } = getComputedStyle(this.probe);
    return { ink: color, accent: outlineColor, panel: backgroundColor };
  }

  colourOf(row: number): string {
    return this.cloud.colouring!.colours[this.cloud.colouring!.of[row]];
  }

  /** Whether a row stands back behind a selection. */
  dims(row: number): boolean {
    return this.cloud.chosen !== undefined && !this.cloud.chosen[row];
  }

  free(): void {
    cancelAnimationFrame(this.requested);
    window.clearTimeout(this.idle);
    this.requested = -1; // nothing is asked for any more
    this.cloud.free();
    this.layers.free();
  }
}

const ratioNow = () => Math.min(2, window.devicePixelRatio || 1);
const ease = (t: number) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * Math.min(1, t)) ** 3 / 2);

/** Whether two scenes hold the same examples in the same rows. */
function sameRows(a: Scene, b: Scene): boolean {
  const [one, other] = [a.codes.index, b.codes.index];
  return a.card.examples === b.card.examples && one.length === other.length && one.every((value, row) => value === other[row]);
}
