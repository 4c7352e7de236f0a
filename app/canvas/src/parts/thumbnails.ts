/** Seen closely, points become the examples themselves. */

import type { Board } from "../points/board";
import type { Layer } from "../points/layers";
import type { Scene } from "../scene";

const MOST = 400; // images in sight
const LEAST = 26; // pixels between two
const LARGEST = 72; // pixels

interface Cell {
  row: number;
  tile: ImageBitmap;
  x: number;
  y: number;
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

  /** Rows whose images do not cover one another; the others stay points. */
  private apart(board: Board, rows: number[]): number[] {
    const taken: [number, number][] = [];
    const free = (x: number, y: number) => taken.every(([a, b]) => Math.max(Math.abs(a - x), Math.abs(b - y)) > this.size + 5);
    return rows.filter((row) => {
      const [x, y] = board.pixelOf(row);
      return free(x, y) && taken.push([x, y]);
    });
  }

  private async load(rows: number[]): Promise<Cell[]> {
    const originals = await this.scene.originals();
    if (originals.missing) return [];
    return Promise.all(rows.map(async (row) => ({ row, ...(await originals.cell(row)) })));
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
    for (const { row, tile, x, y } of this.cells) {
      const [px, py] = board.pixelOf(row);
      const [w, h] = [this.size, (this.size * height) / width];
      pen.fillStyle = board.colourOf(row);
      pen.globalAlpha = board.dims(row) ? 0.25 : 1;
      pen.fillRect(px - w / 2 - 2, py - h / 2 - 2, w + 4, h + 4);
      pen.drawImage(tile, x, y, width, height, px - w / 2, py - h / 2, w, h);
    }
    pen.globalAlpha = 1;
  }
}
