/** What the colours of a map mean; each class or range in it can be filtered out. */

import { useMemo } from "preact/hooks";
import { STEPS, type Colouring } from "../colouring";
import { digits } from "./kit";

/** Which colours are filtered out, (colours); null for none. */
export type Filter = Uint8Array | null;

/** Which rows a filter hides, (N); null for none. */
export function hiddenBy(colouring: Colouring, filter: Filter): Uint8Array | null {
  return filter && colouring.of.map((colour) => filter[colour]);
}

/** A filter that hides nothing is none; one that hides everything is a mistake, and hides nothing. */
function settled(filter: Uint8Array): Filter {
  return filter.some(Boolean) && !filter.every(Boolean) ? filter : null;
}

interface LegendProps {
  colouring: Colouring;
  filter: Filter;
  onFilter(filter: Filter): void;
}

export function Legend(props: LegendProps) {
  const { kind } = props.colouring;
  if (kind === "none") return null;
  return kind === "classes" ? <Classes {...props} /> : <Bar {...props} />;
}

function Classes({ colouring, filter, onFilter }: LegendProps) {
  const { names = [], colours, title } = colouring;
  const flip = (each: number) => {
    const next = filter?.slice() ?? new Uint8Array(colours.length);
    next[each] ^= 1;
    onFilter(settled(next));
  };
  /** Nothing but this class; everything again where that is so already. */
  const only = (each: number) => {
    const alone = filter?.every((off, i) => off === Number(i !== each));
    onFilter(alone ? null : settled(new Uint8Array(colours.length).fill(1).fill(0, each, each + 1)));
  };
  return (
    <div class="legend" role="group" aria-label={`Colours: ${title}`}>
      {names.map((name, i) => (
        <button
          type="button"
          class={filter?.[i] ? "key off" : "key"}
          aria-pressed={!filter?.[i]}
          title={`${filter?.[i] ? "Show" : "Hide"} ${name}. Double-click or Shift: only ${name}.`}
          onClick={(event) => (event.shiftKey ? only(i) : flip(i))}
          onDblClick={() => only(i)}
        >
          <i style={{ background: colours[i] }} />
          {name}
        </button>
      ))}
      {filter && (
        <button type="button" class="key all" onClick={() => onFilter(null)}>
          show all
        </button>
      )}
    </div>
  );
}

function Bar({ colouring, filter, onFilter }: LegendProps) {
  const { title, colours, low = 0, high = 1, unit } = colouring;
  const first = filter ? filter.indexOf(0) : 0;
  const last = filter ? filter.lastIndexOf(0) : STEPS - 1;
  const gradient = useMemo(() => `linear-gradient(to right, ${colours.filter((_, i) => i % 7 === 0).join()})`, [colours]);
  /** The value at the lower edge of a step; the range ends at the upper edge of its last. */
  const at = (step: number) => digits(low + ((high - low) * step) / STEPS);
  const keep = (from: number, to: number) =>
    onFilter(settled(new Uint8Array(STEPS).map((_, step) => Number(step < from || step > to))));
  const text = (step: number) => (unit ? `${at(step)} ${unit}` : at(step));
  return (
    <div class="legend bar" role="group" aria-label={`Colours: ${title}`}>
      <span class="title">
        {title}
        {unit ? `, ${unit}` : ""}
      </span>
      <span class="number">{at(first)}</span>
      <span class="range" style={`--from:${(100 * first) / STEPS}%;--to:${(100 * (last + 1)) / STEPS}%`}>
        <span class="ramp" style={{ backgroundImage: gradient }} />
        <input
          type="range"
          aria-label={`Lowest ${title} shown`}
          aria-valuetext={text(first)}
          title="Hides all below."
          min={0}
          max={STEPS - 1}
          value={first}
          style={first > STEPS / 2 ? "z-index:1" : ""} // where both ends meet, the one that can move is on top
          onInput={(event) => keep(Math.min(event.currentTarget.valueAsNumber, last), last)}
        />
        <input
          type="range"
          aria-label={`Highest ${title} shown`}
          aria-valuetext={text(last + 1)}
          title="Hides all above."
          min={0}
          max={STEPS - 1}
          value={last}
          onInput={(event) => keep(first, Math.max(event.currentTarget.valueAsNumber, first))}
        />
      </span>
      <span class="number">{at(last + 1)}</span>
      {filter && (
        <button type="button" class="key all" onClick={() => onFilter(null)}>
          show all
        </button>
      )}
    </div>
  );
}
