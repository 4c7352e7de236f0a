/** The examples behind the codes, as a server hands them out. */

import { fetched } from "./fetched";
import { readTensors, type Tensor } from "./safetensors";

/** originals.json. */
export interface OriginalsCard {
  tiles?: string[];
  columns?: number;
  per_tile?: number;
  /** Of what are no images: one array ``x`` of numbers. */
  file?: string;
  missing?: string;
}

/** The examples themselves: as tiles of small images, or as numbers. */
export class Originals {
  private tiles = new Map<number, Promise<ImageBitmap>>();
  private all?: Promise<Tensor>;

  constructor(
    private url: string,
    private card: OriginalsCard,
    readonly width: number,
    readonly height: number,
  ) {}

  /** Why there are none, or an empty text. */
  get missing(): string {
    return this.card.missing ?? "";
  }

  /** Where the image of a row stands: its tile, and the corner of its cell there. */
  async cell(row: number): Promise<{ tile: ImageBitmap; x: number; y: number }> {
    const { per_tile = 1, columns = 1 } = this.card;
    const [number, place] = [Math.floor(row / per_tile), row % per_tile];
    return {
      tile: await this.tile(number),
      x: (place % columns) * this.width,
      y: Math.floor(place / columns) * this.height,
    };
  }

  /** Every example as numbers, shape (N, …), where they are no images. */
  numbers(): Promise<Tensor> {
    this.all ??= fetched(this.url + this.card.file).then(async (answer) => readTensors(await answer.arrayBuffer()).get("x")!);
    this.all.catch(() => (this.all = undefined));
    return this.all;
  }

  private tile(number: number): Promise<ImageBitmap> {
    let tile = this.tiles.get(number);
    if (!tile) {
      tile = fetched(this.url + this.card.tiles![number]).then(async (answer) => createImageBitmap(await answer.blob()));
      this.tiles.set(number, tile);
      tile.catch(() => this.tiles.delete(number));
    }
    return tile;
  }
}
