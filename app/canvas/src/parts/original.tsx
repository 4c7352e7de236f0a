/** The examples themselves: one as a picture, as numbers, the mean of some, and what a reconstruction lost. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { differenceOf, numbersOf } from "../image";
import { pixels } from "../models";
import { Originals, type Scene } from "../scene";
import { usePromise, wipe } from "./kit";

/** The originals of a scene once they are known to be there or to be missing. */
export function useOriginals(scene: Scene): Originals | undefined {
  const none = ({ message }: Error) => new Originals("", { missing: message }, 0, 0);
  return usePromise(() => scene.originals().catch(none), [scene]).value;
}

/** The original of a row, at its own size; nothing where originals are missing. */
export function Original(props: { scene: Scene; row: number; label: string; class?: string }) {
  const { scene, row } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const originals = useOriginals(scene);
  const [, height, width] = scene.card.data.shape;
  useLayoutEffect(() => {
    if (canvas.current) {
      wipe(canvas.current);
      canvas.current.classList.add("waiting");
    }
    if (!originals || originals.missing) return;
    let current = true;
    originals.cell(row).then(
      ({ tile, x, y }) => {
        if (!current || !canvas.current) return;
        canvas.current.getContext("2d")!.drawImage(tile, x, y, width, height, 0, 0, width, height);
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
    <canvas ref={canvas} role="img" aria-label={props.label} class={`picture waiting ${props.class ?? ""}`} {...{ width, height }} />
  );
}

/** Reconstruction less original, in [-1, 1]: blue is too dark, red too light, grey another colour. Shapes (C, H, W). */
export function Difference(props: { x?: Float32Array; y?: Float32Array; shape: number[]; label: string; class?: string }) {
  const { x, y, shape } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (x && y) canvas.current!.getContext("2d")!.putImageData(differenceOf(x, y, shape), 0, 0);
    else wipe(canvas.current!);
  }, [x, y, shape]);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={props.label}
      class={`picture difference ${props.class ?? ""} ${x && y ? "" : "waiting"}`}
      width={shape[2]}
      height={shape[1]}
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

/** The originals of some rows as numbers, shape (rows, C, H, W), in [0, 1]. */
export async function numbersAt(scene: Scene, rows: number[]): Promise<Float32Array> {
  const originals = await scene.originals();
  if (originals.missing) throw new Error(originals.missing);
  const out = new Float32Array(rows.length * pixels(scene));
  for (const [i, row] of rows.entries()) {
    const { tile, x, y } = await originals.cell(row);
    const image = reader(tile).getImageData(x, y, originals.width, originals.height);
    out.set(numbersOf(image, scene.card.data.shape[0]), i * pixels(scene));
  }
  return out;
}
