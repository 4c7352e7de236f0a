/** A code as bars: its mean, what its σ leaves open, and how far the codes of all examples reach. */

import { useMemo } from "preact/hooks";
import { deviation, mean } from "../maths";
import { setOf, type Scene } from "../scene";
import { dimension } from "../space";
import { signed } from "./kit";

export const MOST = 32; // dimensions; more bars would be too thin to be read
const [WIDTH, HEIGHT] = [320, 92];

export function Bars({ scene, mu, logvar }: { scene: Scene; mu: Float32Array; logvar?: Float32Array }) {
  const { codes, dim } = scene;
  const [centre, sigma] = useMemo(() => [mean(codes.mu, dim), deviation(codes.mu, dim)], [scene]);
  const reach = useMemo(() => Math.max(...Array.from(centre, (value, d) => Math.abs(value) + 3.2 * sigma[d]), 1e-6), [scene]);
  const step = WIDTH / dim;
  const thick = Math.min(22, 0.62 * step);
  const y = (value: number) => (HEIGHT / 2) * (1 - Math.max(-1, Math.min(1, value / reach)));
  const words = Array.from(mu, (value, d) => `${dimension(d)} ${signed(value.toFixed(2))}`).join(", ");
  return (
    <>
      <svg class="bars" viewBox={`0 0 ${WIDTH} ${HEIGHT + 14}`} role="img" aria-label={`The code: ${words}`}>
        {Array.from(mu, (value, d) => {
          const x = (d + 0.5) * step;
          const open = logvar ? Math.exp(logvar[d] / 2) : 0;
          const [top, bottom] = [y(centre[d] + 2 * sigma[d]), y(centre[d] - 2 * sigma[d])];
          return (
            <g key={d}>
              <rect class="reach" x={x - thick / 2 - 2} y={top} width={thick + 4} height={Math.max(1, bottom - top)} rx="3" />
              <rect class="value" x={x - thick / 2} y={Math.min(y(value), HEIGHT / 2)} width={thick} height={Math.max(1, Math.abs(y(value) - HEIGHT / 2))} />
              {logvar && <path class="open" d={`M${x} ${y(value - open)}V${y(value + open)}`} />}
              <text x={x} y={HEIGHT + 11}>
                {dim <= 16 || d % 2 === 0 ? dimension(d) : ""}
              </text>
            </g>
          );
        })}
        <path class="zero" d={`M0 ${HEIGHT / 2}H${WIDTH}`} />
      </svg>
      <p class="caption">
        Bars: {logvar ? "the mean μ. Lines: ± its σ. " : "the code z. "}
        Behind them: ± 2σ of the codes of {setOf(scene)}.
      </p>
    </>
  );
}
