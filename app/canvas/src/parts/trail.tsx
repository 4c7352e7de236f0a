/** The way that something came over the map: it draws in its tail, and lies still where motion is not wanted. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Place } from "../space";

const LASTS = 1500; // ms
const MOST = 80; // places
const STEP = 60; // ms

/** Paths for a stage: where `place` has been in the last moments; forgotten when `of` changes. */
export function useTrail(place: Place | undefined, of: unknown): Place[][] {
  const been = useRef<{ place: Place; at: number }[]>([]);
  const [paths, setPaths] = useState<Place[][]>([]);
  useEffect(() => {
    been.current = [];
    setPaths([]);
  }, [of, !place]);
  useEffect(() => {
    if (!place) return;
    been.current = [...been.current, { place, at: performance.now() }].slice(-MOST);
    const show = () => {
      if (!calm) been.current = been.current.filter(({ at }, i, all) => at > performance.now() - LASTS || i === all.length - 1);
      setPaths(been.current.length > 1 ? [been.current.map((each) => each.place)] : []);
      if (been.current.length < 2) clearInterval(timer);
    };
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const timer = calm ? 0 : setInterval(show, STEP); // while the pen moves it is drawn with the pen
    show();
    return () => clearInterval(timer);
  }, [place]);
  return paths;
}
