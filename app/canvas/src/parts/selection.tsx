/** What was selected: how much of the whole, of which classes, how it looks on average, how well it is rebuilt. */

import { useMemo, useState } from "preact/hooks";
import { colouringOf, type Colouring } from "../colouring";
import { nounsOf } from "../examples/kinds";
import { mean, nearest } from "../maths";
import { decodeRows, pixels } from "../models";
import type { Scene } from "../scene";
import { Button, digits, Facts, Picture, usePromise } from "./kit";
import { Sparse } from "./sparse";
import { numbersAt, Original, useOriginals } from "./original";

const SHOWN = 60; // members, until somebody asks for more
const AVERAGED = 4e6; // numbers: more originals would not change the mean that is seen
const NEIGHBOURS = 5;
const BUDGET = 6e7; // differences that the neighbours' labels may cost

export function Selection(props: { scene: Scene; rows: number[]; onPick(row: number): void; onClear(): void }) {
  const { scene, rows } = props;
  const { codes, card } = scene;
  const average = (values: Float32Array) => mean(values, 1, rows)[0];
  const classes = colouringOf(scene, "label");
  const nouns = nounsOf(card.data);
  const { value: agreement } = usePromise(() => agreed(scene, rows), [scene.base, rows]);
  return (
    <section class="panel selection" aria-label="Selection">
      <h2>
        Selection{" "}
        <span class="count" role="status">
          {rows.length} {rows.length === 1 ? nouns.one : nouns.many} · {share(rows.length / scene.count)}
        </span>
        <button type="button" class="close" aria-label="Clear the selection" title="Escape clears it too." onClick={props.onClear}>
          ×
        </button>
      </h2>
      <div class="summary">
        <Average scene={scene} rows={rows} />
        <Facts
          facts={[
            ["mean error", `${digits(average(codes.error))} ${card.error_unit}`],
            ...(codes.kl ? [["mean KL", `${digits(average(codes.kl))} nats`] as [string, string]] : []),
            ...(codes.label ? [["5-NN agreement", agreement === undefined ? "…" : share(agreement)] as [string, string]] : []),
          ]}
        />
      </div>
      <Sparse {...{ scene, rows }} />
      {classes.kind === "classes" && <Mix colouring={classes} rows={rows} />}
      <Members {...props} />
    </section>
  );
}

/** A part of a whole, in per cent; a dash where there is no whole. */
export function share(part: number): string {
  if (Number.isNaN(part)) return "–";
  return part > 0 && part < 0.01 ? "< 1 %" : `${Math.round(100 * part)} %`;
}

/** How many of each class, the most first. */
function Mix({ colouring, rows }: { colouring: Colouring; rows: number[] }) {
  const counts = new Uint32Array(colouring.colours.length);
  for (const row of rows) counts[colouring.of[row]]++;
  const order = [...counts.keys()].filter((i) => counts[i]).sort((a, b) => counts[b] - counts[a]);
  return (
    <ul class="mix" aria-label={`Mix of ${colouring.title}`}>
      {order.slice(0, 10).map((i) => (
        <li>
          <span class="name">{colouring.names?.[i]}</span>
          <span class="track">
            <span style={{ width: `${(100 * counts[i]) / counts[order[0]]}%`, background: colouring.colours[i] }} />
          </span>
          <span class="number">{counts[i]}</span>
        </li>
      ))}
    </ul>
  );
}

/** The mean of the originals; of the decoded codes where originals are missing. */
function Average({ scene, rows }: { scene: Scene; rows: number[] }) {
  const some = useMemo(() => evenly(rows, Math.max(100, Math.floor(AVERAGED / pixels(scene)))), [scene, rows]);
  const originals = useOriginals(scene);
  const { value: x, error } = usePromise(async () => {
    if (!originals) return undefined;
    const size = pixels(scene);
    if (!originals.missing) return mean(await numbersAt(scene, some), size);
    return mean(await decodeRows(scene, evenly(some, 200)), size);
  }, [scene, some, originals]);
  const what = originals?.missing ? "mean of the decoded" : `mean ${nounsOf(scene.card.data).one}`;
  return (
    <figure>
      {error ? <p class="caption">{error.message}</p> : <Picture x={x} data={scene.card.data} label={what} />}
      <figcaption>{what}</figcaption>
    </figure>
  );
}

function Members({ scene, rows, onPick }: { scene: Scene; rows: number[]; onPick(row: number): void }) {
  const [all, showAll] = useState(false);
  const shown = all ? rows.slice(0, 1000) : rows.slice(0, SHOWN);
  return (
    <>
      <div class="members" data-kind={scene.card.data.kind} role="group" aria-label="Members">
        {shown.map((row) => (
          <Member key={row} scene={scene} row={row} onPick={onPick} />
        ))}
      </div>
      {!all && rows.length > SHOWN && (
        <Button title={`Show ${Math.min(1000, rows.length)}`} help="More members of the selection." onClick={() => showAll(true)} />
      )}
    </>
  );
}

/** A member as a picture: the original, or what its code decodes to. */
export function Member(props: { scene: Scene; row: number; note?: string; onPick(row: number): void }) {
  const { scene, row } = props;
  const missing = useOriginals(scene)?.missing;
  const label = titleOf(scene, row);
  return (
    <button type="button" class="member" title={label} onClick={() => props.onPick(row)}>
      {missing ? <Decoded scene={scene} row={row} label={label} /> : <Original scene={scene} row={row} label={label} />}
      {props.note && <small>{props.note}</small>}
    </button>
  );
}

/** What the code of a row decodes to. */
export function Decoded({ scene, row, label }: { scene: Scene; row: number; label: string }) {
  const { value: x } = usePromise(() => decodeRows(scene, [row]), [scene, row]);
  return <Picture x={x} data={scene.card.data} label={label} />;
}

/** An example in a few words: its class where there is one, and its index. */
export function titleOf(scene: Scene, row: number): string {
  const { kind, names, of } = colouringOf(scene, "label");
  return `${kind === "classes" ? `${names?.[of[row]]}, ` : ""}#${scene.codes.index[row]}`;
}

/** At most ``most`` of some rows, evenly spaced. */
function evenly(rows: number[], most: number): number[] {
  const step = Math.max(1, rows.length / most);
  return Array.from({ length: Math.min(most, rows.length) }, (_, i) => rows[Math.floor(i * step)]);
}

/** The share of the five nearest codes, or of as many as there are, that have the label of the code itself, on average over some rows. */
async function agreed(scene: Scene, rows: number[]): Promise<number> {
  const { mu, label } = scene.codes;
  if (!label || !rows.length) return NaN;
  const some = evenly(rows, Math.max(20, Math.floor(BUDGET / mu.length)));
  let same = 0;
  for (const [i, row] of some.entries()) {
    if (i % 50 === 0) await new Promise((done) => setTimeout(done)); // the hand comes first
    const around = nearest(mu, scene.code(row), NEIGHBOURS + 1).filter((each) => each !== row).slice(0, NEIGHBOURS);
    same += around.filter((each) => label[each] === label[row]).length / around.length;
  }
  return same / some.length;
}
