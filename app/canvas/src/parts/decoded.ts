/** What the decoder makes of many codes that move: the latest it has been asked for, nothing queues up. */

import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { decode, Latest } from "../models";
import type { Scene } from "../scene";

interface Asked {
  z: Float32Array; // shape (rows, D)
  stamp: number; // of the event that asked, 0 for none
  as?: ArrayLike<number>; // (rows), the classes that a conditional decoder is told
}

export interface Decoded extends Asked {
  x: Float32Array; // shape (rows, C, H, W)
}

const PART = 40; // codes at once; the parts are asked for together, so that no part waits for the page

async function decodeAll(scene: Scene, { z, as }: Asked): Promise<Float32Array> {
  const step = PART * scene.dim;
  const told = as && Array.from(as);
  const parts = Array.from({ length: Math.ceil(z.length / step) }, (_, i) =>
    decode(scene, z.slice(i * step, (i + 1) * step), told?.slice(i * PART, (i + 1) * PART)),
  );
  const done = await Promise.all(parts);
  const x = new Float32Array(done.reduce((sum, part) => sum + part.length, 0));
  done.reduce((start, part) => (x.set(part, start), start + part.length), 0);
  return x;
}

/** Codes and their examples; the codes may be those of a moment ago, the two always belong together. */
export function useDecoded(scene: Scene, z?: Float32Array, stamp = 0, as?: ArrayLike<number>): { shown?: Decoded; failed?: Error } {
  const [shown, setShown] = useState<Decoded>();
  const [failed, setFailed] = useState<Error>();
  const live = useMemo(
    () =>
      new Latest<Asked, Float32Array>(
        (asked) => decodeAll(scene, asked),
        (x, asked) => {
          setShown({ ...asked, x });
          setFailed(undefined);
        },
        setFailed,
      ),
    [scene],
  );
  useEffect(() => () => live.cancel(), [live]);
  useLayoutEffect(() => {
    if (z) live.ask({ z, stamp, as });
  }, [live, z]);
  return { shown, failed };
}
