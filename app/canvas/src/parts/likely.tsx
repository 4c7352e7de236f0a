/** What a model's own classifier says of a drawing: a bar a class. */

import { Panel } from "./kit";

export function Likely({ likely, names }: { likely?: Float32Array; names: string[] }) {
  const best = likely ? likely.indexOf(Math.max(...likely)) : -1;
  const percent = (share: number) => (share > 0 && share < 0.005 ? "< 1 %" : `${Math.round(100 * share)} %`);
  return (
    <Panel class="likely" title="Which class it reads" text={likely ? undefined : "Its own classifier q(y|x) answers while the pen moves."}>
      {likely && (
        <ul aria-label="Probability of each class">
          {Array.from(likely, (share, i) => (
            <li key={i} class={i === best ? "on" : ""}>
              <span class="number">{percent(share)}</span>
              <span class="track">
                <i style={{ height: `${100 * share}%` }} />
              </span>
              <span class="name" title={names[i]}>
                {names[i]}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
