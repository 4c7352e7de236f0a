/** What a conditional model is told beside a code: the class that everything is decoded as. */

import { createContext, type VNode } from "preact";
import { useMemo } from "preact/hooks";
import { useSaved } from "../address";
import type { Host, PageName } from "../host";
import type { Scene } from "../scene";
import { Segment } from "./kit";

/** The row of classes under a page's controls; nothing where a model is told nothing. */
export const Telling = createContext<VNode | null>(null);

const OWN = "own";

/** What the first choice means on a page: no one class. None where a page has nothing that could have its own. */
function ownOn(page: PageName, scene: Scene): string | undefined {
  if (page === "draw") return scene.card.classifier && "as it is read";
  if (page === "sample") return "every class";
  return page === "interpolate" ? "that of A" : "its own";
}

/** A scene whose decoder is told the class that the address says, and the control for it. */
export function useTold(host: Host, scene: Scene): [Scene, VNode | null] {
  const [saved, save] = useSaved(host, "as");
  const own = ownOn(host.page, scene);
  const one = /^\d{1,4}$/.test(saved ?? "") && Number(saved) < scene.classes ? Number(saved) : own ? undefined : 0;
  const told = useMemo(() => scene.as({ one, other: 0 }), [scene, one]);
  const names = scene.card.data.classes;
  const chips = useMemo(
    () =>
      scene.classes ? (
        <div class="told">
          <span class="caption" aria-hidden="true">
            told
          </span>
          <Segment
            label="Class that the model is told"
            help="A conditional model is told the class beside the code: the same code, as another class."
            choices={[
              ...(own ? [{ value: OWN, title: own }] : []),
              ...Array.from({ length: scene.classes }, (_, i) => ({ value: String(i), title: names[i] ?? String(i) })),
            ]}
            value={one === undefined ? OWN : String(one)}
            onChange={(value) => save(value === OWN || (!own && value === "0") ? null : value)}
          />
        </div>
      ) : null,
    [scene, one, own, host],
  );
  return [told, chips];
}
