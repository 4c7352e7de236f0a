/** A picture that follows a code: decoded in the worker, painted as soon as it is there. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { easel, paint } from "../examples/paint";
import * as meter from "../meter";
import { decode, Latest } from "../models";
import type { Scene } from "../scene";
import { Notice } from "./kit";

interface Asked {
  z: Float32Array;
  stamp: number;
}

export function Live(props: {
  scene: Scene;
  z?: Float32Array; // shape (D,)
  /** `timeStamp` of the event that asked for it; 0 for none. */
  stamp?: number;
  label: string;
  class?: string;
}) {
  const { scene, z, stamp = 0 } = props;
  const [failed, setFailed] = useState<Error>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const live = useMemo(
    () =>
      new Latest<Asked, Float32Array>(
        (asked) => decode(scene, asked.z),
        (x, asked) => {
          if (!canvas.current) return;
          paint(canvas.current, x, scene.card.data);
          canvas.current.classList.remove("waiting");
          meter.note(asked.stamp);
          setFailed(undefined);
        },
        setFailed,
      ),
    [scene],
  );
  useEffect(() => () => live.cancel(), [live]);
  // Before the frame is drawn, not after it: the picture moves with the hand.
  useLayoutEffect(() => {
    if (z) live.ask({ z, stamp });
  }, [live, z]);
  return (
    <>
      {failed && <Notice failed title="Nothing can be decoded" text={failed.message} />}
      <canvas
        ref={canvas}
        role="img"
        aria-label={props.label}
        class={`picture waiting ${props.class ?? "large"}`}
        {...easel(scene.card.data, true)}
      />
    </>
  );
}
