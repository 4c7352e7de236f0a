/** What the decoder makes at this β: of examples, of noise, and along the dimensions that carry most. */

import { gapOf, mannerOf, sizeOf } from "../examples/kinds";
import { Panel } from "../parts/kit";
import { Mosaic } from "../parts/mosaic";
import type { Data } from "../scene";
import { dimension } from "../space";
import { useSignal, type Pixels, type Source } from "./moment";

/** A row length at which examples of a kind can be made out. */
function columnsOf(data: Data, wanted: number): number {
  return mannerOf(data) ? Math.min(wanted, 4) : wanted;
}

/** As many places as there will be, whatever part of them has been decoded. */
function Grid({ pixels, data, columns, count, label }: { pixels: Pixels; data: Data; columns: number; count: number; label: string }) {
  const whole = count * sizeOf(data);
  const shown = Math.min(count, pixels.count);
  return <Mosaic x={pixels.x.length > whole ? pixels.x.subarray(0, whole) : pixels.x} {...{ data, label }} grid={{ count: shown, columns: columnsOf(data, columns), gap: gapOf(data) }} />;
}

export function Reconstructions({ source }: { source: Source }) {
  const moment = useSignal(source.moment);
  const originals = useSignal(source.originals);
  const made = moment?.reconstructions;
  const count = Math.min(8, made?.count ?? 8);
  return (
    <Panel title="Reconstructions" text={originals ? "original above, its mean code decoded below" : "mean codes decoded; the originals are not at hand"}>
      {originals && <Grid pixels={originals} data={source.data} columns={8} count={count} label={`${count} originals`} />}
      {made && <Grid pixels={made} data={source.data} columns={8} count={count} label={`${count} reconstructions`} />}
    </Panel>
  );
}

export function Samples({ source }: { source: Source }) {
  const moment = useSignal(source.moment);
  const samples = moment?.samples;
  if (moment && !samples) return null;
  const of = source.fitted ? "a Gaussian fitted to the codes, for want of a prior" : "the prior";
  const drawn = source.moves ? `drawn from ${of}, the same noise each time` : "z ~ N(0, I), the same noise at every β";
  return (
    <Panel title={source.fitted ? "Samples" : "Prior samples"} text={drawn}>
      <div class="held" style={heightOf(source.data, 24, 8)}>
        {samples && <Grid pixels={samples} data={source.data} columns={8} count={24} label={`${Math.min(24, samples.count)} samples${source.fitted ? "" : " from the prior"}`} />}
      </div>
    </Panel>
  );
}

/** The room of a grid, so that one of fewer rows moves nothing. */
function heightOf(data: Data, count: number, columns: number): { aspectRatio: string } | undefined {
  if (mannerOf(data)) return undefined;
  const [, height, width] = data.shape;
  const gap = gapOf(data);
  return { aspectRatio: `${columns * (width + gap) - gap} / ${Math.ceil(count / columns) * (height + gap) - gap}` };
}

/** Which dimensions are traversed. */
function alongOf(count: number, dim: number): string {
  if (count < dim) return count > 1 ? `the ${count} dimensions that carry most` : "the dimension that carries most";
  return dim > 2 ? `all ${dim} dimensions` : dim > 1 ? "both dimensions" : "its one dimension";
}

export function Traversals({ source }: { source: Source }) {
  const moment = useSignal(source.moment);
  const { traversals, traversed = [] } = moment ?? {};
  if (moment && !traversals) return null;
  const steps = traversals ? traversals.count / traversed.length : 9;
  const size = sizeOf(source.data);
  return (
    <Panel class="traversals" title="Traversals" text={`${alongOf(traversed.length, source.dim)}, −3 σ to 3 σ from the first example's code`}>
      {traversals &&
        traversed.map((d, i) => (
          <div class="traversal" key={i}>
            <span>{dimension(d)}</span>
            <Mosaic x={traversals.x.subarray(i * steps * size, (i + 1) * steps * size)} data={source.data} grid={{ count: steps, columns: columnsOf(source.data, steps), gap: gapOf(source.data) }} label={`${dimension(d)} from −3 σ to 3 σ`} />
          </div>
        ))}
    </Panel>
  );
}
