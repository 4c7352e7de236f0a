/** The examples themselves: one as a picture, as numbers, the mean of some, and what a reconstruction lost. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { numbersIn, sizeOf } from "../examples/kinds";
import { easel, paint, paintDifference, wipe } from "../examples/paint";
import { textOf } from "../examples/tokens";
import { numbersOf } from "../image";
import { Originals } from "../originals";
import type { Data, Scene } from "../scene";
import { usePromise } from "./kit";

/** The originals of a scene once they are known to be there or to be missing. */
export function useOriginals(scene: Scene): Originals | undefined {
  const none = ({ message }: Error) => new Originals("", { missing: message }, 0, 0);
  return usePromise(() => scene.originals().catch(none), [scene.base]).value;
}

/** Who paints the original of a row on a canvas of its own size; a sentence where originals are missing. */
export async function painterOf(scene: Scene, row: number): Promise<string | ((canvas: HTMLCanvasElement) => void)> {
  const [originals, { data }] = [await scene.originals(), scene.card];
  if (originals.missing) return originals.missing;
  if (data.kind !== "image") {
    const x = await numbersAt(scene, [row]);
    return (canvas) => paint(canvas, x, data);
  }
  const [{ tile, x, y }, [, height, width]] = [await originals.cell(row), data.shape];
  return (canvas) => canvas.getContext("2d")!.drawImage(tile, x, y, width, height, 0, 0, width, height);
}

/** The original of a row, at its own size; nothing where originals are missing. */
export function Original(props: { scene: Scene; row: number; label: string; class?: string }) {
  const { scene, row } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const originals = useOriginals(scene);
  useLayoutEffect(() => {
    if (canvas.current) {
      wipe(canvas.current);
      canvas.current.classList.add("waiting");
    }
    if (!originals || originals.missing) return;
    let current = true;
    painterOf(scene, row).then(
      (painter) => {
        if (!current || !canvas.current || typeof painter === "string") return;
        painter(canvas.current);
        canvas.current.classList.remove("waiting");
      },
      () => {}, // it stays grey
    );
    return () => {
      current = false;
    };
  }, [originals, row]);
  if (originals?.missing) return null;
  return (
    <canvas ref={canvas} role="img" aria-label={props.label} class={`picture waiting ${props.class ?? ""}`} {...easel(scene.card.data)} />
  );
}

/** What a reconstruction y makes wrong of x, one example each. */
export function Difference(props: { x?: Float32Array; y?: Float32Array; data: Data; label: string; class?: string }) {
  const { x, y, data } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (x && y) paintDifference(canvas.current!, x, y, data);
    else wipe(canvas.current!);
  }, [x, y, data]);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={props.label}
      class={`picture difference ${props.class ?? ""} ${x && y ? "" : "waiting"}`}
      {...easel(data)}
    />
  );
}

const readers = new WeakMap<ImageBitmap, OffscreenCanvasRenderingContext2D>();

function reader(tile: ImageBitmap): OffscreenCanvasRenderingContext2D {
  let context = readers.get(tile);
  if (!context) {
    context = new OffscreenCanvas(tile.width, tile.height).getContext("2d", { willReadFrequently: true })!;
    context.drawImage(tile, 0, 0);
    readers.set(tile, context);
  }
  return context;
}

/** The originals of some rows as numbers, shape (rows, …), see ``sizeOf``; those of images in [0, 1]. */
export async function numbersAt(scene: Scene, rows: number[]): Promise<Float32Array> {
  const [originals, { data }] = [await scene.originals(), scene.card];
  if (originals.missing) throw new Error(originals.missing);
  if (data.kind !== "image") return numbersIn((await originals.numbers()).data, data, rows);
  const size = sizeOf(data);
  const out = new Float32Array(rows.length * size);
  for (const [i, row] of rows.entries()) {
    const { tile, x, y } = await originals.cell(row);
    const image = reader(tile).getImageData(x, y, originals.width, originals.height);
    out.set(numbersOf(image, data.shape[0]), i * size);
  }
  return out;
}

/** What each row reads as, where the examples are words and are at hand. */
export async function wordsOf(scene: Scene): Promise<string[]> {
  const { data } = scene.card;
  if (data.kind !== "tokens" || (await scene.originals()).missing) return [];
  const [all, size] = [await numbersAt(scene, [...Array(scene.count).keys()]), sizeOf(data)];
  return Array.from({ length: scene.count }, (_, row) => textOf(all.subarray(row * size, (row + 1) * size), data));
}
