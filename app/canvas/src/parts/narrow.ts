/** How much fits beside each other. */

import { useEffect, useState } from "preact/hooks";
import { mannerOf } from "../examples/kinds";
import type { Data } from "../scene";

const NARROW = "(max-width: 760px)";

/** Whether the page is as narrow as a phone's. */
function useNarrow(): boolean {
  const [narrow, set] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const changed = () => set(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  return narrow;
}

/** Examples beside each other in a grid: ``pixels`` of them where they are images, else as many as can be made out. */
export function useColumns(data: Data, pixels: number, wide?: number): number {
  const narrow = useNarrow();
  const manner = mannerOf(data);
  if (!manner) return pixels;
  return narrow ? manner.columns[1] : (wide ?? manner.columns[0]);
}
