/** Many examples in one canvas, painted before the frame is drawn. */

import { useLayoutEffect, useRef } from "preact/hooks";
import * as meter from "../meter";
import { mosaicOf, sizeOf, type Grid } from "../save";

export function Mosaic(props: {
  x?: Float32Array; // shape (count, C, H, W)
  shape: number[];
  grid: Grid;
  label: string;
  /** `timeStamp` of the event that asked for it. */
  stamp?: number;
  smooth?: boolean;
}) {
  const { x, shape, stamp = 0 } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, height] = sizeOf(shape, props.grid);
  useLayoutEffect(() => {
    if (!x || !canvas.current) return;
    const image = mosaicOf(x, shape, props.grid);
    canvas.current.width = image.width; // also empties it
    canvas.current.height = image.height;
    canvas.current.getContext("2d")!.putImageData(image, 0, 0);
    meter.note(stamp);
  }, [x, shape]);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={props.label}
      class={`picture mosaic ${props.smooth ? "smooth" : ""} ${x ? "" : "waiting"}`}
      style={{ aspectRatio: `${width} / ${height}` }}
    />
  );
}
