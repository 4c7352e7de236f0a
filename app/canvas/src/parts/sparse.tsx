/** A sparse code: a bar for each of its numbers, and those that are next to zero in sight. */

import { useMemo } from "preact/hooks";
import { setOf, type Scene } from "../scene";
import { dimension } from "../space";
import { digits } from "./kit";
import { share } from "./selection";

const SPARSE = 0.1; // share of zeros from which on any code counts as sparse
const NEAR_ZERO = 0.01; // of the largest number in any code, as the card has it
const [WIDTH, HEIGHT] = [320, 64];

/** Up to which size a number counts as zero, and how many do: as the card says of a sparse model, else if they are many. */
function zerosOf({ codes, card }: Scene): { size: number; share: number } | undefined {
  const size = NEAR_ZERO * codes.mu.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const told = card.measured.zero_share as number | undefined;
  const found = told ?? codes.mu.reduce((count, value) => count + Number(Math.abs(value) <= size), 0) / codes.mu.length;
  return told !== undefined || found >= SPARSE ? { size, share: found } : undefined;
}

export function Sparse({ scene, rows }: { scene: Scene; rows: number[] }) {
  const { base, dim } = scene;
  const whole = useMemo(() => zerosOf(base), [base]);
  const z = useMemo(() => averageOf(base, rows), [base, rows.join()]);
  if (!whole) return null;
  const zeros = rows.reduce((count, row) => count + scene.code(row).filter((value) => Math.abs(value) <= whole.size).length, 0) / (rows.length * dim);
  const mean = base.card.measured.mean_activation as number | undefined;
  const top = Math.max(...z, 0);
  const bottom = Math.min(...z, 0);
  const scale = (HEIGHT - 4) / (top - bottom || 1);
  const step = WIDTH / dim;
  const thick = Math.max(0.6, 0.72 * step);
  const most = [...z.keys()].sort((a, b) => Math.abs(z[b]) - Math.abs(z[a])).slice(0, 3);
  const words = `${share(zeros)} zeros; most in ${most.map((d) => `${dimension(d)} ${digits(z[d], 2)}`).join(", ")}`;
  return (
    <figure class="sparse">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`The code as bars: ${words}`}>
        {Array.from(z, (value, d) => {
          const [x, base] = [(d + 0.5) * step - thick / 2, 2 + top * scale];
          const high = Math.abs(value) * scale;
          if (Math.abs(value) <= whole.size) return <rect key={d} class="none" x={x} y={base - 1} width={thick} height="2" />;
          return <rect key={d} class="value" x={x} y={value > 0 ? base - high : base} width={thick} height={high} />;
        })}
      </svg>
      <figcaption class="caption">
        {rows.length > 1 ? "Mean size of each number" : `The code's ${dim} numbers`}: {share(zeros)} are next to zero (of {setOf(scene)}: {share(whole.share)}{mean !== undefined && `, the mean size being ${digits(mean, 2)}`}).
      </figcaption>
    </figure>
  );
}

/** One code, or the mean of the absolute numbers of several. */
function averageOf(scene: Scene, rows: number[]): Float32Array {
  if (rows.length === 1) return scene.code(rows[0]);
  const sum = new Float32Array(scene.dim);
  for (const row of rows) scene.code(row).forEach((value, d) => (sum[d] += Math.abs(value) / rows.length));
  return sum;
}
