/** Many examples in one canvas, painted before the frame is drawn. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { mannerOf, sizeOf } from "../examples/kinds";
import { show } from "../examples/paint";
import * as meter from "../meter";
import { mosaicOf, paintGrid, sideOf, type Grid } from "../save";
import type { Data } from "../scene";

export function Mosaic(props: {
  x?: Float32Array; // shape (count, …)
  data: Data;
  grid: Grid;
  label: string;
  /** `timeStamp` of the event that asked for it. */
  stamp?: number;
  smooth?: boolean;
}) {
  const { x, data, grid, stamp = 0 } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, height] = sideOf(data, grid);
  useLayoutEffect(() => {
    if (!x || !canvas.current) return;
    const manner = mannerOf(data);
    if (manner) {
      show(canvas.current, (brush) => paintGrid(brush, x, data, grid));
      const size = sizeOf(data);
      const words = Array.from({ length: grid.count }, (_, i) => manner.said(x.subarray(i * size, (i + 1) * size), data));
      canvas.current.setAttribute("aria-description", words.join(", "));
    } else {
      const image = mosaicOf(x, data, grid);
      canvas.current.width = image.width; // also empties it
      canvas.current.height = image.height;
      canvas.current.getContext("2d")!.putImageData(image, 0, 0);
    }
    meter.note(stamp);
  }, [x, data, grid.columns]);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={props.label}
      data-kind={mannerOf(data) && data.kind}
      class={`picture mosaic ${props.smooth ? "smooth" : ""} ${x ? "" : "waiting"}`}
      style={{ aspectRatio: `${width} / ${height}` }}
    />
  );
}
