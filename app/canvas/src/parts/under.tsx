/** What the decoder makes of the place under the cursor. */

import { useEffect, useState } from "preact/hooks";
import { lastMs } from "../models";
import { norm } from "../maths";
import type { Scene } from "../scene";
import { dimension } from "../space";
import { digits, Panel, signed } from "./kit";
import { Live } from "./live";
import { Unchosen } from "./unchosen";

const PRINTED = 4; // dimensions that a line has room for

/** A code in a line: all its numbers, or its length and its largest. */
export function spoken(z: Float32Array): string {
  const fixed = (value: number) => signed(value.toFixed(2));
  if (z.length <= PRINTED) return `z = (${Array.from(z, fixed).join(", ")})`;
  const largest = [...z.keys()].sort((a, b) => Math.abs(z[b]) - Math.abs(z[a])).slice(0, 3);
  return `|z| = ${digits(norm(z))}, most in ${largest.map((d) => `${dimension(d)} ${fixed(z[d])}`).join(", ")}`;
}

export function UnderCursor({ scene, spot }: { scene: Scene; spot?: { z: Float32Array; exact: boolean; row?: number; stamp: number } }) {
  const [, refresh] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => refresh((count) => count + 1), 300); // how long it took is known once it is there
    return () => clearTimeout(timer);
  }, [spot]);
  if (!spot) return <Panel title="Under the cursor" text="On a map in three dimensions a place has no one code: pick an example." />;
  const speed = spot.stamp && lastMs ? `decoded here, ${lastMs.toFixed(1)} ms` : "decoded here";
  const told = scene.classes ? ` · as ${scene.card.data.classes[scene.told.one ?? scene.told.other]}` : "";
  const how = spot.exact ? (
    speed
  ) : (
    <>
      <em title="This map has no inverse: z is estimated from the eight nearest codes.">approximate</em>, {speed}
    </>
  );
  return (
    <Panel class="under" title="Under the cursor" text={<>{spoken(spot.z)}{spot.z.length > PRINTED ? <br /> : " · "}{how}{told}</>}>
      <Live scene={scene} z={spot.z} stamp={spot.stamp} label="The decoded place under the cursor" />
      <Unchosen scene={scene} example={spot.row !== undefined} />
    </Panel>
  );
}
