/** One example that was picked: itself, what came back, what was lost; and the examples around it. */

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { known } from "../facts";
import type { Host } from "../host";
import { distances, nearest } from "../maths";
import { decodeRows } from "../models";
import type { Scene } from "../scene";
import { Classes } from "./classes";
import { Button, digits, Facts, Picture, usePromise, useSteady } from "./kit";
import { Columns } from "./columns";
import { Difference, numbersAt, useOriginals } from "./original";
import { Sparse } from "./sparse";
import { Member } from "./selection";

const AROUND = 8;

/** The examples nearest to one in the latent space, the nearest first. */
export function around(scene: Scene, row: number): number[] {
  return nearest(scene.codes.mu, scene.code(row), AROUND + 1).filter((each) => each !== row).slice(0, AROUND);
}

interface PointProps {
  host: Host;
  scene: Scene;
  row: number;
  neighbours: number[]; // empty while they are not asked for
  onNeighbours(on: boolean): void;
  onPick(row: number): void;
  onClear(): void;
}

export function Point({ host, scene, row, neighbours, onNeighbours, onPick, onClear }: PointProps) {
  const squared = neighbours.length ? distances(scene.codes.mu, scene.code(row)) : undefined;
  return (
    <section class="panel point" aria-label="Picked example">
      <h2>
        Picked <span class="count">#{scene.codes.index[row]}</span>
        <button type="button" class="close" aria-label="Clear the picked example" onClick={onClear}>
          ×
        </button>
      </h2>
      <Trio scene={scene} row={row} />
      <Facts facts={factsOf(scene, row)} />
      <div class="actions">
        <Button
          title={neighbours.length ? "Hide neighbours" : "Neighbours"}
          help="The eight codes that lie nearest in the latent space, lit on the map."
          onClick={() => onNeighbours(!neighbours.length)}
        />
        <Button
          title="Traverse"
          help="From here, change one number of the code at a time."
          onClick={() => host.say({ page: "traverse", point: String(row) })}
        />
        <Button
          title="Interpolate"
          help="From here, go to another code."
          onClick={() => host.say({ page: "interpolate", a: String(row) })}
        />
      </div>
      {squared && (
        <div class="around" role="group" aria-label="Nearest neighbours in the latent space, with their distances">
          {neighbours.map((each) => (
            <Member key={each} scene={scene} row={each} note={digits(Math.sqrt(squared[each]), 2)} onPick={onPick} />
          ))}
        </div>
      )}
    </section>
  );
}

/** What is known of an example: its class or its factors, its error, its KL. */
export function factsOf(scene: Scene, row: number): [name: string, value: string][] {
  const { codes, card } = scene;
  const facts = known(scene.facts, row);
  facts.push(["error", `${digits(codes.error[row])} ${card.error_unit}`]);
  if (codes.kl) facts.push(["KL", `${digits(codes.kl[row])} nats`]);
  return facts;
}

/** Original, reconstruction and their difference, on the same scale. */
export function Trio(props: { scene: Scene; row: number; class?: string; children?: ComponentChildren }) {
  const { scene, row } = props;
  const originals = useOriginals(scene);
  const { data } = scene.card;
  const [z, rows] = useMemo(() => [scene.code(row).slice(), [row]], [scene.base, row]);
  const { value: y, error } = useSteady(() => decodeRows(scene, [row]), [scene, row], [scene.base, row]);
  const missing = originals?.missing;
  const { value: x, error: lost } = usePromise(async () => (missing === "" ? numbersAt(scene, [row]) : undefined), [scene.base, row, missing]);
  if (data.kind === "table") {
    return (
      <>
        {y && <Columns data={data} x={x} y={y} />}
        {scene.classes > 0 && <Classes scene={scene} z={z} own={scene.ownOf([row])[0]} />}
      <Sparse {...{ scene, rows }} />
      {missing && <p class="caption">{missing}</p>}
        {(error ?? lost) && <p class="caption">{(error ?? lost)!.message}</p>}
        {props.children}
      </>
    );
  }
  return (
    <>
      <div class={`trio ${props.class ?? ""}`} data-kind={data.kind}>
        {!missing && (
          <figure>
            <Picture x={x} data={data} label="The original" />
            <figcaption>original</figcaption>
          </figure>
        )}
        <figure>
          <Picture x={y} data={data} behind={x} label="Its reconstruction" />
          <figcaption>decoded</figcaption>
        </figure>
        {!missing && (
          <figure>
            <Difference x={x} y={y} data={data} label="The reconstruction less the original" />
            <figcaption>difference</figcaption>
          </figure>
        )}
        {props.children}
      </div>
      {scene.classes > 0 && <Classes scene={scene} z={z} own={scene.ownOf([row])[0]} />}
      <Sparse {...{ scene, rows }} />
      {missing && <p class="caption">{missing}</p>}
      {(error ?? lost) && <p class="caption">{(error ?? lost)!.message}</p>}
    </>
  );
}
