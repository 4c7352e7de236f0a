/** The row above a page: which data, which model, the page's own controls, and the switch for lecture halls. */

import type { ComponentChildren } from "preact";
import { useContext } from "preact/hooks";
import { leaveLink } from "../address";
import type { Host } from "../host";
import { Chip, Pick } from "./kit";
import { Telling } from "./told";

/** What names rows or dimensions of one model, and what fits one data set only. */
const OF_MODEL = { point: null, rows: null, dims: null, level: null };
const OF_DATA = { as: null, a: null, b: null, view: null, colour: null };

export function Top(props: { host: Host; children?: ComponentChildren }) {
  const { shelf, bundle, say, saved } = props.host;
  const go = (id: string) => {
    const [from, to] = [bundle, id].map((each) => shelf.find((one) => one.id === each)?.data);
    leaveLink();
    say({ bundle: id, ...OF_MODEL, ...(from === to ? {} : OF_DATA) });
  };
  const told = useContext(Telling);
  return (
    <header class="top">
      <Bundles host={props.host} bundle={bundle} onChange={go} />
      {told}
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
        fitting
        label={`Model${suffix}`}
        help="Which trained model is looked at."
        choices={same.map(({ id, title }) => ({ value: id, title }))}
        value={chosen.id}
        onChange={props.onChange}
      />
    </>
  );
}
