/** Which part of a view is seen: the renderers, the overlay and the pointer all go by it, so they agree to the pixel. */

import type { Place, View } from "../space";

export type Pixel = [x: number, y: number];

/** Pixels = places · factor + offset, on each axis; CSS pixels from the stage's upper left corner. */
export interface Affine {
  sx: number;
  sy: number;
  ox: number;
  oy: number;
}

const MARGIN = 0.94; // of the shorter side, filled by the view's window
const FARTHEST = 0.2;
const NEAREST = 2000;
/** Centre and zoom by the stage's key, for a visit. */
const kept = new Map<string, { centre: Place; zoom: number }>();

export class Camera {
  width = 1; // CSS pixels
  height = 1;
  private seen: { centre: Place; zoom: number };

  /** @param key Where the camera is remembered; a later one of the same key begins where this one ended. */
  constructor(
    key: string,
    private home: View["window"],
  ) {
    this.seen = kept.get(key) ?? { centre: [...home.centre], zoom: 1 };
    kept.set(key, this.seen);
  }

  get centre(): Place {
    return this.seen.centre;
  }

  /** How many times larger than when everything is in sight. */
  get zoom(): number {
    return this.seen.zoom;
  }

  /** Pixels a unit of the view, the same on both axes. */
  get scale(): number {
    return (this.seen.zoom * MARGIN * Math.min(this.width, this.height)) / (2 * this.home.reach);
  }

  resize(width: number, height: number): void {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
  }

  /** Everything in sight. */
  fit(): void {
    this.seen.centre = [...this.home.centre];
    this.seen.zoom = 1;
  }

  /** Moves what is seen by some pixels. */
  pan(dx: number, dy: number): void {
    const [x, y] = this.seen.centre;
    this.seen.centre = [x - dx / this.scale, y + dy / this.scale];
  }

  /** Zooms; what lies under the pixel stays there. */
  zoomBy(factor: number, [px, py]: Pixel = [this.width / 2, this.height / 2]): void {
    const [x, y] = this.place([px, py]);
    this.seen.zoom = Math.min(NEAREST, Math.max(FARTHEST, this.seen.zoom * factor));
    const { scale } = this;
    this.seen.centre = [x - (px - this.width / 2) / scale, y + (py - this.height / 2) / scale];
  }

  /** Brings a place into sight, where it is not. */
  reveal(place: Place, margin = 24): void {
    const [px, py] = this.pixel(place);
    const over = (value: number, size: number) => Math.min(0, value - margin) + Math.max(0, value - size + margin);
    this.pan(-over(px, this.width), -over(py, this.height));
  }

  affine(): Affine {
    const { scale, width, height } = this;
    const [x, y] = this.seen.centre;
    return { sx: scale, sy: -scale, ox: width / 2 - x * scale, oy: height / 2 + y * scale };
  }

  pixel([x, y]: Place): Pixel {
    const { sx, sy, ox, oy } = this.affine();
    return [x * sx + ox, y * sy + oy];
  }

  place([px, py]: Pixel): Place {
    const { sx, sy, ox, oy } = this.affine();
    return [(px - ox) / sx, (py - oy) / sy];
  }

  /** The corners of what is seen, the lower left first. */
  box(): [low: Place, high: Place] {
    return [this.place([0, this.height]), this.place([this.width, 0])];
  }
}
