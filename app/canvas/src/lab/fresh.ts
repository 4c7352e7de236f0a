/** What is encoded anew in the browser, while nothing moves and where the originals are at hand. */

import { mannerOf, sizeOf } from "../examples/kinds";
import type { Way } from "./family";
import type { Spot } from "./family";

const BATCH = 100; // a longer one would keep a slider waiting that has just been touched

interface Encoded {
  mu: Float32Array; // (N, D)
  logvar: Float32Array | null; // (N, D)
}

export class Fresh {
  /** log σ² at every knot, shape (K, N, D): stored with a sweep, filled here for a bundle. */
  logvar: Float32Array | null;
  private x: Float32Array | null = null; // (N, …)
  private known?: Encoded & { beta: number };
  private going = 0;
  private filled = 0; // knots

  constructor(
    private way: Way,
    private run: (x: Float32Array, beta: number) => Promise<Float32Array[]>,
  ) {
    this.logvar = way.knots.logvar;
  }

  /** Reads the originals as numbers. */
  async load(): Promise<void> {
    const { originals, data, knots } = this.way;
    if (!originals || originals.missing) return;
    if (mannerOf(data)) return void (this.x = (await originals.numbers()).data as Float32Array);
    const [channels, height, width] = data.shape;
    const [size, x] = [sizeOf(data), new Float32Array(knots.rows * sizeOf(data))];
    let open: ImageBitmap | undefined;
    let pen: OffscreenCanvasRenderingContext2D | undefined;
    for (let row = 0; row < knots.rows; row++) {
      const cell = await originals.cell(row);
      if (cell.tile !== open) {
        open = cell.tile;
        pen = new OffscreenCanvas(open.width, open.height).getContext("2d", { willReadFrequently: true })!;
        pen.drawImage(open, 0, 0);
      }
      const { data: pixels } = pen!.getImageData(cell.x, cell.y, width, height);
      for (let i = 0; i < size; i++) {
        const [channel, pixel] = [Math.floor(i / (width * height)), i % (width * height)];
        x[row * size + i] = pixels[4 * pixel + (channels === 1 ? 0 : channel)] / 255;
      }
    }
    this.x = x;
  }

  /** Some originals, shape (rows, …); null where they are not at hand. */
  rows(rows: number[]): Float32Array | null {
    if (!this.x) return null;
    const size = sizeOf(this.way.data);
    const out = new Float32Array(rows.length * size);
    rows.forEach((row, i) => out.set(this.x!.subarray(row * size, (row + 1) * size), i * size));
    return out;
  }

  /** The codes at a β, where they have been encoded at it. */
  at(beta: number): Encoded | undefined {
    return this.known?.beta === beta ? this.known : undefined;
  }

  /** Ends what is under way. */
  stop(): void {
    this.going++;
  }

  /** Encodes all examples at a β that is no knot; gives whether it has. */
  async encode(beta: number, { t }: Spot): Promise<boolean> {
    if (!this.x || t === 0 || t === 1 || this.at(beta)) return false;
    const encoded = await this.all(beta);
    if (!encoded) return false;
    this.known = { ...encoded, beta };
    return true;
  }

  /** Encodes all examples at every knot whose log-variances are not stored, a knot at a time; gives whether the last is done now. */
  async fill(): Promise<boolean> {
    const { knots, knotBetas, dim } = this.way;
    if (!this.x || this.way.knots.logvar || this.logvar) return false;
    const size = knots.rows * dim;
    this.filling ??= new Float32Array(knots.count * size);
    for (; this.filled < knots.count; this.filled++) {
      const encoded = await this.all(knotBetas[this.filled]);
      if (!encoded?.logvar) return false;
      this.filling.set(encoded.logvar, this.filled * size);
    }
    this.logvar = this.filling;
    return true;
  }
  private filling?: Float32Array;

  private async all(beta: number): Promise<Encoded | null> {
    const going = this.going;
    const { knots, dim, data } = this.way;
    const size = sizeOf(data);
    const out: Encoded = { mu: new Float32Array(knots.rows * dim), logvar: new Float32Array(knots.rows * dim) };
    for (let row = 0; row < knots.rows; row += BATCH) {
      const [mu, logvar] = await this.run(this.x!.slice(row * size, (row + BATCH) * size), beta);
      if (going !== this.going) return null;
      out.mu.set(mu, row * dim);
      if (logvar) out.logvar!.set(logvar, row * dim);
      else out.logvar = null;
    }
    return out;
  }
}
