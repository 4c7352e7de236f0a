/** One of two models that are compared: its map and what it decodes; and the numbers of both. */

import { useMemo } from "preact/hooks";
import { colouringOf } from "../colouring";
import { mean, norm } from "../maths";
import { digits, Facts, Panel, Segment, signed } from "../parts/kit";
import { hiddenBy, type Filter } from "../parts/legend";
import { Live } from "../parts/live";
import { Stage, type Tool } from "../parts/stage";
import { Unchosen } from "../parts/unchosen";
import type { Scene } from "../scene";
import { TITLES, type Place, type View, type ViewName } from "../space";

/** What is shown of a model: a code, and where it lies. */
export interface Spot {
  z: Float32Array; // (D)
  place: Place;
  approximate?: boolean; // the place is
  stamp: number;
  error?: number; // of the example or drawing that it is the code of
  kl?: number; // nats
  lit?: number[]; // rows with a ring
  as?: number; // the class that a conditional model is told
}

export function Side(props: {
  side: number;
  scene: Scene;
  view: View;
  views: ViewName[];
  tool: Tool;
  spot?: Spot;
  none: string; // what there is to say where there is no spot
  selected: number[];
  filter: Filter;
  onView(name: ViewName): void;
  onCursor?(place: Place, event: Event): void;
  onCursorEnd(): void;
  onSelect(rows: number[]): void;
  onPoint(row: number): void;
}) {
  const { side, scene, view, spot } = props;
  const where = side ? "right" : "left";
  const colours = colouringOf(scene, "label");
  const hidden = useMemo(() => hiddenBy(colours, props.filter), [colours, props.filter]);
  const lit = useMemo(() => spot?.lit, [spot?.lit?.join()]);
  return (
    <Panel class="compared">
      <div class="head">
        <h2>{scene.card.title}</h2>
        {props.views.length > 1 && (
          <Segment
            label={`View on the ${where}`}
            help="Which map of this model's codes."
            choices={props.views.map((value) => ({ value, title: TITLES[value] }))}
            value={view.name}
            onChange={props.onView}
          />
        )}
      </div>
      {scene.card.note && <p class="note">{scene.card.note}</p>}
      <Stage
        {...{ scene, view, colours, lit, hidden }}
        label={`${scene.card.title} on the ${where}: ${TITLES[view.name]} of ${scene.count} codes`}
        selected={props.selected}
        tool={props.tool}
        cursor={spot?.place}
        onCursor={props.onCursor}
        onCursorEnd={props.onCursorEnd}
        onSelect={props.onSelect}
        onPoint={props.onPoint}
        remember={`compare ${side} ${scene.url} ${view.name}`}
      >
        {spot?.approximate && <span class="approximate">the drawing's place is approximate on {TITLES[view.name]}</span>}
      </Stage>
      <div class="decoded">
        <Live key={String(!!spot)} scene={spot?.as === undefined ? scene : scene.as({ one: spot.as, other: 0 })} z={spot?.z} stamp={spot?.stamp} label={`Decoded by ${scene.card.title}, on the ${where}`} />
        {spot ? <Facts facts={factsOf(scene, spot)} /> : <p class="caption">{props.none}</p>}
        {spot && <Unchosen scene={scene} example={spot.error !== undefined} />}
      </div>
    </Panel>
  );
}

/** What is known of a spot: the code's first numbers where there are few, and what it costs. */
function factsOf({ dim, card }: Scene, { z, error, kl }: Spot): [string, string][] {
  return [
    ...(dim <= 3 ? [["z", Array.from(z, (value) => signed(value.toFixed(2))).join(", ")] as [string, string]] : []),
    ["‖z‖", digits(norm(z))],
    ...(error === undefined ? [] : [["error", `${digits(error)} ${card.error_unit}`] as [string, string]]),
    ...(kl === undefined ? [] : [["KL", `${digits(kl)} nats`] as [string, string]]),
  ];
}

const NOTHING = "–";

/** Whether something is the same of all scenes. */
function sameOf(scenes: Scene[], of: (scene: Scene) => string): boolean {
  return new Set(scenes.map(of)).size === 1;
}

/** The numbers of both, side by side. */
export function Numbers({ scenes, selected }: { scenes: Scene[]; selected: number[][] }) {
  const each = (of: (scene: Scene, side: number) => string) => scenes.map(of);
  const nats = (value: number | undefined) => (value === undefined ? NOTHING : digits(value));
  const average = (values: Float32Array | undefined, rows?: number[]) => nats(values && mean(values, 1, rows)[0]);
  const units = [...new Set(scenes.map(({ card }) => card.error_unit))];
  const unit = units.length === 1 ? `, ${units[0]}` : "";
  const lines: [name: string, values: string[]][] = [
    ...(selected.every(({ length }) => length)
      ? [[`error of the selected${unit}`, each(({ codes }, side) => average(codes.error, selected[side]))] as [string, string[]]]
      : []),
    [`mean error${unit}`, each(({ codes }) => average(codes.error))],
    ["RMSE, data's units", each(({ card }) => nats(card.measured.rmse as number | undefined))],
    ["mean KL, nats", each(({ codes }) => average(codes.kl))],
    ["dimensions", each(({ dim }) => String(dim))],
    ["β", each(betaOf)],
  ];
  const known = lines.filter(([, values]) => values.some((value) => value !== NOTHING));
  const alike = units.length === 1 && sameOf(scenes, ({ card }) => card.data.values) && sameOf(scenes, ({ card }) => card.likelihood);
  return (
    <Panel title="Numbers" text={alike ? undefined : "Their errors are of other likelihoods or pixel values: compare the RMSE and the pictures, not the errors."}>
      <table class="numbers">
        <thead>
          <tr>
            <td />
            <th scope="col">left</th>
            <th scope="col">right</th>
          </tr>
        </thead>
        <tbody>
          {known.map(([name, values]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value) => (
                <td class="number">{value}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** What a nat of code costs the model, where it has a price. */
function betaOf({ card }: Scene): string {
  return card.beta === null ? NOTHING : digits(card.beta);
}
