/** Compare: two models of the same data under one cursor, or under one pen. */

import type { ComponentChildren } from "preact";
import { useContext, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { PageProps } from "../app";
import { useSaved } from "../address";
import { axesOf } from "../axes";
import { colouringOf } from "../colouring";
import type { Shelved } from "../host";
import { nearest } from "../maths";
import { loadScene, setOf, type Scene } from "../scene";
import { viewNames, viewOf, type Place, type View, type ViewName } from "../space";
import { Button, Chip, Notice, Panel, Segment, usePromise } from "../parts/kit";
import { Legend, type Filter } from "../parts/legend";
import { Original } from "../parts/original";
import { Pad } from "../parts/pad";
import { useSeen } from "../parts/seen";
import type { Tool } from "../parts/stage";
import { Telling, useTold } from "../parts/told";
import { Bundles, Top } from "../parts/top";
import { Numbers, Side, type Spot } from "./compareside";

type Follow = "example" | "place" | "drawing";

/** What a visit keeps: the views of the bundles by their id, the tool, what is followed, what is selected of which examples. */
const kept = { views: new Map<string, ViewName>(), tool: "decode" as Tool, follow: "example" as Follow, selected: new Map<string, number[]>() };

export function Compare({ host, scene }: PageProps) {
  const { shelf, bundle } = host;
  const [chosen, choose] = useSaved(host, "other");
  const left = shelf.find(({ id }) => id === bundle)!;
  const other = shelf.find(({ id }) => id === chosen) ?? rivalOf(left, shelf);
  const { value: loaded, error } = usePromise(() => (other ? loadScene(other.url) : Promise.reject(new Error(""))), [other?.url]);
  const [alone, chips] = useTold(host, loaded ?? scene); // where the left one is told nothing
  const right = loaded && (scene.classes ? loaded.as(scene.told) : alone);
  const telling = useContext(Telling) ?? (loaded?.classes ? chips : null);
  if (!other) {
    return (
      <>
        <Top host={host} />
        <Notice title="Nothing to compare with" text={`There is one model of ${left.data_title}: train another with \`aecore train\`.`} />
      </>
    );
  }
  const rival = rivalOf(left, shelf);
  const picker = <Bundles host={host} bundle={other.id} name="on the right" onChange={choose} />;
  const unlike = other.data === left.data ? right && unlikeExamples(scene, right) : [left.data_title, other.data_title];
  if (unlike) {
    return (
      <>
        <Top host={host}>{picker}</Top>
        <Notice
          title={`${unlike[0]} on the left, ${unlike[1]} on the right`}
          text="Two models can be compared on the same examples only: choose codes of the same data set for both."
        />
        {rival && rival.examples === left.examples && rival.id !== other.id && (
          <p>
            <Button
              main
              title={`${left.data_title} on the right: ${rival.title}`}
              help="The same data on both sides."
              onClick={() => choose(rival.id)}
            />
          </p>
        )}
      </>
    );
  }
  if (error) {
    return (
      <>
        <Top host={host}>{picker}</Top>
        <Notice failed title={`${other.title} cannot be shown`} text={error.message} />
      </>
    );
  }
  if (!right || right.card.id !== other.id) {
    return (
      <>
        <Top host={host}>{picker}</Top>
        <div class="panel skeleton" aria-busy="true" />
      </>
    );
  }
  if (!flat(scene).length || !flat(right).length) {
    return (
      <>
        <Top host={host}>{picker}</Top>
        <Notice title="No map" text="A bundle with one latent dimension has no map to compare on: see Traverse." />
      </>
    );
  }
  return (
    <Telling.Provider value={telling}>
      <Two key={right.url} {...{ host, scene, right, picker }} />
    </Telling.Provider>
  );
}

/** What two scenes hold codes of, where these are not the same examples. */
function unlikeExamples(scene: Scene, right: Scene): [string, string] | undefined {
  if (scene.card.examples === right.card.examples) return undefined;
  const [here, there] = [setOf(scene), setOf(right)];
  return [here.replace("the", "The"), here === there ? "another version of it" : there];
}

/** The model to compare with first: of the same examples and size, the plain autoencoder; with an autoencoder, a VAE. */
function rivalOf(left: Shelved, shelf: Shelved[]): Shelved | undefined {
  const usual = left.title.startsWith("Autoencoder") ? ["VAE ·", "β-VAE ·"] : ["Autoencoder ·", "VAE ·", "β-VAE ·"];
  const rank = ({ title }: Shelved) => usual.length - [...usual, ""].findIndex((each) => title.startsWith(each));
  const size = ({ title }: Shelved) => /\d+ dims?/.exec(title)?.[0];
  const worth = (each: Shelved) =>
    20 * Number(each.examples === left.examples) + 10 * Number(size(each) === size(left)) + rank(each);
  return shelf.filter(({ data, id }) => data === left.data && id !== left.id).sort((a, b) => worth(b) - worth(a))[0];
}

/** Rows of the right scene by the example's index. */
function rowsByIndex({ codes }: Scene): Map<number, number> {
  return new Map(Array.from(codes.index, (index, row) => [index, row]));
}

function Two({ host, scene, right, picker }: PageProps & { right: Scene; picker: ComponentChildren }) {
  const scenes = [scene, right];
  const rows = useMemo(() => [scene, right].map(rowsByIndex), [scene.base, right.base]);
  const [names, setNames] = useState(scenes.map((each) => kept.views.get(each.card.id) ?? flat(each)[0]));
  const views = [0, 1].map((side) => useMemo(() => flatView(scenes[side], names[side]), [scenes[side].base, names[side]]));
  const [tool, setTool] = useState(kept.tool);
  const [follow, setFollow] = useState(kept.follow);
  const [selected, setSelected] = useState(kept.selected.get(scene.card.examples) ?? []); // indices of examples
  const [filter, setFilter] = useState<Filter>(null);
  const [hand, setHand] = useState(() => begin(scene, host.saved.point));
  const placeable = scenes.every((each, side) => each.dim === 2 && names[side] === "z");
  const following = follow === "place" && !placeable ? "example" : follow;
  Object.assign(kept, { tool, follow });

  const drawn = [useSeen(scene), useSeen(right)];
  const draw = useMemo(
    () => (x: Float32Array | undefined, stamp: number) => drawn.forEach((each) => each.draw(x, stamp)),
    [drawn[0].draw, drawn[1].draw],
  );
  const pad = useMemo(() => <Pad scene={scene} onDraw={draw} />, [scene, draw]);

  const spots = [0, 1].map((side): Spot | undefined => {
    const [its, view] = [scenes[side], views[side]];
    if (following === "drawing") {
      const seen = drawn[side].seen;
      const { mu: z, as, stamp, error, kl, nearest: lit } = seen ?? {};
      return z && { z, as, place: view.place(z), approximate: !view.exact, stamp: stamp!, error, kl, lit };
    }
    if (following === "place") return { z: hand.z, place: view.place(hand.z), stamp: hand.stamp };
    const row = rows[side].get(hand.index);
    if (row === undefined) return undefined;
    const z = its.code(row);
    const place = side === hand.side && hand.place ? hand.place : view.place(z);
    return { z, as: its.ownOf([row])[0], place, stamp: hand.stamp, error: its.codes.error[row], kl: its.codes.kl?.[row], lit: [row] };
  });
  const move = (side: number) => (place: Place, event: Event) => {
    const z = views[side].code(place);
    const row = nearest(scenes[side].codes.mu, z, 1)[0];
    setHand({ side, z, place, index: scenes[side].codes.index[row], stamp: event.timeStamp });
  };
  const point = (side: number) => (row: number) => {
    setHand({ side, z: scenes[side].code(row), index: scenes[side].codes.index[row], stamp: 0 });
    host.say({ point: String(rows[0].get(scenes[side].codes.index[row]) ?? "") || null });
  };
  const holder = rows[0].has(hand.index) ? 0 : hand.side;
  const end = () => following === "example" && host.say({ point: String(rows[0].get(hand.index) ?? "") || null });
  const select = (side: number) => (chosen: number[]) => {
    const indices = chosen.map((row) => scenes[side].codes.index[row]);
    kept.selected.set(scene.card.examples, indices);
    setSelected(indices);
  };
  const lit = useMemo(
    () => rows.map((of) => selected.map((index) => of.get(index)).filter((row): row is number => row !== undefined)),
    [rows, selected],
  );
  const rename = (side: number) => (name: ViewName) => {
    kept.views.set(scenes[side].card.id, name);
    setNames((old) => old.map((each, i) => (i === side ? name : each)));
  };
  useLayoutEffect(() => setHand((old) => ({ ...old, place: undefined })), [names.join()]); // a place of another view
  const classes = colouringOf(scene, "label");
  const legend = useMemo(() => <Legend colouring={classes} filter={filter} onFilter={setFilter} />, [classes, filter]);
  const captions: Record<Follow, string> = {
    example: "Move the cursor on either map: the nearest example is shown under both models.",
    place: "Both maps show z itself: the same z is decoded by both. The two spaces share no meaning, only numbers.",
    drawing: "One drawing, encoded and decoded by both.",
  };
  return (
    <>
      <Top host={host}>{picker}</Top>
      <div class="compare-controls">
        <Segment<Follow>
          label="What is compared"
          help="The same example or the same place under the cursor, or one drawing."
          choices={[
            { value: "example", title: "Same example" },
            ...(placeable ? [{ value: "place", title: "Same place" } as const] : []),
            { value: "drawing", title: "Drawing" },
          ]}
          value={following}
          onChange={(value) => setFollow(value)}
        />
        <Segment<Tool>
          label="Tool"
          help="What dragging on a map does. A selection on one side lights the same examples on the other."
          choices={[
            { value: "decode", title: "Decode" },
            { value: "pan", title: "Pan" },
            { value: "lasso", title: "Lasso" },
            { value: "box", title: "Box" },
          ]}
          value={tool}
          onChange={(value) => setTool(value)}
        />
        {selected.length > 0 && <Chip title={`${selected.length} selected ×`} help="Clears the selection." on onChange={() => select(0)([])} />}
        {legend}
      </div>
      <p class="caption">{captions[following]}</p>
      <div class={`compare ${following}`}>
        {[0, 1].map((side) => (
          <Side
            key={side}
            {...{ side, tool: following === "drawing" && tool === "decode" ? "pan" : tool }}
            scene={scenes[side]}
            view={views[side]}
            views={flat(scenes[side])}
            spot={spots[side]}
            none={following === "drawing" ? "Draw, and it is decoded here." : "The codes of this bundle do not hold the example."}
            selected={lit[side]}
            filter={filter}
            onView={rename(side)}
            onCursor={following === "drawing" ? undefined : move(side)}
            onCursorEnd={end}
            onSelect={select(side)}
            onPoint={point(side)}
          />
        ))}
        <div class="side middle">
          {following === "drawing" && <Panel title="Drawing">{pad}</Panel>}
          {following === "example" && (
            <Panel title="The example" text={`#${hand.index} of ${setOf(scene)}`}>
              <Original scene={scenes[holder]} row={rows[holder].get(hand.index)!} label={`Example ${hand.index}`} class="large" />
            </Panel>
          )}
          <Numbers scenes={scenes} selected={lit} />
        </div>
      </div>
    </>
  );
}

/** The views of a scene that have two dimensions. */
function flat(scene: Scene): ViewName[] {
  return viewNames(scene).filter((name) => !name.endsWith("3"));
}

/** A flat view; raw z of the two dimensions that carry most. */
function flatView(scene: Scene, name: ViewName): View {
  const [first, second] = scene.dim > 2 ? axesOf(scene).map(({ d }) => d) : [0, 1];
  return viewOf(scene, name, [first, second]);
}

interface Hand {
  side: number; // where it moved last
  z: Float32Array; // there
  place?: Place; // there; where the example lies, if not given
  index: number; // of the example nearest to it
  stamp: number;
}

/** The example that the address names, or the first. */
function begin(scene: Scene, point: string | undefined): Hand {
  const row = /^\d+$/.test(point ?? "") && Number(point) < scene.count ? Number(point) : 0;
  return { side: 0, z: scene.code(row), index: scene.codes.index[row], stamp: 0 };
}
