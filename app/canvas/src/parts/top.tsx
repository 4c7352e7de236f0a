/** The row above a page: which data, which model, the page's own controls, and the switch for lecture halls. */

import type { ComponentChildren } from "preact";
import type { Host } from "../host";
import { Chip, Pick } from "./kit";

export function Top(props: { host: Host; children?: ComponentChildren }) {
  const { shelf, bundle, say, saved } = props.host;
  return (
    <header class="top">
      <Bundles host={props.host} bundle={bundle} onChange={(id) => say({ bundle: id, point: null, rows: null })} />
      <span class="grow" />
      {props.children}
      {shelf.length > 0 && (
        <Chip
          title="Stage"
          help="Larger type and no side bar, for a lecture hall."
          on={saved.stage === "on"}
          onChange={(on) => say({ stage: on ? "on" : null })}
        />
      )}
    </header>
  );
}

/** Choosing a bundle in two steps: the data, then the model. */
export function Bundles(props: { host: Host; bundle: string; onChange(id: string): void; name?: string }) {
  const { shelf } = props.host;
  const chosen = shelf.find(({ id }) => id === props.bundle)!;
  const sets = [...new Map(shelf.map(({ data, data_title }) => [data, data_title]))];
  const same = shelf.filter(({ data }) => data === chosen.data);
  /** The same model of the other data set, or its first. */
  const other = (data: string) => {
    const there = shelf.filter((each) => each.data === data);
    const name = chosen.id.split("/")[1];
    props.onChange((there.find(({ id }) => id === `${data}/${name}`) ?? there[0]).id);
  };
  const suffix = props.name ? ` ${props.name}` : "";
  return (
    <>
      <Pick
        label={`Data set${suffix}`}
        help="What the model was trained on."
        choices={sets.map(([value, title]) => ({ value, title }))}
        value={chosen.data}
        onChange={other}
      />
      <Pick
        label={`Model${suffix}`}
        help="Which trained model is looked at."
        choices={same.map(({ id, title }) => ({ value: id, title }))}
        value={chosen.id}
        onChange={props.onChange}
      />
    </>
  );
}
