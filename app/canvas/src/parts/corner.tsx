/** A corner for the curious: frames a second, milliseconds a decode, how far the picture is behind the hand. */

import { useEffect, useState } from "preact/hooks";
import * as meter from "../meter";
import { lastMs } from "../models";
import type { Board } from "../points/board";
import { digits } from "./kit";
import type { Manifold } from "./manifold";

const EVERY = 500; // ms

export function Corner({ board, manifold }: { board: Board; manifold?: Manifold }) {
  const [, tick] = useState(0);
  const [rate, setRate] = useState(0);
  useEffect(() => {
    let frames = 0;
    let since = performance.now();
    let request = requestAnimationFrame(function count() {
      frames++;
      request = requestAnimationFrame(count);
    });
    const timer = window.setInterval(() => {
      const now = performance.now();
      setRate((1000 * frames) / (now - since));
      tick((old) => old + 1);
      [frames, since] = [0, now];
    }, EVERY);
    return () => {
      cancelAnimationFrame(request);
      window.clearInterval(timer);
    };
  }, [board]);
  const late = meter.behind.at(-1);
  return (
    <dl class="corner number" aria-hidden="true">
      <dd>{Math.round(rate)} fps</dd>
      <dd>decode {digits(lastMs, 2)} ms</dd>
      {late !== undefined && <dd>{digits(late, 2)} ms behind</dd>}
      {manifold && manifold.ms > 0 && <dd>manifold {Math.round(manifold.ms)} ms</dd>}
    </dl>
  );
}
