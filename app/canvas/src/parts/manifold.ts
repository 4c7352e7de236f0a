/** The manifold: what the decoder makes of a grid of places, under the points. */

import { mannerOf, sizeOf } from "../examples/kinds";
import { decode, Latest, warm } from "../models";
import type { Board } from "../points/board";
import type { Layer } from "../points/layers";
import type { Data, Scene } from "../scene";
import type { Place, View } from "../space";

const SIDE = 20; // images; curves and words need more room
const ROOMY = 10;
const DRAWN = 160; // pixels of the picture for each of those
const STRENGTH = 0.34; // opacity of full intensity

interface Grid {
  centre: Place;
  reach: number; // half its side
}

/** Whether an example can be made out where it is small. */
export const drawable = ({ kind }: Data) => kind !== "table";

export class Manifold implements Layer {
  /** Milliseconds that the last grid took, from its codes to its picture. */
  ms = 0;
  private wanted?: Grid;
  private grid?: Grid;
  private x?: Float32Array; // (side², …), the upper row of the grid first
  private picture = document.createElement("canvas");
  private tint = "";
  private board?: Board;
  private asked = 0;
  private readonly side: number;
  private readonly latest: Latest<Grid, Float32Array>;

  constructor(
    private scene: Scene,
    private view: View,
  ) {
    this.side = mannerOf(scene.card.data) ? ROOMY : SIDE;
    this.latest = new Latest(
      async (grid) => {
        await warm(scene, "decoder");
        this.asked = performance.now();
        return decode(scene, this.codes(grid));
      },
      (x, grid) => {
        [this.grid, this.x, this.tint] = [grid, x, ""];
        this.board?.layers.redraw(this);
      },
    );
  }

  /** Shows what another one of the same places showed, until its own are decoded. */
  inherit(before: Manifold | undefined): this {
    if (before?.view === this.view) [this.grid, this.x, this.board] = [before.grid, before.x, before.board];
    return this;
  }

  /** The codes of a grid, shape (side², D). */
  private codes({ centre: [x, y], reach }: Grid): Float32Array {
    const { side } = this;
    const codes = new Float32Array(side * side * this.scene.dim);
    const step = (2 * reach) / side;
    for (let cell = 0; cell < side * side; cell++) {
      const [column, row] = [cell % side, Math.floor(cell / side)];
      const place: Place = [x - reach + (column + 0.5) * step, y + reach - (row + 0.5) * step];
      codes.set(this.view.code(place), cell * this.scene.dim);
    }
    return codes;
  }

  /** All of the view's window; closer, what is seen. */
  rest(board: Board): void {
    this.board = board;
    if (!drawable(this.scene.card.data)) return;
    const { camera } = board;
    const { window } = this.view;
    const seen = Math.max(camera.width, camera.height) / 2 / camera.scale;
    const grid = seen < window.reach ? { centre: camera.centre, reach: seen } : window;
    const { wanted } = this;
    if (wanted?.reach === grid.reach && wanted.centre.every((value, i) => value === grid.centre[i])) return;
    this.wanted = { centre: [...grid.centre], reach: grid.reach };
    this.latest.ask(this.wanted);
  }

  draw(pen: CanvasRenderingContext2D, board: Board): void {
    this.board = board;
    const { grid, x } = this;
    if (!grid || !x) return;
    const { ink } = board.tones();
    if (this.tint !== ink) {
      develop(this.picture, x, this.scene.card.data, this.side, ink);
      this.tint = ink;
      if (this.asked) this.ms = performance.now() - this.asked;
      this.asked = 0;
    }
    const side = 2 * grid.reach * board.camera.scale;
    const [left, top] = board.camera.pixel([grid.centre[0] - grid.reach, grid.centre[1] + grid.reach]);
    stamp(pen, this.picture, this.scene.card.data, left, top, side);
  }

  cancel(): void {
    this.latest.cancel();
  }
}

/** Makes ``side`` × ``side`` examples, shape (side², …), one faint picture in ink. */
export function develop(picture: HTMLCanvasElement, x: Float32Array, data: Data, side: number, ink: string): void {
  if (mannerOf(data)) write(picture, x, data, side, ink);
  else inked(picture, x, data.shape, side, numbersOf(ink));
}

/** Puts such a picture where it belongs. */
export function stamp(pen: CanvasRenderingContext2D, picture: HTMLCanvasElement, data: Data, left: number, top: number, side: number): void {
  pen.imageSmoothingQuality = "high";
  if (mannerOf(data)) pen.globalAlpha = 1.4 * STRENGTH;
  pen.drawImage(picture, left, top, side, side);
  pen.globalAlpha = 1;
}

/** Curves and words, all in ink. */
function write(picture: HTMLCanvasElement, x: Float32Array, data: Data, side: number, ink: string): void {
  const [manner, size] = [mannerOf(data)!, sizeOf(data)];
  picture.width = picture.height = side * DRAWN;
  const pen = picture.getContext("2d")!;
  const tones = { ink, faint: ink, line: "transparent", accent: ink };
  const [wide, high] = manner.cell(data);
  const [width, height] = [0.84 * DRAWN, (0.84 * DRAWN * high) / wide];
  for (let cell = 0; cell < side ** 2; cell++) {
    const [column, row] = [cell % side, Math.floor(cell / side)];
    pen.setTransform(1, 0, 0, 1, (column + 0.08) * DRAWN, (row + 0.5) * DRAWN - height / 2);
    manner.draw({ pen, width, height, tones }, x.subarray(cell * size, (cell + 1) * size), data);
  }
}

/** Ink whose opacity is the intensity; colours, where the data has them, keep their own. */
function inked(picture: HTMLCanvasElement, x: Float32Array, [channels, height, width]: number[], side: number, ink: number[]): void {
  const [plane, across] = [width * height, side * width];
  picture.width = across;
  picture.height = side * height;
  const image = new ImageData(across, side * height);
  for (let cell = 0; cell < side * side; cell++) {
    const corner = Math.floor(cell / side) * height * across + (cell % side) * width;
    for (let i = 0; i < plane; i++) {
      const at = 4 * (corner + Math.floor(i / width) * across + (i % width));
      const from = cell * channels * plane + i;
      for (let colour = 0; colour < 3; colour++) {
        image.data[at + colour] = channels === 1 ? ink[colour] : 255 * x[from + colour * plane];
      }
      image.data[at + 3] = 255 * STRENGTH * (channels === 1 ? x[from] : 1);
    }
  }
  picture.getContext("2d")!.putImageData(image, 0, 0);
}

/** Red, green and blue of any CSS colour, 0 to 255. */
function numbersOf(colour: string): number[] {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d")!;
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}
