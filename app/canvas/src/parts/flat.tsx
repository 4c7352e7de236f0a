/** A map to point at: which flat view of the codes, and how it is coloured. */

import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { useSaved } from "../address";
import { colouringOf, type Colouring } from "../colouring";
import type { Host } from "../host";
import type { Scene } from "../scene";
import { flatNames, TITLES, viewOf, type View, type ViewName } from "../space";
import { Segment } from "./kit";

export interface Flat {
  view?: View; // none where a bundle has one dimension and no map
  colours: Colouring;
  choice: VNode | null; // the control
}

export function useFlat(host: Host, scene: Scene): Flat {
  const names = useMemo(() => flatNames(scene), [scene.base]);
  const [saved, setView] = useSaved(host, "view");
  const name = names.find((each) => each === saved) ?? names[0];
  const view = useMemo(() => name && viewOf(scene, name), [scene.base, name]);
  const title = (value: ViewName) => (value === "z" && view?.name === "z" ? view.axes.join(" ") : scene.dim === 2 && value === "z" ? "z₁ z₂" : TITLES[value]);
  const choice =
    names.length > 1 ? (
      <Segment
        label="View"
        help="Which two numbers of a code are its place."
        choices={names.map((value) => ({ value, title: title(value) }))}
        value={name}
        onChange={setView}
      />
    ) : null;
  return { view, colours: colouringOf(scene, host.saved.colour ?? ""), choice };
}
