/** An example beside its reconstruction: what it was, what came back, what was lost; all on one scale. */

import type { Data } from "../scene";
import { Picture } from "./kit";
import { Difference } from "./original";

/** What ``Beside`` shows of these data, in words. */
export function besideIn({ kind }: Data): string {
  return kind === "table" ? "original ○ and reconstruction ●, difference" : "original, reconstruction, difference";
}

/** One above the other; of a row of a table original and reconstruction in one.
 *
 * @param x The original, one example; y its reconstruction. @param missing Whether there never is an original.
 */
export function Beside({ x, y, data, name, missing }: { x?: Float32Array; y?: Float32Array; data: Data; name: string; missing?: boolean }) {
  return (
    <>
      {!missing && data.kind !== "table" && <Picture x={x} data={data} label={`Original, ${name}`} />}
      <Picture x={y} behind={x} data={data} label={`Reconstruction, ${name}`} />
      {!missing && <Difference x={x} y={y} data={data} label={`Difference, ${name}`} />}
    </>
  );
}

/** What the colours of a difference mean. */
export function Scale({ data }: { data: Data }) {
  if (data.kind === "tokens") return <p class="scale">Letters that are right stand back; a wrong letter is red, a missing one blue.</p>;
  const [low, high] = data.kind === "image" ? ["too dark", "too light"] : ["too low", "too high"];
  const colour = data.kind === "image" && data.shape[0] > 1;
  const [from, to] = data.kind === "image" ? ["−1 ", "+1 "] : ["", ""];
  const other = colour ? ", grey is another colour" : "";
  return (
    <div class="scale" role="img" aria-label={`Difference: blue is ${low}, white is right, red is ${high}${other}`}>
      <span>
        {from}
        {low}
      </span>
      <i />
      <span>
        {to}
        {high}
      </span>
      {colour && <span>· grey: another colour</span>}
    </div>
  );
}
