/** Latent arithmetic: take one group's code from another's, and add what is left to a third. */

import { useMemo, useState } from "preact/hooks";
import type { PageProps } from "../app";
import type { Colouring } from "../colouring";
import { nounsOf } from "../examples/kinds";
import { distances, mean, smallest } from "../maths";
import { decode, pixels } from "../models";
import type { Flat } from "../parts/flat";
import { digits, Panel, Pick, Picture, Segment, Slider, usePromise } from "../parts/kit";
import { Live } from "../parts/live";
import { numbersAt } from "../parts/original";
import { Member } from "../parts/selection";
import { Stage, type Mark, type Tool } from "../parts/stage";
import type { Scene } from "../scene";
import { TITLES } from "../space";

const SLOTS = ["a", "b", "c"] as const;
type Slot = (typeof SLOTS)[number];

interface Group {
  rows: number[];
  z: Float32Array; // the mean code, shape (D,)
  name: string; // a class, or empty: drawn by hand
}

type Groups = Partial<Record<Slot, Group>>;

/** Groups and strength of a scene, for a visit. */
const visit = new WeakMap<Scene, { groups: Groups; strength: number }>();

const ROLES: Record<Slot, string> = { a: "has it", b: "lacks it", c: "shall get it" };
const AVERAGED = 300; // originals: more would not change the mean that is seen
const AROUND = 4;

function groupOf(scene: Scene, rows: number[], name = ""): Group | undefined {
  return rows.length ? { rows, name, z: mean(scene.codes.mu, scene.dim, rows) } : undefined;
}

/** c + s·(a − b), shape (D,): a − b + c at s = 1. */
export function sumOf(a: Float32Array, b: Float32Array, c: Float32Array, strength: number): Float32Array {
  return c.map((value, d) => value + strength * (a[d] - b[d]));
}

export function Arithmetic({ host, scene, flat }: PageProps & { flat: Flat }) {
  const { view, colours } = flat;
  const [{ groups, strength }, set] = useState(() => visit.get(scene.base) ?? { groups: {} as Groups, strength: 1 });
  const [slot, setSlot] = useState<Slot>("a");
  const [tool, setTool] = useState<Tool>("lasso");
  const [stamp, setStamp] = useState(0);
  const keep = (next: { groups: Groups; strength: number }) => {
    visit.set(scene.base, next);
    set(next);
  };
  const fill = (which: Slot, group: Group | undefined) => {
    const next = { ...groups, [which]: group };
    keep({ groups: next, strength });
    const empty = SLOTS.find((each) => !next[each]);
    setSlot(group && empty ? empty : which);
  };
  const { a, b, c } = groups;
  const z = useMemo(() => (a && b && c ? sumOf(a.z, b.z, c.z, strength) : undefined), [a, b, c, strength]);
  const marks: Mark[] = [];
  if (view) {
    for (const each of SLOTS) {
      const group = groups[each];
      if (group) marks.push({ id: each, title: each, kind: "ring", place: view.place(group.z) });
    }
    if (z) marks.push({ id: "sum", title: view.exact ? "a − b + c" : "a − b + c, approximate", kind: "end", place: view.place(z) });
  }
  const outside = !!view && !!z && view.place(z).some((value, axis) => Math.abs(value - view.window.centre[axis]) > 1.1 * view.window.reach);
  // What is added to c is what leads from b to a.
  const paths = useMemo(() => (view && a && b && c && z ? [[view.place(b.z), view.place(a.z)], [view.place(c.z), view.place(z)]] : []), [view, a, b, c, z]); // prettier-ignore
  return (
    <div class={view ? "row between" : "between alone"}>
      {view && (
        <div class="atlas">
          <div class="tools">
            <Segment
              label="Tool"
              help="How a group is chosen on the map."
              choices={[
                { value: "lasso" as Tool, title: "Lasso" },
                { value: "box" as Tool, title: "Box" },
                { value: "pan" as Tool, title: "Pan" },
              ]}
              value={tool}
              onChange={(next) => setTool(next)}
            />
            <span class="hint">
              {tool === "pan" ? "Drag the map." : `Draw around examples: they become group ${slot}.`}
            </span>
          </div>
          <Stage
            {...{ scene, view, colours, marks, paths, tool }}
            label={`${TITLES[view.name]} of ${scene.count} codes, with the groups a, b and c`}
            selected={groups[slot]?.rows}
            onSelect={(rows) => fill(slot, groupOf(scene, rows))}
            remember={`map ${scene.url}`}
          />
        </div>
      )}
      <Panel
        class="sum"
        title="a − b + c"
        text="What leads from the mean of group b to the mean of group a is added to the mean of group c: what a has and b lacks, c gets."
      >
        <div class="slots">
          {SLOTS.map((each) => (
            <SlotCard
              key={each}
              {...{ scene, slot: each }}
              group={groups[each]}
              classes={colours.kind === "classes" ? colours : undefined}
              on={slot === each}
              onChoose={() => setSlot(each)}
              onFill={(group) => fill(each, group)}
            />
          ))}
        </div>
        <Slider
          name="Strength of the difference a − b"
          label="strength"
          note="of a − b"
          help="How much of the difference is added to c: 0 is c itself, 1 is a − b + c."
          value={strength}
          min={0}
          max={2}
          step={0.01}
          say={(value) => value.toFixed(2)}
          onInput={(value, event) => {
            setStamp(event.timeStamp);
            keep({ groups, strength: value });
          }}
        />
        {z ? <Result {...{ scene, z, stamp, strength, outside }} onPick={(row) => host.say({ page: "map", point: String(row) })} /> : <p class="hint">Fill the three groups: the result appears here.</p>}
      </Panel>
    </div>
  );
}

function SlotCard(props: {
  scene: Scene;
  slot: Slot;
  group?: Group;
  classes?: Colouring;
  on: boolean;
  onChoose(): void;
  onFill(group: Group | undefined): void;
}) {
  const { scene, slot, group, classes } = props;
  const { data } = scene.card;
  const { value: x } = usePromise(async () => (group ? decode(scene, group.z.slice()) : undefined), [group]);
  const { value: average, error: missing } = usePromise(async () => {
    if (!group) return undefined;
    const step = Math.max(1, group.rows.length / AVERAGED);
    const some = Array.from({ length: Math.min(AVERAGED, group.rows.length) }, (_, i) => group.rows[Math.floor(i * step)]);
    return mean(await numbersAt(scene, some), pixels(scene));
  }, [group]);
  const choices = [{ value: "", title: group && !group.name ? "drawn" : "class…" }, ...(classes?.names ?? []).map((title, i) => ({ value: String(i), title }))];
  return (
    <div class={props.on ? "slot on" : "slot"}>
      <button type="button" aria-pressed={props.on} title="The next lasso fills this group." onClick={props.onChoose}>
        {slot}
        <small>{group ? `${group.rows.length} ${group.rows.length === 1 ? "example" : "examples"}` : ROLES[slot]}</small>
      </button>
      <div class="pair">
        {!missing && (
          <figure>
            <Picture x={average} data={data} label={`The mean ${nounsOf(data).one} of group ${slot}`} />
            <figcaption>mean</figcaption>
          </figure>
        )}
        <figure>
          <Picture x={x} data={data} label={`What the mean code of group ${slot} decodes to`} />
          <figcaption>decoded</figcaption>
        </figure>
      </div>
      {classes && (
        <Pick
          label={`All of one ${classes.title} as group ${slot}`}
          help="Instead of a lasso: every example of a class."
          choices={choices}
          value={group?.name ?? ""}
          onChange={(value) => {
            const rows = [...classes.of.keys()].filter((row) => value !== "" && classes.of[row] === Number(value));
            props.onFill(groupOf(scene, rows, value));
          }}
        />
      )}
    </div>
  );
}

interface ResultProps {
  scene: Scene;
  z: Float32Array; // shape (D,)
  stamp: number;
  strength: number;
  outside: boolean; // it lies beyond the map's edge
  onPick(row: number): void;
}

function Result({ scene, z, stamp, strength, outside, onPick }: ResultProps) {
  const { rows, squared } = useMemo(() => {
    const squared = distances(scene.codes.mu, z);
    return { squared, rows: smallest(squared, AROUND) };
  }, [scene, z]);
  return (
    <div class="result">
      <figure>
        <Live scene={scene} z={z} stamp={stamp} label="The decoded result" />
        <figcaption>
          <span>decoded</span>
          <span class="number">c + {strength.toFixed(2)} · (a − b)</span>
        </figcaption>
      </figure>
      <div>
        <h2>Nearest examples</h2>
        <p class="caption">In the latent space, with their distances; a click shows one on the Map.</p>
        <div class="around">
          {rows.map((row) => (
            <Member key={row} scene={scene} row={row} note={digits(Math.sqrt(squared[row]), 2)} onPick={onPick} />
          ))}
        </div>
        {outside && <p class="caption">It lies beyond the edge of the map, where no codes are: zoom out to see it.</p>}
      </div>
    </div>
  );
}
