/** The two ends of a path: an example each, or a place on the map that somebody dragged an end to. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { isLinked, useSaved } from "../address";
import type { Host } from "../host";
import { distances, mean, norm } from "../maths";
import type { Scene } from "../scene";
import { Finder, type Place, type View } from "../space";

const REACH = 14; // pixels within which a point is meant
const SHAKE = 3; // pixels that a hand moves without meaning it

export interface End {
  z: Float32Array; // shape (D,)
  row?: number; // of the example it is, if it is one
  exact: boolean; // whether z is known, and not estimated from the nearest codes
  place?: Place;
  wrong?: string; // why the address is not followed
  pick(row: number): void;
  drag(place: Place, event: Event): void;
  drop(place: Place): void;
}

interface Free {
  view: View;
  place: Place;
  z: Float32Array;
}

/** One end, by its name in the address. */
export function useEnd(host: Host, name: "a" | "b", scene: Scene, view: View | undefined, usual: number): End {
  const [saved, save] = useSaved(host, name);
  const [free, setFree] = useState<Free>();
  const held = useRef<{ handle?: Element; pixel: [number, number]; place: Place; row?: number } | null>(null);
  const finder = useMemo(() => (view ? once(() => new Finder(view.points)) : undefined), [view]);
  const known = saved !== undefined && /^\d{1,9}$/.test(saved) && Number(saved) < scene.count;
  useLayoutEffect(() => {
    if (saved !== undefined) setFree(undefined);
  }, [saved]);
  const row = free ? undefined : known ? Number(saved) : usual;
  const z = useMemo(() => free?.z ?? scene.code(row!).slice(), [scene, free, row]);
  const place = useMemo((): Place | undefined => {
    if (!view) return undefined;
    if (row !== undefined) return [view.points[2 * row], view.points[2 * row + 1]];
    return free!.view === view ? free!.place : view.place(z);
  }, [view, row, free]);
  const pick = (next: number) => {
    setFree(undefined);
    save(String(next));
  };
  const wrong =
    saved !== undefined && !known && isLinked() ? `The link asks for ${name} “${saved.slice(0, 40)}”; this bundle has examples 0 to ${scene.count - 1}.` : undefined;
  return {
    z,
    row,
    exact: !free || free.view.exact,
    place,
    wrong,
    pick,
    drag(next, event) {
      const handle = event instanceof PointerEvent ? (event.currentTarget as Element) : undefined;
      held.current ??= { handle, pixel: cornerOf(handle), place: place!, row };
      setFree({ view: view!, place: next, z: view!.code(next) });
    },
    /** Near an example the end becomes it; arrow keys may go where they like. */
    drop(next) {
      const from = held.current;
      held.current = null;
      if (!from) return;
      if (from.handle) {
        const now = cornerOf(from.handle);
        const pixels = Math.hypot(now[0] - from.pixel[0], now[1] - from.pixel[1]);
        const units = Math.hypot(next[0] - from.place[0], next[1] - from.place[1]);
        const near = pixels < SHAKE ? (from.row ?? -1) : finder!().at(next, (REACH * units) / pixels);
        if (near >= 0) return pick(near);
      }
      save(null);
    },
  };
}

function cornerOf(handle?: Element): [x: number, y: number] {
  const { left = 0, top = 0 } = handle?.getBoundingClientRect() ?? {};
  return [left, top];
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Two examples to begin with: typical ones of the two classes that lie farthest apart; else two far from each other. */
export function farApart(scene: Scene): [a: number, b: number] {
  const { codes, dim, count } = scene;
  const classes = codes.label ? [...new Set(codes.label)].sort((a, b) => a - b) : [];
  if (classes.length < 2) {
    const from = farthest(distances(codes.mu, mean(codes.mu, dim)));
    return [from, farthest(distances(codes.mu, scene.code(from)))];
  }
  const rows = classes.map((label) => [...Array(count).keys()].filter((row) => codes.label![row] === label));
  const means = rows.map((of) => mean(codes.mu, dim, of));
  let [best, most] = [[0, 1], -1];
  means.forEach((a, i) =>
    means.slice(i + 1).forEach((b, j) => {
      const away = norm(a.map((value, d) => value - b[d]));
      if (away > most) [best, most] = [[i, i + 1 + j], away];
    }),
  );
  // Each of its own class: where classes have all but one mean, the code nearest to both may be the same.
  const [a, b] = best.map((i) => {
    const away = distances(codes.mu, means[i]);
    return rows[i].reduce((near, row) => (away[row] < away[near] ? row : near));
  });
  return [a, b];
}

function farthest(squared: Float32Array): number {
  return squared.reduce((best, value, row) => (value > squared[best] ? row : best), 0);
}
