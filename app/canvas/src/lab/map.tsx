/** The map of the lab: every code where it lies at this β, the manifold below, q(z|x) of chosen points above. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { CLASSES } from "../colours";
import { Chip, Panel, Pick, Picture } from "../parts/kit";
import { betaText } from "./axis";
import { Field } from "./field";
import { useSignal, type MapName, type Source } from "./moment";

const TITLES: Record<MapName, string> = { z: "z", pca: "PCA", umap: "UMAP" };
const MOST = 12; // ellipses; more would hide the map

/** One row of each class, or the first ones. */
function examplesOf({ labels, classes }: Source, rows: number): number[] {
  if (!labels) return Array.from({ length: Math.min(5, rows) }, (_, row) => row);
  return classes.map((_, label) => labels.indexOf(label)).filter((row) => row >= 0).slice(0, MOST);
}

export function LatentMap({ source }: { source: Source }) {
  const root = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const field = useRef<Field>(undefined);
  const [chosen, choose] = useState<number[]>([]);
  const [over, setOver] = useState<{ row: number; left: number; top: number }>();
  const moment = useSignal(source.moment);
  useLayoutEffect(() => {
    const made = (field.current = new Field(canvas.current!, probe.current!, source));
    const sized = new ResizeObserver(([{ contentRect }]) => made.resize(contentRect.width, contentRect.height));
    sized.observe(root.current!);
    const tinted = (event: TransitionEvent) => event.propertyName === "color" && made.retint();
    probe.current!.addEventListener("transitionend", tinted);
    made.resize(root.current!.clientWidth, root.current!.clientHeight);
    const stop = source.moment.subscribe((next) => next && made.draw(next));
    return () => {
      sized.disconnect();
      stop();
      made.free();
    };
  }, [source]);
  useLayoutEffect(() => {
    field.current!.chosen = chosen;
    if (moment) field.current!.draw(moment);
  }, [source, source.map, chosen]);
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
          <Pick named label="Map" help="How the codes are laid out on the page." choices={source.maps!.map((value) => ({ value, title: TITLES[value] }))} value={source.map} onChange={(map) => source.choose!(map)} />
        )}
        {(!source.moves || moment?.logvar) && <Chip title="Posteriors" help="Draws q(z|x) of one example of each class as an ellipse of 2 σ. A click on a point adds its own, or takes it away." on={chosen.length > 0} onChange={(on) => choose(on ? examplesOf(source, count) : [])} />}
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
          aria-label={moment ? `${TITLES[source.map]} of ${count} codes at ${source.moves ? moment.label : `β = ${betaText(moment.beta)}`}, ${moment.active} of ${source.dim} dimensions in use` : "Map of the codes"}
        />
        {over && moment && <Over {...{ source, ...over }} />}
      </div>
      {source.labels && source.classes.length > 0 && source.classes.length <= CLASSES.length && (
        <ul class="classes" aria-label="Classes">
          {source.classes.map((name, i) => (
            <li>
              <i style={{ background: CLASSES[i] }} />
              {name}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** What the point under the pointer is. */
function Over({ source, row, left, top }: { source: Source; row: number; left: number; top: number }) {
  const original = source.original?.(row);
  const label = source.labels?.[row] ?? -1;
  return (
    <div class="over-point" style={{ left: `${left + 14}px`, top: `${top + 14}px` }}>
      {original && <Picture x={original.x} data={source.data} label={`Example ${row + 1}`} />}
      <span>{label >= 0 ? source.classes[label] : `Example ${row + 1}`}</span>
    </div>
  );
}
