/** The map of the lab: every code where it lies at this β, the manifold below, q(z|x) of chosen points above. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useSaved } from "../address";
import { byFacts, byNothing } from "../colouring";
import { known } from "../facts";
import type { Host } from "../host";
import { Chip, Panel, Pick, Picture } from "../parts/kit";
import { hiddenBy, Legend, type Filter } from "../parts/legend";
import { betaText } from "./axis";
import { Field } from "./field";
import { useSignal, type MapName, type Source } from "./moment";

const TITLES: Record<MapName, string> = { z: "z", pca: "PCA", umap: "UMAP" };
const MOST = 12; // ellipses; more would hide the map

/** One row of each class, or the first ones. */
function examplesOf({ facts: { data, count, label } }: Source): number[] {
  if (!label) return Array.from({ length: Math.min(5, count) }, (_, row) => row);
  return data.classes.map((_, each) => label.indexOf(each)).filter((row) => row >= 0).slice(0, MOST);
}

export function LatentMap({ host, source }: { host: Host; source: Source }) {
  const root = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const field = useRef<Field>(undefined);
  const [chosen, choose] = useState<number[]>([]);
  const [over, setOver] = useState<{ row: number; left: number; top: number }>();
  const [name, setName] = useSaved(host, "colour");
  const [view, setView] = useSaved(host, "view");
  const [filtered, setFiltered] = useState<{ by: string; filter: Filter }>({ by: "", filter: null });
  const moment = useSignal(source.moment);
  const choices = useMemo(() => byFacts(source.facts), [source]);
  const colouring = useMemo(() => (choices.find((each) => each.name === name) ?? choices[0] ?? byNothing(source.facts.count)).make(), [choices, name]);
  const filter = filtered.by === colouring.name ? filtered.filter : null;
  const hidden = useMemo(() => hiddenBy(colouring, filter), [colouring, filter]);
  const legend = useMemo(() => <Legend {...{ colouring, filter }} onFilter={(next) => setFiltered({ by: colouring.name, filter: next })} />, [colouring, filter]);
  useLayoutEffect(() => {
    const made = (field.current = new Field(canvas.current!, probe.current!, source, colouring, hidden));
    const sized = new ResizeObserver(([{ contentRect }]) => made.resize(contentRect.width, contentRect.height));
    sized.observe(root.current!);
    const tinted = (event: TransitionEvent) => event.propertyName === "color" && made.retint();
    const mark = probe.current!;
    mark.addEventListener("transitionend", tinted);
    made.resize(root.current!.clientWidth, root.current!.clientHeight);
    const stop = source.moment.subscribe((next) => next && made.draw(next));
    return () => {
      sized.disconnect();
      mark.removeEventListener("transitionend", tinted);
      stop();
      made.free();
    };
  }, [source]);
  useLayoutEffect(() => {
    field.current!.chosen = chosen;
    if (moment) field.current!.draw(moment);
  }, [source, source.map, chosen]);
  useLayoutEffect(() => field.current!.colour(colouring, hidden), [source, colouring, hidden]);
  useLayoutEffect(() => {
    if (view !== source.map && source.maps?.includes(view as MapName)) source.choose!(view as MapName);
  }, [source, view]);
  const toggle = (row: number) => choose((old) => (old.includes(row) ? old.filter((each) => each !== row) : [...old.slice(1 - MOST), row]));
  const at = (event: PointerEvent | MouseEvent): [number, number] => {
    const box = root.current!.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const count = moment ? moment.positions.length / 2 : 0;
  const spread = moment?.logvar && source.directions();
  return (
    <Panel class="lab-map" title="Latent map" text={`${count.toLocaleString("en")} test codes, moving ${source.moves ?? "with β"}${moment?.manifold ? "; below them what is decoded there" : ""}`}>
      <div class="tools">
        {(source.maps?.length ?? 0) > 1 && (
          <Pick named label="Map" help="How the codes are laid out on the page." choices={source.maps!.map((value) => ({ value, title: TITLES[value] }))} value={source.map} onChange={setView} />
        )}
        {choices.length > 1 && <Pick named label="Colour" help="What the colour of a point says." choices={choices.map(({ name, title }) => ({ value: name, title }))} value={colouring.name} onChange={setName} />}
        {(!source.moves || moment?.logvar) && <Chip title="Posteriors" help="Draws q(z|x) of one example of each class as an ellipse of 2 σ. A click on a point adds its own, or takes it away." on={chosen.length > 0} onChange={(on) => choose(on ? examplesOf(source) : [])} />}
        {chosen.length > 0 && !spread && !source.moves && <span class="caption" role="status">{source.directions() ? "No σ is known at this β yet." : "A UMAP has no σ: choose PCA."}</span>}
      </div>
      <div
        ref={root}
        class="field"
        onPointerMove={(event) => {
          const [left, top] = at(event);
          const row = field.current!.near([left, top]);
          setOver((old) => (row < 0 ? undefined : old?.row === row ? old : { row, left, top }));
        }}
        onPointerLeave={() => setOver(undefined)}
        onClick={(event) => {
          const row = field.current!.near(at(event));
          if (row >= 0) toggle(row);
        }}
      >
        <span ref={probe} class="probe" aria-hidden="true" />
        <canvas
          ref={canvas}
          role="img"
          aria-label={moment ? `${TITLES[source.map]} of ${count} codes at ${source.moves ? moment.label : `β = ${betaText(moment.beta)}`}, ${moment.active} of ${source.dim} dimensions in use, coloured by ${colouring.title}` : "Map of the codes"}
        />
        {over && moment && <Over {...{ source, ...over }} colour={colouring.title} />}
      </div>
      {legend}
    </Panel>
  );
}

/** What the point under the pointer is: its class, and what its colour says. */
function Over({ source, row, left, top, colour }: { source: Source; row: number; left: number; top: number; colour: string }) {
  const original = source.original?.(row);
  const told = known(source.facts, row);
  const [its] = source.facts.label && told[0][1] ? told[0].slice(1) : [`Example ${row + 1}`];
  const more = told.slice(source.facts.label ? 1 : 0).find(([name]) => name === colour);
  return (
    <div class="over-point" style={{ left: `${left + 14}px`, top: `${top + 14}px` }}>
      {original && <Picture x={original.x} data={source.data} label={`Example ${row + 1}`} />}
      <span>
        {its}
        {more && <br />}
        {more?.join(" ")}
      </span>
    </div>
  );
}
