/** Map: where the model puts each example, and what it decodes at every place. */

import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { PageProps } from "../app";
import { axesOf } from "../axes";
import { colouringOf, colourings } from "../colouring";
import { nounsOf } from "../examples/kinds";
import type { Scene } from "../scene";
import { dimension, TITLES, viewNames, viewOf, type Place, type View } from "../space";
import { Chip, Notice, Pick, Segment } from "../parts/kit";
import { hiddenBy, Legend, type Filter } from "../parts/legend";
import { around, Point } from "../parts/point";
import { drawable } from "../parts/manifold";
import { Search } from "../parts/search";
import { Selection } from "../parts/selection";
import { Stage, type Tool } from "../parts/stage";
import { Top } from "../parts/top";
import { UnderCursor } from "../parts/under";
import { arrive, useAddress, useKeys, useRows, useVisit, type Address, type Spot } from "./mapstate";

const TOOLS: { value: Tool; title: string; key: string; help: string }[] = [
  { value: "decode", title: "Decode", key: "d", help: "Press and drag: what the decoder makes of each place." },
  { value: "pan", title: "Pan", key: "p", help: "Drag the map; the wheel zooms." },
  { value: "lasso", title: "Lasso", key: "l", help: "Draw around examples to select them." },
  { value: "box", title: "Box", key: "b", help: "Draw a box around examples to select them." },
];

export function MapPage(props: PageProps) {
  if (viewNames(props.scene).length) return <Atlas {...props} />;
  return (
    <>
      <Top host={props.host} />
      <Notice title="No map" text="This bundle has one latent dimension and no map of it: see Traverse." />
    </>
  );
}

function Atlas({ host, scene: its }: PageProps) {
  const saved = useAddress(host, its);
  const { name, dims, colour, manifold, score, row } = saved;
  const scene = its.beside(row);
  const view = useMemo(() => viewOf(scene, name, dims), [scene.base, name, dims?.join()]);
  const colouring = colouringOf(scene, colour);
  const { deep } = view;
  const [kept, setTool] = useVisit("tool");
  const tool = deep && kept === "decode" ? "pan" : kept;
  const [thumbnails, setThumbnails] = useVisit("thumbnails");
  const [meter, setMeter] = useVisit("meter");
  const [filter, setFilter] = useState<Filter>(null);
  const [hits, setHits] = useState<number[]>([]);
  const [searches, searchAnew] = useState(0);
  const [neighbours, setNeighbours] = useState(false);
  const { rows, select, wrong: misfit, unsaid } = useRows(host, scene);
  const [moved, setMoved] = useState<Spot>();
  const [selectedLast, setSelectedLast] = useState(false); // what came last stands first
  useLayoutEffect(() => setFilter(null), [colouring]);
  useKeys((pressed) => {
    const chosen = TOOLS.find(({ key }) => key === pressed);
    if (chosen) setTool(chosen.value);
  });

  const spot = useMemo(() => (moved?.view === view ? moved : arrive(view, scene, moved ? moved.row : row, moved)), [moved, view, row]);
  const near = useMemo(() => (neighbours && row !== undefined ? around(scene, row) : []), [scene, neighbours, row]);
  const lit = useMemo(() => (row === undefined ? [] : [row, ...near]), [row, near]);
  const hidden = useMemo(() => hiddenBy(colouring, filter), [colouring, filter]);
  const pick = (row: number) => {
    setMoved(arrive(view, scene, row));
    setSelectedLast(false);
    saved.setPoint(String(row));
  };
  const choose = (next: number[]) => {
    if (hits.length) searchAnew(searches + 1); // its hits would stand in the way of what was chosen
    setSelectedLast(true);
    select(next);
  };
  const move = (place: Place, event: Event) =>
    setMoved({ view, place, z: view.code(place), exact: view.exact, stamp: event.timeStamp });

  // Kept while the cursor moves, so that a frame draws only what moved.
  const controls = useMemo(() => <Controls {...{ host, scene, saved, view }} />, [host, scene, view, colour, manifold, score]);
  const legend = useMemo(() => <Legend colouring={colouring} filter={filter} onFilter={setFilter} />, [colouring, filter]);
  const details = useMemo(() => {
    const parts = [
      row !== undefined && (
        <Point
          key="point"
          {...{ host, scene, row }}
          neighbours={near}
          onNeighbours={setNeighbours}
          onPick={pick}
          onClear={() => saved.setPoint(null)}
        />
      ),
      rows.length > 0 && <Selection key="rows" {...{ scene, rows }} onPick={pick} onClear={() => select([])} />,
    ];
    return selectedLast ? parts.reverse() : parts;
  }, [host, scene, view, row, near, rows, selectedLast]);
  const tools = useMemo(
    () => <Tools {...{ scene, deep, tool, searches, setTool, thumbnails, setThumbnails, meter, setMeter }} onFound={setHits} onHit={pick} />,
    [host, scene, view, tool, thumbnails, meter, searches],
  );
  const wrong = [...saved.wrong, misfit].filter(Boolean).join(" ");
  return (
    <>
      {controls}
      {wrong && <Notice title="The link does not fit this bundle" text={wrong} />}
      {unsaid && <Notice title="The selection is not in the address" text={unsaid} />}
      <div class="row map">
        <div class="atlas">
          {tools}
          <Stage
            {...{ scene, view, hidden, lit, meter }}
            thumbnails={thumbnails && !score}
            label={`${TITLES[name]} of ${scene.count} codes, coloured by ${colouring.title}`}
            colours={colouring}
            selected={hits.length ? hits : rows}
            tool={tool}
            cursor={deep ? undefined : spot?.place}
            onCursor={deep ? undefined : move}
            onSelect={choose}
            onPoint={pick}
            manifold={manifold}
            arrows={score}
            remember="map"
          >
            {legend}
            {score && view.exact && <Score sigma={scene.card.score!} />}
            {manifold && view.exact && scene.classes > 0 && drawable(scene.card.data) && <Told scene={scene} picked={row !== undefined} />}
            <Collapsed scene={scene} />
          </Stage>
        </div>
        <aside class={row === undefined && !rows.length ? "side" : "side full"}>
          {(spot || row === undefined) && <UnderCursor scene={scene} spot={spot} />}
          {details}
        </aside>
      </div>
    </>
  );
}

interface ToolsProps {
  scene: Scene;
  deep: boolean; // a map in three dimensions
  tool: Tool;
  setTool(tool: Tool): void;
  searches: number; // so often the search has begun anew
  thumbnails: boolean;
  setThumbnails(on: boolean): void;
  meter: boolean;
  setMeter(on: boolean): void;
  onFound(rows: number[]): void;
  onHit(row: number): void;
}

/** What the hand on the map does, and finding examples on it. */
function Tools(props: ToolsProps) {
  const choices = props.deep ? TOOLS.slice(1).map((each) => (each.value === "pan" ? { ...each, title: "Turn" } : each)) : TOOLS;
  return (
    <div class="tools">
      <Segment
        label="Tool"
        choices={choices}
        value={props.tool}
        help={choices.map(({ title, key, help }) => `${title} (${key}): ${help}`).join("\n")}
        onChange={props.setTool}
      />
      {drawable(props.scene.card.data) && (
        <Chip title="thumbnails" help={`Zoomed in, points become the ${nounsOf(props.scene.card.data).many} themselves.`} on={props.thumbnails} onChange={props.setThumbnails} />
      )}
      <Chip title="meter" help="Frames a second, and milliseconds a decode." on={props.meter} onChange={props.setMeter} />
      <span class="grow" />
      <Search key={props.searches} scene={props.scene} onFound={props.onFound} onHit={props.onHit} />
    </div>
  );
}

/** What is shown, and in which colours; all of it stands in the address. */
function Controls({ host, scene, saved, view }: PageProps & { saved: Address; view: View }) {
  const { name, dims, colour, manifold, score } = saved;
  const axes = useMemo(
    () => axesOf(scene).map(({ d, dead }) => ({ value: String(d), title: dead ? `${dimension(d)} dead` : dimension(d) })),
    [scene],
  );
  const other = (axis: number, d: number) => {
    const [x, y] = dims;
    const next = axis ? [d === x ? y : x, d] : [d, d === y ? x : y]; // the same twice is a swap
    saved.setDims(next.map((each) => each + 1).join());
  };
  return (
    <Top host={host}>
      <Segment
        label="View"
        help="Which two or three numbers of a code are its place."
        choices={viewNames(scene).map((value) => ({ value, title: value === "z" && scene.dim === 2 ? "z₁ z₂" : TITLES[value] }))}
        value={name}
        onChange={saved.setView}
      />
      {name === "z" && scene.dim > 2 && (
        <span class="dims">
          <Pick label="Dimension to the right" choices={axes} value={String(dims[0])} onChange={(d) => other(0, Number(d))} />
          <Pick label="Dimension upwards" choices={axes} value={String(dims[1])} onChange={(d) => other(1, Number(d))} />
        </span>
      )}
      <Pick
        label="Colour"
        named
        help="What the colour of a point says."
        choices={colourings(scene).map(({ name, title }) => ({ value: name, title }))}
        value={colour}
        onChange={saved.setColour}
      />
      {view.exact && drawable(scene.card.data) && (
        <Chip
          title="manifold"
          help="Behind the points, what the decoder makes of each place."
          on={manifold}
          onChange={(on) => saved.setManifold(on ? "on" : "off")}
        />
      )}
      {view.exact && scene.card.score !== null && (
        <Chip
          title="score field"
          help="Arrows: one step of cleaning at each place. Divided by σ², the gradient of the log density."
          on={score}
          onChange={(on) => saved.setScore(on ? "on" : null)}
        />
      )}
    </Top>
  );
}

/** What the arrows are, and where that is from. */
function Score({ sigma }: { sigma: number }) {
  return (
    <p class="scored caption">
      score field, σ = {sigma} · (x̂ − x̃) / σ² = ∇ log p<sub>σ</sub>, as the encoder sees it ·{" "}
      <a href="https://doi.org/10.1162/NECO_a_00142" target="_blank" rel="noreferrer">
        Vincent 2011
      </a>
    </p>
  );
}

/** As which class a conditional model decodes the manifold, whose places have none of their own. */
function Told({ scene: { told, card }, picked }: { scene: Scene; picked: boolean }) {
  const why = told.one !== undefined ? "" : picked ? ", the class of the picked example" : ": a place has no class of its own, choose one above";
  return (
    <p class="scored caption">
      manifold: every place decoded as {card.data.classes[told.one ?? told.other]}
      {why}
    </p>
  );
}

/** Why a map may show nothing. */
function Collapsed({ scene }: { scene: Scene }) {
  const collapsed = useMemo(() => scene.codes.logvar && axesOf(scene).every(({ dead }) => dead), [scene]);
  if (!collapsed) return null;
  return (
    <div class="collapsed">
      <Notice
        title="Every dimension is dead"
        text={
          "This map shows nothing but noise: no code tells anything about its input (posterior collapse). " +
          "Lower β, anneal it from 0, use free bits, or a weaker decoder."
        }
      />
    </div>
  );
}
