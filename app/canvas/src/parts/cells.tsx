/** A grid of decoded codes of which one is picked. */

import { useRef } from "preact/hooks";
import { cellOf } from "../examples/kinds";
import type { Grid } from "../save";
import type { Scene } from "../scene";
import { Mosaic } from "./mosaic";

/** The grid as one canvas; a click or the arrow keys choose a cell. */
export function Cells(props: {
  scene: Scene;
  grid: Grid;
  x?: Float32Array; // shape (count, …)
  stamp?: number;
  smooth: boolean;
  picked: number;
  names?: string[]; // of the rows
  onPick(index: number): void;
}) {
  const { grid, picked, onPick } = props;
  const { count, columns } = grid;
  const rows = Math.ceil(count / columns);
  const root = useRef<HTMLDivElement>(null);
  const { data } = props.scene.card;
  const [wide, high] = cellOf(data);
  const [pitch, lift] = [wide + grid.gap, high + grid.gap];
  const [width, height] = [columns * pitch - grid.gap, rows * lift - grid.gap];
  const go: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -picked, End: count - 1 - picked };
  const board = (
    <div
      ref={root}
      class="cells"
      role="application"
      tabIndex={0}
      aria-label={`${count} decoded draws, ${columns} in a row. Arrow keys choose one.`}
      onKeyDown={(event) => {
        const next = picked + (go[event.key] ?? NaN);
        if (Number.isNaN(next)) return;
        event.preventDefault();
        if (next >= 0 && next < count) onPick(next);
      }}
      onClick={(event) => {
        const box = root.current!.getBoundingClientRect();
        const column = Math.floor(((event.clientX - box.left) / box.width) * (width / pitch + grid.gap / pitch));
        const row = Math.floor(((event.clientY - box.top) / box.height) * (height / lift + grid.gap / lift));
        const index = row * columns + column;
        if (column >= 0 && column < columns && index >= 0 && index < count) onPick(index);
      }}
    >
      <Mosaic x={props.x} stamp={props.stamp} data={data} grid={grid} smooth={props.smooth} label={`${count} decoded draws`} />
      <i
        class="cell"
        style={{
          left: `${(100 * (picked % columns) * pitch) / width}%`,
          top: `${(100 * Math.floor(picked / columns) * lift) / height}%`,
          width: `${(100 * wide) / width}%`,
          height: `${(100 * high) / height}%`,
        }}
      />
      <p class="unseen" aria-live="polite">{`Sample ${picked + 1} of ${count}, row ${Math.floor(picked / columns) + 1}, column ${(picked % columns) + 1}`}</p>
    </div>
  );
  if (!props.names) return board;
  return (
    <div class="with-names">
      <ol aria-label="Class of each row">
        {props.names.map((name) => (
          <li key={name} title={name}>
            {name}
          </li>
        ))}
      </ol>
      {board}
    </div>
  );
}
