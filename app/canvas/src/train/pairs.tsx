/** Reconstructions of what are no images, while it learns: each original with what comes back, and what that loses. */

import { useMemo, useState } from "preact/hooks";
import { nounsOf, sizeOf } from "../examples/kinds";
import { useSignal, type Source } from "../lab/moment";
import { Beside, besideIn, Scale } from "../parts/beside";
import { Columns } from "../parts/columns";
import { Panel } from "../parts/kit";

export function Pairs({ source }: { source: Source }) {
  const moment = useSignal(source.moment);
  const originals = useSignal(source.originals);
  const [picked, pick] = useState<number>();
  const { data } = source;
  const made = moment?.reconstructions;
  // Points travel between two frames: what is drawn here stays the same meanwhile.
  const pairs = useMemo(() => {
    const size = sizeOf(data);
    const part = (all: Float32Array | undefined, i: number) => all?.subarray(i * size, (i + 1) * size);
    return Array.from({ length: made?.count ?? 0 }, (_, i) => ({ x: part(originals?.x, i), y: part(made!.x, i)!, name: `${nounsOf(data).one} ${i + 1}` }));
  }, [made, originals, data]);
  if (!pairs.length) return null;
  const row = picked === undefined ? undefined : pairs[picked];
  const table = data.kind === "table";
  return (
    <Panel class="pairs" title="Reconstructions" text={originals ? `${besideIn(data)}${table ? "; pick a row to read its columns" : ""}` : "mean codes decoded; the originals are not at hand"}>
      <div class="board" data-kind={data.kind}>
        {pairs.map(({ x, y, name }, i) => {
          const shown = <Beside {...{ x, y, data, name }} missing={!originals} />;
          if (!table) return <div class="cell" key={i}>{shown}</div>;
          return (
            <button type="button" key={i} class={i === picked ? "cell on" : "cell"} aria-pressed={i === picked} title={`${name}: read its columns`} onClick={() => pick(i === picked ? undefined : i)}>
              {shown}
            </button>
          );
        })}
      </div>
      {originals && <Scale data={data} />}
      {row && <Columns data={data} x={row.x} y={row.y} />}
    </Panel>
  );
}
