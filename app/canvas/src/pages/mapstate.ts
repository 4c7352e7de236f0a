/** What the map page remembers: in its address, for a visit, and where the cursor is. */

import { useEffect, useRef, useState } from "preact/hooks";
import { isLinked, pack, unpack, useSaved } from "../address";
import { usualDims } from "../axes";
import { colouringOf, colourings } from "../colouring";
import type { Host } from "../host";
import type { Tool } from "../parts/stage";
import type { Scene } from "../scene";
import { viewNames, type Place, type View, type ViewName } from "../space";

const LONGEST = 8000; // characters of a value that an address takes

/** Everything in the address but the selection, and what of it makes no sense for this bundle. */
export function useAddress(host: Host, scene: Scene) {
  const [view, setView] = useSaved(host, "view");
  const [dims, setDims] = useSaved(host, "dims");
  const [colour, setColour] = useSaved(host, "colour");
  const [manifold, setManifold] = useSaved(host, "manifold");
  const [score, setScore] = useSaved(host, "score");
  const [point, setPoint] = useSaved(host, "point");
  const wrong: string[] = [];
  /** A value that is one of those known; what else there is, is named. */
  const among = <T extends string>(name: string, value: string | undefined, known: T[], usual: T): T => {
    if (value === undefined || known.includes(value as T)) return (value as T) ?? usual;
    const there = known.length > 12 ? [...known.slice(0, 12), "…"] : known;
    wrong.push(`The link asks for ${name} “${value.slice(0, 40)}”; this bundle has ${there.join(", ")}.`);
    return usual;
  };
  const views = viewNames(scene);
  const name = among<ViewName>("view", view, views, views[0]);
  const names = colourings(scene).map(({ name }) => name);
  const pair = dims?.split(",").map((text) => (/^\d{1,5}$/.test(text) ? Number(text) - 1 : -1));
  const fits = pair?.length === 2 && pair[0] !== pair[1] && pair.every((d) => d >= 0 && d < scene.dim);
  if (pair && !fits) {
    wrong.push(`The link asks for dims “${dims!.slice(0, 40)}”; right are two different ones of 1 to ${scene.dim}, as in 1,2.`);
  }
  const row = point !== undefined && /^\d{1,9}$/.test(point) && Number(point) < scene.count ? Number(point) : undefined;
  if (point !== undefined && row === undefined) {
    wrong.push(`The link asks for point “${point.slice(0, 40)}”; this bundle has 0 to ${scene.count - 1}.`);
  }
  return {
    wrong: isLinked() ? wrong : [],
    name,
    dims: (fits ? pair : usualDims(scene)) as [number, number],
    colour: colouringOf(scene, among("colour", colour, names, names[0])).name,
    manifold: among("manifold", manifold, ["on", "off"], scene.dim === 2 ? "on" : "off") === "on",
    score: score === "on" && scene.card.score !== null,
    row,
    setScore,
    setView,
    setDims,
    setColour,
    setManifold,
    setPoint,
  };
}

export type Address = ReturnType<typeof useAddress>;

/** The rows selected: at once here, packed in the address; why those in the address do not fit, or these not into it. */
export function useRows(
  host: Host,
  scene: Scene,
): { rows: number[]; select(rows: number[]): void; wrong: string; unsaid: string } {
  const [rows, setRows] = useState<number[]>([]);
  const [wrong, setWrong] = useState("");
  const [unsaid, setUnsaid] = useState("");
  const turn = useRef(0); // what an earlier one comes to is late
  const said = useRef<string | undefined>(undefined);
  const there = host.saved.rows;
  useEffect(() => {
    if (there === said.current) return; // our own words
    said.current = there;
    const its = ++turn.current;
    const show = (rows: number[], wrong = "") => {
      if (its !== turn.current) return;
      setRows(rows);
      setWrong(isLinked() ? wrong : "");
      setUnsaid("");
    };
    const reading = there ? unpack(there, scene.count) : Promise.resolve([]);
    reading.then(
      (rows) => show(rows),
      (error: Error) => show([], error.message),
    );
  }, [there, scene.base]);
  useEffect(() => () => void turn.current++, []);
  const select = (next: number[]) => {
    const its = ++turn.current;
    setRows(next);
    setWrong("");
    const say = (text: string, why = "") => {
      if (its !== turn.current) return;
      said.current = text || undefined;
      setUnsaid(why);
      host.say({ rows: text || null });
    };
    if (!next.length) return say("");
    pack(next, scene.count).then(
      (text) => (text.length <= LONGEST ? say(text) : say("", "It is too scattered to fit: a link to this page leaves it out.")),
      (error: Error) => say("", error.message),
    );
  };
  return { rows, select, wrong, unsaid };
}

/** What a visit keeps, whatever is looked at. */
const visit = { tool: "decode" as Tool, thumbnails: true, meter: false };

export function useVisit<Name extends keyof typeof visit>(name: Name): [(typeof visit)[Name], (value: (typeof visit)[Name]) => void] {
  const [value, setValue] = useState(visit[name]);
  const set = (next: (typeof visit)[Name]) => {
    visit[name] = next;
    setValue(next);
  };
  return [value, set];
}

const WRITING = "input:not([type=radio]):not([type=range]), select, textarea, [contenteditable]";

/** Calls with the key that somebody presses where no text is written. */
export function useKeys(pressed: (key: string) => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const target = event.composedPath()[0];
      const writing = target instanceof HTMLElement && target.matches(WRITING);
      if (!writing && !event.ctrlKey && !event.metaKey && !event.altKey) pressed(event.key);
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

/** A place on a view, and the code that is decoded there. */
export interface Spot {
  view: View;
  place: Place;
  z: Float32Array;
  exact: boolean;
  row?: number; // of the example that lies there
  stamp: number; // of the event that went there, 0 for none
}

/** Where the cursor is when nobody has moved it on this view: on the picked point, where it was, or in the middle. */
export function arrive(view: View, scene: Scene, row?: number, before?: Spot): Spot | undefined {
  if (view.deep) return undefined;
  if (row !== undefined) {
    const place: Place = [view.points[2 * row], view.points[2 * row + 1]];
    return { view, place, z: scene.code(row).slice(), exact: true, row, stamp: 0 };
  }
  const place = before ? view.place(before.z) : view.window.centre;
  return { view, place, z: view.code(place), exact: view.exact, stamp: 0 };
}
