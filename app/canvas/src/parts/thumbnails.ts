/** Seen closely, points become the examples themselves. */

import { mannerOf, sizeOf } from "../examples/kinds";
import { textOf } from "../examples/tokens";
import type { Board } from "../points/board";
import type { Layer } from "../points/layers";
import type { Data, Scene } from "../scene";
import { numbersAt } from "./original";

const MOST = 400; // images in sight
const LEAST = 26; // pixels between two
const LARGEST = 72; // pixels
const FONT = '13px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';

interface Cell {
  row: number;
  image?: { tile: ImageBitmap; x: number; y: number };
  x?: Float32Array; // of what is no image
}

export class Thumbnails implements Layer {
  private cells: Cell[] = [];
  private size = 0; // pixels, at ``zoom``
  private zoom = 0;
  private asked = 0;
  private failed = ""; // why there are none

  constructor(private scene: Scene) {}

  /** Pixels from the middle of an image to its edge; 0 where none is shown. */
  get reach(): number {
    return this.cells.length && this.size / 2;
  }

  rest(board: Board): void {
    const { camera } = board;
    const [low, high] = camera.box();
    const rows = camera.zoom > 1.2 || this.scene.count <= MOST ? board.within(low, high) : [];
    const apart = Math.sqrt((camera.width * camera.height) / Math.max(1, rows.length));
    const turn = ++this.asked;
    this.size = Math.min(LARGEST, Math.max(LEAST, 0.7 * apart));
    this.zoom = camera.zoom;
    const there = new Set(rows); // what the legend has just filtered out goes at once
    this.cells = this.cells.filter(({ row }) => there.has(row));
    this.failed = "";
    if (!rows.length || rows.length > MOST || apart < LEAST) {
      this.cells = [];
      return board.layers.redraw(this);
    }
    board.layers.redraw(this);
    const show = (cells: Cell[], failed = "") => {
      if (turn !== this.asked) return;
      [this.cells, this.failed] = [cells, failed];
      board.layers.redraw(this);
    };
    this.load(this.apart(board, rows)).then(show, (error: Error) => show([], `No thumbnails. ${error.message}`));
  }

  /** Width and height of one on the map, in CSS pixels: a word is wide and low, and as large wherever it stands. */
  private get room(): [width: number, height: number] {
    const { kind, shape } = this.scene.card.data;
    if (kind === "tokens") return [Math.min(120, 8.2 * shape[0]), 20];
    if (kind === "series") return [1.5 * this.size, this.size];
    return [this.size, (this.size * shape[1]) / shape[2]];
  }

  /** Rows whose images do not cover one another; the others stay points. */
  private apart(board: Board, rows: number[]): number[] {
    const taken: [number, number][] = [];
    const [width, height] = this.room.map((side) => side + 5);
    const free = (x: number, y: number) => taken.every(([a, b]) => Math.abs(a - x) > width || Math.abs(b - y) > height);
    return rows.filter((row) => {
      const [x, y] = board.pixelOf(row);
      return free(x, y) && taken.push([x, y]);
    });
  }

  private async load(rows: number[]): Promise<Cell[]> {
    const originals = await this.scene.originals();
    const { data } = this.scene.card;
    if (originals.missing || data.kind === "table") return []; // many numbers need more room
    if (data.kind === "image") return Promise.all(rows.map(async (row) => ({ row, image: await originals.cell(row) })));
    const [all, size] = [await numbersAt(this.scene, rows), sizeOf(data)];
    return rows.map((row, i) => ({ row, x: all.subarray(i * size, (i + 1) * size) }));
  }

  draw(pen: CanvasRenderingContext2D, board: Board): void {
    const { camera } = board;
    if (camera.zoom < this.zoom / 1.5) return; // too many would be in sight
    const [, height, width] = this.scene.card.data.shape;
    pen.imageSmoothingEnabled = false;
    if (this.failed) {
      pen.fillStyle = board.tones().ink;
      pen.font = "13px sans-serif";
      pen.textAlign = "center";
      pen.fillText(this.failed, camera.width / 2, 52, camera.width - 20);
    }
    const { data } = this.scene.card;
    const [w, h] = this.room;
    const { ink, panel } = board.tones();
    for (const { row, image, x } of this.cells) {
      const [px, py] = board.pixelOf(row);
      pen.globalAlpha = board.dims(row) ? 0.25 : 1;
      pen.fillStyle = board.colourOf(row);
      if (image) {
        pen.fillRect(px - w / 2 - 2, py - h / 2 - 2, w + 4, h + 4);
        pen.drawImage(image.tile, image.x, image.y, width, height, px - w / 2, py - h / 2, w, h);
        continue;
      }
      const word = data.kind === "tokens" ? textOf(x!, data) : "";
      pen.font = FONT;
      const wide = word ? pen.measureText(word).width + 10 : w;
      pen.beginPath();
      pen.roundRect(px - wide / 2 - 2, py - h / 2 - 2, wide + 4, h + 4, 6);
      pen.fill();
      pen.fillStyle = panel;
      pen.beginPath();
      pen.roundRect(px - wide / 2, py - h / 2, wide, h, 4);
      pen.fill();
      pen.fillStyle = ink;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      if (word) pen.fillText(word, px, py + 0.5);
      else drawnAt(pen, [px - w / 2, py - h / 2, w, h], ink, x!, data);
    }
    pen.globalAlpha = 1;
  }
}

/** A curve in a box of the map. */
function drawnAt(pen: CanvasRenderingContext2D, [left, top, width, height]: number[], ink: string, x: Float32Array, data: Data): void {
  pen.save();
  pen.translate(left, top);
  mannerOf(data)!.draw({ pen, width, height, tones: { ink, faint: ink, line: "transparent", accent: ink } }, x, data);
  pen.restore();
}
