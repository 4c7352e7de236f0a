/** One row of a table, column by column: what it was and what came back, by name and in the column's own unit. */

import { ownUnit, plain, shareOf } from "../examples/table";
import type { Data } from "../scene";

/** @param x The original, shape (F,), where it is at hand; y the reconstruction. */
export function Columns({ data, x, y }: { data: Data; x?: Float32Array; y: Float32Array }) {
  return (
    <table class="columns">
      <thead>
        <tr>
          <th scope="col">column</th>
          <th scope="col">
            <span class="unseen">in standard deviations</span>
          </th>
          {x && <th scope="col">○ original</th>}
          <th scope="col">● decoded</th>
        </tr>
      </thead>
      <tbody>
        {Array.from(y, (value, column) => (
          <tr key={column}>
            <th scope="row">{data.columns[column] ?? column + 1}</th>
            <td class="track" aria-hidden="true">
              {x && <b style={between(x[column], value)} />}
              <i style={{ left: `${shareOf(value)}%` }} />
              {x && <i class="was" style={{ left: `${shareOf(x[column])}%` }} />}
            </td>
            {x && <td class="number">{plain(ownUnit(x[column], column, data))}</td>}
            <td class="number">{plain(ownUnit(value, column, data))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function between(a: number, b: number): { left: string; width: string } {
  const [low, high] = [shareOf(Math.min(a, b)), shareOf(Math.max(a, b))];
  return { left: `${low}%`, width: `${high - low}%` };
}
