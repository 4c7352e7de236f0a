/** Draw: what the model makes of a drawing, while the pen moves. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PageProps } from "../app";
import { colouringOf, type Colouring } from "../colouring";
import { easel } from "../examples/paint";
import { TITLES, type View } from "../space";
import { Facts, Notice, Panel, digits, Picture } from "../parts/kit";
import { Bars, MOST as BARS } from "../parts/bars";
import { useFlat } from "../parts/flat";
import { hiddenBy, Legend, type Filter } from "../parts/legend";
import { Difference, wordsOf } from "../parts/original";
import { Likely } from "../parts/likely";
import { Pad } from "../parts/pad";
import { useSeen, type Seen } from "../parts/seen";
import { Member, titleOf } from "../parts/selection";
import { sketchOf } from "../parts/sketch";
import { Stage } from "../parts/stage";
import { Top } from "../parts/top";
import { useTrail } from "../parts/trail";
import { lettersOff, Typed } from "../parts/typed";
import { setOf, type Scene } from "../scene";

export function Draw({ host, scene }: PageProps) {
  const { shape } = scene.card.data;
  const back = useRef<HTMLCanvasElement>(null);
  const { seen, draw, failed } = useSeen(scene, back);
  const { view, colours, choice } = useFlat(host, scene);
  const [refused, refuse] = useState<Error>();
  const { data } = scene.card;
  const typed = data.kind === "tokens";
  const [text, setText] = useState("");
  const put = async (row: number) => (typed ? setText((await wordsOf(scene))[row] ?? "") : sketchOf(scene).example(scene, row));
  const example = (row: number) => void put(row).then(() => refuse(undefined), refuse);
  // The pad stays as it is while the model answers.
  const pad = useMemo(() => !typed && <Pad scene={scene} onDraw={draw} />, [scene, draw]);
  const size = typed ? `${shape[0]} places` : `${shape[2]}×${shape[1]}`;
  const [it, field] = typed ? ["word", "field"] : ["drawing", "pad"];
  return (
    <>
      <Top host={host}>{choice}</Top>
      <div class={typed ? "draw typing" : "draw"}>
        <div class="side">
          <Panel title={typed ? "Type a word" : "Drawing"}>{pad || <Typed {...{ scene, text }} onText={setText} onDraw={draw} />}</Panel>
          <Panel
            class="around-it"
            title="Nearest real examples"
            text={seen ? `In the latent space, below each its distance. A click puts it ${typed ? "into the field" : "on the pad"}.` : `None yet: the ${field} is empty.`}
          >
            {refused && <Notice failed title={`Nothing was put on the ${field}`} text={refused.message} />}
            {seen && (
              <div class="nearest" role="group" aria-label="Nearest real examples, with their distances">
                {seen.nearest.map((row, i) => (
                  <div class="near" key={row}>
                    <Member scene={scene} row={row} onPick={example} />
                    <span>
                      <strong>{classOf(scene, row)}</strong> <span class="number">{digits(seen.away[i], 2)}</span>
                    </span>
                  </div>
                ))}
              </div>
            )}
          </Panel>
        </div>
        <div class="side">
          <Panel class="answer" title="What the model makes of it">
            {failed && <Notice failed title={`The ${it} cannot be encoded`} text={failed.message} />}
            <div class="pictures">
              <figure>
                <Picture x={seen?.x} data={scene.card.data} label={typed ? "The word as the model sees it" : `The drawing as the model sees it, ${size} pixels`} />
                <figcaption>{typed ? "it reads" : `it sees · ${size}`}</figcaption>
              </figure>
              <figure>
                <canvas
                  ref={back}
                  role="img"
                  aria-label={`The reconstruction of the ${it}`}
                  class={`picture ${seen ? "" : "waiting"}`}
                  {...easel(data)}
                />
                <figcaption>reconstruction</figcaption>
              </figure>
              <figure>
                <Difference x={seen?.x} y={seen?.y} data={scene.card.data} label={typed ? "Where the reconstruction has another letter" : "Reconstruction less drawing: blue is too dark, red too light, grey another colour"} />
                <figcaption>difference</figcaption>
              </figure>
              <div>{seen ? <Verdict scene={scene} seen={seen} /> : <p class="caption">{typed ? "Type, and it answers letter by letter." : "Draw, and it answers while the pen moves."}</p>}</div>
            </div>
          </Panel>
          {scene.card.classifier && <Likely likely={seen?.likely} names={scene.card.data.classes} />}
          {view && <Walk {...{ scene, view, colours, seen }} onExample={example} />}
          {scene.dim <= BARS && (
            <Panel class="its-code" title="Its code" text={seen ? undefined : `${scene.dim} numbers, once there is a ${it}.`}>
              {seen && <Bars scene={scene} mu={seen.mu} logvar={seen.logvar} />}
            </Panel>
          )}
        </div>
      </div>
    </>
  );
}

function classOf(scene: Scene, row: number): string {
  const { kind, names, of } = colouringOf(scene, "label");
  return kind === "classes" ? (names?.[of[row]] ?? "") : `#${scene.codes.index[row]}`;
}

/** How well the drawing came back, and what an unfamiliar one means. */
function Verdict({ scene, seen }: { scene: Scene; seen: Seen }) {
  const { card } = scene;
  const typed = card.data.kind === "tokens";
  const worse = seen.familiar === undefined ? undefined : seen.familiar < 1 ? Math.min(99, Math.round(100 * seen.familiar)) : 100;
  const [said, say] = useState("");
  const error = seen.error === undefined ? typed ? lettersOff(seen, card.data) : `½‖x − x̂‖² = ${digits(seen.distortion)}` : `${digits(seen.error)} ${card.error_unit}`;
  const sentence = `Error ${error}. Nearest: ${seen.nearest.slice(0, 3).map((row) => titleOf(scene, row)).join("; ")}.`;
  useEffect(() => {
    const timer = setTimeout(() => say(sentence), 800); // not with every move
    return () => clearTimeout(timer);
  }, [sentence]);
  return (
    <>
      <Facts
        facts={[
          ["error", error],
          ...(worse === undefined ? [] : [["larger than for", `${worse === 100 ? "all" : `${worse} %`} of ${setOf(scene)}`] as [string, string]]),
          ...(seen.kl === undefined ? [] : [["KL", `${digits(seen.kl)} nats`] as [string, string]]),
        ]}
      />
      <p class="caption honest">
        {worse !== undefined && worse >= 95
          ? "This is unfamiliar. The decoder cannot say so: it answers with the nearest thing that it knows, and only the error tells."
          : `Whatever is ${typed ? "typed" : "drawn"}, the decoder answers with the nearest thing that it knows; only the error tells whether that is it.`}
      </p>
      <p class="unseen" role="status">
        {said}
      </p>
    </>
  );
}

/** The code of the drawing on the map, and the way it came. */
function Walk(props: { scene: Scene; view: View; colours: Colouring; seen?: Seen; onExample(row: number): void }) {
  const { scene, view, colours, seen } = props;
  const it = scene.card.data.kind === "tokens" ? "word" : "drawing";
  const [filter, setFilter] = useState<Filter>(null);
  const hidden = useMemo(() => hiddenBy(colours, filter), [colours, filter]);
  const place = useMemo(() => seen && view.place(seen.mu), [view, seen]);
  const trail = useTrail(place, view);
  const marks = useMemo(() => (place ? [{ id: "drawing", place, title: it, kind: "cross" as const }] : []), [place]);
  const legend = useMemo(() => <Legend colouring={colours} filter={filter} onFilter={setFilter} />, [colours, filter]);
  return (
    <Stage
      {...{ scene, view, colours, hidden, marks }}
      label={`${TITLES[view.name]} of ${scene.count} codes, and the code of the ${it}`}
      lit={seen?.nearest}
      paths={trail}
      tool="pan"
      onPoint={props.onExample}
      remember={`draw ${scene.url} ${view.name}`}
    >
      {legend}
      {!view.exact && seen && <span class="approximate">the {it}'s place is approximate on {TITLES[view.name]}</span>}
    </Stage>
  );
}
