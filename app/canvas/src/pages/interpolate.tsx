/** Interpolate: go from one example to another, and see what lies between. */

import { useMemo, useState } from "preact/hooks";
import { useNumber, useSaved } from "../address";
import type { PageProps } from "../app";
import { linear, norm, spherical } from "../maths";
import { pixels } from "../models";
import { codesAt } from "../paths";
import { useDecoded } from "../parts/decoded";
import { useFlat, type Flat } from "../parts/flat";
import { Notice, Panel, Segment, usePromise } from "../parts/kit";
import { Live } from "../parts/live";
import { numbersAt } from "../parts/original";
import { titleOf } from "../parts/selection";
import { Stage, type Mark } from "../parts/stage";
import { Top } from "../parts/top";
import type { Scene } from "../scene";
import { TITLES, type Place, type View } from "../space";
import { Arithmetic } from "./arithmetic";
import { Fade, Player } from "./between";
import { farApart, useEnd, type End } from "./ends";
import { Strips, TIMES, type Shown } from "./strips";

type Mode = "path" | "arithmetic";

const visit = { seconds: 2 };

export function Interpolate({ host, scene }: PageProps) {
  const flat = useFlat(host, scene);
  const [saved, save] = useSaved(host, "mode");
  const mode: Mode = saved === "arithmetic" ? saved : "path";
  return (
    <>
      <Top host={host}>
        <Segment<Mode>
          label="What to do with codes"
          help="A path between two codes, or sums and differences of codes."
          choices={[
            { value: "path", title: "Path" },
            { value: "arithmetic", title: "Arithmetic" },
          ]}
          value={mode}
          onChange={(next) => save(next === "path" ? null : next)}
        />
        {flat.choice}
      </Top>
      {!flat.view && <Notice title="No map" text="This bundle has one latent dimension and no map of it: choose the ends in the page's address, as a=0 and b=1." />}
      {mode === "path" ? <Path {...{ host, scene, flat }} /> : <Arithmetic {...{ host, scene, flat }} />}
    </>
  );
}

function Path({ host, scene: its, flat }: PageProps & { flat: Flat }) {
  const { view, colours } = flat;
  const usual = useMemo(() => farApart(its), [its.base]);
  const a = useEnd(host, "a", its, view, usual[0]);
  const b = useEnd(host, "b", its, view, usual[1]);
  const scene = its.beside(a.row);
  const [next, setNext] = useState<"a" | "b">("a");
  const [stamp, setStamp] = useState(0);
  const { value: t, move, keep } = useNumber(host, "t", 0.5, 0, 1);
  const [seconds, setSeconds] = useState(visit.seconds);
  const go = (t: number, stamp = 0) => {
    move(t);
    setStamp(stamp);
  };

  const jump = (t: number) => {
    setStamp(0);
    keep(t);
  };
  const steps = useMemo(() => codesAt(a.z, b.z, TIMES), [a.z, b.z]);
  const { shown, failed } = useDecoded(scene, steps);
  const path = usePath(scene, a, b, shown?.x);
  const [straight, round] = useMemo(() => [linear(a.z, b.z, t), spherical(a.z, b.z, t)], [a.z, b.z, t]);
  const lines = useMemo(() => (view ? linesOf(view, scene, a, b) : []), [view, a.z, b.z]);
  const draggable = (id: string, end: End): Mark => ({
    id,
    title: id.toUpperCase(),
    kind: "end",
    place: end.place!,
    onDrag: end.drag,
    onDragEnd: end.drop,
  });
  const marks: Mark[] = view
    ? [
        { id: "linear", title: "linear", kind: "dot", place: view.place(straight) },
        { id: "spherical", title: "spherical", kind: "ring", place: view.place(round) },
        draggable("a", a),
        draggable("b", b),
      ]
    : [];
  const pick = (row: number) => {
    (next === "a" ? a : b).pick(row);
    setNext(next === "a" ? "b" : "a");
  };
  const strips = useMemo(
    () => shown && <Strips {...{ scene, path, t, seconds }} z={shown.z} x={shown.x} onTime={jump} />,
    [scene, path, t, seconds, shown],
  );
  return (
    <>
      {[a.wrong, b.wrong].map((text) => text && <Notice key={text} title="Not in this bundle" text={text} />)}
      <div class={view ? "row between" : "between alone"}>
        {view && (
          <div class="atlas">
            <div class="tools">
              <Segment
                label="A click on a point sets"
                help="Which end the next click on a point chooses; the ends can be dragged, too."
                choices={[
                  { value: "a", title: "A" },
                  { value: "b", title: "B" },
                ]}
                value={next}
                onChange={(value) => setNext(value)}
              />
              <span class="hint">
                Drag A and B over the map, or click a point: it becomes {next.toUpperCase()}.
                {!view.exact && " Paths on this map are approximate: it has no inverse."}
              </span>
            </div>
            <Stage
              {...{ scene, view, colours, marks }}
              label={`${TITLES[view.name]} of ${scene.count} codes, with a straight and a spherical path from A to B`}
              tool="pan"
              paths={lines}
              onPoint={pick}
              remember={`map ${scene.url}`}
            />
          </div>
        )}
        <Panel class="ends" title="Between A and B">
          <div class="pair">
            <figure>
              <Live scene={scene} z={straight} stamp={stamp} label={`The straight line at t = ${t.toFixed(2)}`} />
              <figcaption>
                linear <span class="number">‖z‖ {norm(straight).toFixed(2)}</span>
              </figcaption>
            </figure>
            <figure>
              <Live scene={scene} z={round} stamp={stamp} label={`The spherical path at t = ${t.toFixed(2)}`} />
              <figcaption>
                spherical <span class="number">‖z‖ {norm(round).toFixed(2)}</span>
              </figcaption>
            </figure>
          </div>
          <Player {...{ t, seconds }} onTime={go} onRest={() => keep()} onSeconds={(value) => setSeconds((visit.seconds = value))} />
          <Fade {...{ scene, path, t }} ends={[a, b]} />
        </Panel>
      </div>
      {failed && <Notice failed title="Nothing can be decoded" text={failed.message} />}
      {strips}
    </>
  );
}

/** The path with the images that the cross-fade joins: the originals where both ends have one. */
function usePath(scene: Scene, a: End, b: End, x: Float32Array | undefined): Shown {
  const { value: pair } = usePromise(async () => {
    if (a.row === undefined || b.row === undefined) return undefined;
    return { rows: [a.row, b.row], x: await numbersAt(scene, [a.row, b.row]) };
  }, [scene, a.row, b.row]);
  const [xa, xb, originals] = useMemo(() => {
    const size = pixels(scene);
    if (pair && pair.rows[0] === a.row && pair.rows[1] === b.row) return [pair.x.subarray(0, size), pair.x.subarray(size), true];
    return [x?.subarray(0, size), x?.subarray((TIMES.length - 1) * size, TIMES.length * size), false];
  }, [pair, x, a.row, b.row]);
  const names = [a, b].map(({ row }) => (row === undefined ? "a place" : titleOf(scene, row))) as [string, string];
  return useMemo(() => ({ a: a.z, b: b.z, xa, xb, originals, names }), [a.z, b.z, xa, xb, originals]);
}

/** Both paths on the map; where the map has no inverse, each place is estimated and costs a search. */
function linesOf(view: View, { codes }: Scene, a: End, b: End): Place[][] {
  const steps = view.exact ? 48 : Math.max(6, Math.min(24, Math.floor(2e6 / codes.mu.length)));
  const at = Array.from({ length: steps + 1 }, (_, i) => i / steps);
  return [linear, spherical].map((way) => [a.place!, ...at.slice(1, -1).map((t) => view.place(way(a.z, b.z, t))), b.place!]);
}
