/** Reconstruct: what comes back from the code, and what is lost on the way. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useSaved } from "../address";
import type { PageProps } from "../app";
import { colouringOf } from "../colouring";
import { cellOf, mannerOf } from "../examples/kinds";
import { uniform } from "../maths";
import { decodeRows, pixels } from "../models";
import type { Scene } from "../scene";
import { viewNames, viewOf } from "../space";
import { Button, Chip, digits, Facts, Notice, Panel, Pick, Segment, usePromise, useSteady } from "../parts/kit";
import { Beside, besideIn, Scale } from "../parts/beside";
import { numbersAt, useOriginals } from "../parts/original";
import { factsOf, Trio } from "../parts/point";
import { titleOf } from "../parts/selection";
import { Stage } from "../parts/stage";
import { Top } from "../parts/top";

type Order = "random" | "worst" | "best" | "order";

const ORDERS: { value: Order; title: string }[] = [
  { value: "random", title: "random" },
  { value: "worst", title: "worst first" },
  { value: "best", title: "best first" },
  { value: "order", title: "in order" },
];
const CELL = 88; // pixels that an example is wide, at least

/** Rows of a class (all of them without one) in an order; a seed fixes the random one. */
export function ordered({ codes, count }: Scene, of: Uint8Array, one: number, order: Order, seed: number): number[] {
  const rows = Array.from({ length: count }, (_, row) => row).filter((row) => one < 0 || of[row] === one);
  if (order === "worst") return rows.sort((a, b) => codes.error[b] - codes.error[a]);
  if (order === "best") return rows.sort((a, b) => codes.error[a] - codes.error[b]);
  if (order === "order") return rows.sort((a, b) => codes.index[a] - codes.index[b]);
  const draw = uniform(seed);
  for (let i = rows.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1));
    [rows[i], rows[j]] = [rows[j], rows[i]];
  }
  return rows;
}

/** What a visit keeps. */
const visit = { order: "random" as Order, smooth: false, seed: 0 };

export function Reconstruct({ host, scene }: PageProps) {
  const [point, setPoint] = useSaved(host, "point");
  const [order, setOrder] = useState(visit.order);
  const [seed, setSeed] = useState(visit.seed);
  const [smooth, setSmooth] = useState(visit.smooth);
  const [one, setOne] = useState(-1);
  const [{ columns, bands }, setRoom] = useState({ columns: 0, bands: 0 });
  const [page, setPage] = useState(0);
  const board = useRef<HTMLDivElement>(null);
  Object.assign(visit, { order, seed, smooth });
  const { data } = scene.card;
  const manner = mannerOf(data);
  const classes = colouringOf(scene, "label");
  const rows = useMemo(() => ordered(scene, classes.of, classes.kind === "classes" ? one : -1, order, seed), [scene.base, one, order, seed]);
  const size = columns * bands;
  const shown = useMemo(() => rows.slice(page * size, (page + 1) * size), [rows, page, size]);
  const picked = point !== undefined && /^\d{1,9}$/.test(point) && Number(point) < scene.count ? Number(point) : shown[0];
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([{ contentRect }]) => {
      const columns = Math.max(2, Math.floor(contentRect.width / (manner ? cellOf(data)[0] + 34 : CELL)));
      const [wide, tall] = manner?.cell(data) ?? [1, 1];
      const high = ((contentRect.width / columns) * tall) / wide;
      const band = (data.kind === "table" ? 2 : 3) * (manner ? high + 4 : high) + (manner ? 52 : 30); // a row of a table shows both in one
      setRoom({ columns, bands: Math.max(2, Math.floor((window.innerHeight - 180) / band)) });
    });
    watch.observe(board.current!);
    return () => watch.disconnect();
  }, []);
  useEffect(() => setPage(0), [rows, size]);
  const missing = useOriginals(scene)?.missing;
  const pages = Math.ceil(rows.length / size);
  return (
    <>
      <Top host={host}>
        <Segment
          label="Order"
          help="Which examples are shown: at random, or by their error."
          choices={ORDERS}
          value={order}
          onChange={(next) => setOrder(next)}
        />
        {classes.kind === "classes" && (
          <Pick
            label={classes.title}
            named
            help="Examples of one class only."
            choices={[{ value: "-1", title: "all" }, ...(classes.names ?? []).map((title, i) => ({ value: String(i), title }))]}
            value={String(one)}
            onChange={(value) => setOne(Number(value))}
          />
        )}
        {!manner && <Chip title="smooth" help="Smooths the pixels; otherwise each pixel is shown as it is." on={smooth} onChange={setSmooth} />}
      </Top>
      <div class={`row reconstruct ${smooth ? "smooth" : ""}`}>
        <section class="panel" aria-label="Reconstructions">
          <div class="heading">
            <h2>Reconstructions</h2>
            <span class="caption">
              {missing ? "what the decoder makes of each code" : besideIn(data)} · error in {scene.card.error_unit}
            </span>
            <span class="grow" />
            {order === "random" && <Button title="Draw again" help="Other examples." onClick={() => setSeed(seed + 1)} />}
            {order !== "random" && pages > 1 && (
              <span class="pager">
                <Button title="‹" help="The examples before." disabled={!page} onClick={() => setPage(page - 1)} />
                <span class="number">
                  {page * size + 1}–{page * size + shown.length} of {rows.length}
                </span>
                <Button title="›" help="The examples after." disabled={page >= pages - 1} onClick={() => setPage(page + 1)} />
              </span>
            )}
          </div>
          <div ref={board}>
            <Board scene={scene} rows={shown} columns={columns} missing={missing} picked={picked} onPick={(row) => setPoint(String(row))} />
          </div>
          {!missing && <Scale data={data} />}
          {missing && <Notice title="The originals are not shown" text={missing} />}
        </section>
        <aside class="side">{picked !== undefined && <Example scene={scene} row={picked} onPick={(row) => setPoint(String(row))} />}</aside>
      </div>
    </>
  );
}

interface BoardProps {
  scene: Scene;
  rows: number[];
  columns: number;
  missing?: string;
  picked?: number;
  onPick(row: number): void;
}

/** Bands of examples: originals above reconstructions above differences, all on one scale. */
function Board({ scene, rows, columns, missing, picked, onPick }: BoardProps) {
  const { data } = scene.card;
  const size = pixels(scene);
  const { value: y, error } = useSteady(() => decodeRows(scene, rows), [scene, rows], [scene.base, rows]);
  const { value: x } = usePromise(async () => (missing === "" ? numbersAt(scene, rows) : undefined), [scene.base, rows, missing]);
  const part = (all: Float32Array | undefined, i: number) => all?.subarray(i * size, (i + 1) * size);
  if (error) return <Notice failed title="Nothing can be decoded" text={error.message} />;
  return (
    <div class="board" style={{ gridTemplateColumns: `repeat(${columns || 6}, minmax(0, 1fr))` }}>
      {rows.map((row, i) => (
        <button
          type="button"
          key={row}
          class={row === picked ? "column on" : "column"}
          aria-pressed={row === picked}
          title={`${titleOf(scene, row)}: show it large`}
          onClick={() => onPick(row)}
        >
          <Beside x={part(x, i)} y={part(y, i)} data={data} name={titleOf(scene, row)} missing={Boolean(missing)} />
          <span class="number">{digits(scene.codes.error[row])}</span>
        </button>
      ))}
    </div>
  );
}

/** One example, large, with its place on the map. */
function Example({ scene, row, onPick }: { scene: Scene; row: number; onPick(row: number): void }) {
  const name = viewNames(scene).find((each) => !each.endsWith("3"));
  const lit = useMemo(() => [row], [row]);
  const view = useMemo(() => name && viewOf(scene, name), [scene.base, name]);
  return (
    <>
      <Panel title={titleOf(scene, row)} class="example">
        <Trio scene={scene} row={row} class="tall">
          <Facts facts={factsOf(scene, row)} />
        </Trio>
      </Panel>
      {view && (
        <Panel class="place" title="Its place" text="On the map, among the other codes.">
          <Stage
            scene={scene}
            view={view}
            label="The place of the example on the map"
            colours={colouringOf(scene, "label")}
            lit={lit}
            tool="pan"
            card={false}
            onPoint={onPick}
            remember={`reconstruct ${scene.url}`}
          />
        </Panel>
      )}
    </>
  );
}
