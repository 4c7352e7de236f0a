/** What is to be trained: data, variant, network, and the options that matter for them. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { useSignal } from "../lab/moment";
import { Notice, Pick, usePromise, useSteady } from "../parts/kit";
import { acting, change, configOf, draft, NAME, nameOf, partsOf, problemOf, writtenIn, type Draft } from "./draft";
import { FieldRow } from "./field";
import { useAsked } from "./asked";
import type { Checked, Field, Overview, Training } from "./wire";

const GROUPS: [groups: Field["group"][], title: string][] = [
  [["model"], "Model"],
  [["network"], "Network"],
  [["likelihood", "data"], "Likelihood and data"],
  [["training", "bundle"], "Training"],
];
const QUIET = 250; // ms after which what is written is checked
const OWN_PLACE = ["device"]; // asked for beside the estimates

/** Everything the form knows. */
export interface Formed {
  now: Draft;
  fields?: Field[];
  error?: Error;
  checked?: Checked;
  checking: boolean;
  config?: ReturnType<typeof configOf>;
  why: string; // why this variant does not fit these data
}

/** The draft, its fields, and what the server thinks of it. */
export function useForm(training: Training, { data, variants }: Overview): Formed {
  const now = useSignal(draft);
  useEffect(() => {
    const { data: of, variant } = draft.value;
    if (data.some(({ name }) => name === of) && variants.some(({ name }) => name === variant)) return;
    const there = data.filter(({ why_missing }) => !why_missing);
    change({ data: (there.find(({ name }) => name === "digits") ?? there[0] ?? data[0]).name, variant: "vae" });
  }, []);
  const parts = partsOf(now);
  const asked = `${now.data} ${now.variant} ${JSON.stringify(parts)}`;
  const { value: misfits } = usePromise(() => (now.data ? training.misfits(now.data) : Promise.resolve({})), [now.data]);
  const why = (misfits as Record<string, string> | undefined)?.[now.variant] ?? "";
  const { value: fields, error } = useSteady(
    () => (now.data ? training.form(now.data, now.variant, parts).catch(() => training.form(now.data, now.variant, {})) : Promise.reject(new Error(""))),
    [asked],
    [],
  );
  const config = useMemo(() => (fields ? configOf(fields, now) : undefined), [fields, now]);
  const name = nameOf(now);
  const key = config && !why ? JSON.stringify({ ...config, name }) : "";
  const { value: checked, error: refused, busy } = useAsked(() => training.check(config!, name), key, QUIET);
  return { now, fields, error: (now.data && error) || refused, checked: key ? checked : undefined, checking: busy, config, why };
}

export function Form({ overview, formed }: { overview: Overview; formed: Formed }) {
  const { now, fields, error, checked, why } = formed;
  const { data, variants } = overview;
  const [open, setOpen] = useState(false);
  const of = data.find(({ name }) => name === now.data);
  const variant = variants.find(({ name }) => name === now.variant);
  if (!of || !variant) return <div class="panel skeleton" aria-busy="true" />;
  const shown = fields ? acting(fields, now).filter(({ name }) => !OWN_PLACE.includes(name)) : [];
  const wrong = (field: Field) => checked?.errors[field.name];
  const rows = (later: boolean) =>
    GROUPS.map(([groups, title]) => ({ title, of: groups.flatMap((group) => shown.filter((field) => field.group === group && field.later === later)) })).filter((each) => each.of.length);
  const problems = shown.filter((field) => field.later && (problemOf(field, writtenIn(field, now)) || wrong(field)));
  const changed = shown.filter(({ later, name, choices }) => later && now.options[name] !== undefined && (!choices.length || choices.includes(now.options[name]))).length;
  return (
    <section class="panel form" aria-label="What is trained">
      <div class="first">
        <div class="field">
          <Pick named label="Data" choices={data.map(({ name, title }) => ({ value: name, title }))} value={now.data} onChange={(name) => change({ data: name })} />
          <p class="caption">{of.summary}</p>
        </div>
        <div class="field">
          <Pick named label="Variant" choices={variants.map(({ name, title }) => ({ value: name, title }))} value={now.variant} onChange={(name) => change({ variant: name })} />
          <p class="caption">{variant.summary.replace(/^[^:]+: /, "").replace(/^./, (letter) => letter.toUpperCase())}</p>
        </div>
      </div>
      <FieldRow field={NAME} now={now} wrong={checked?.errors.name} usual={checked?.name} />
      {of.why_missing && <Notice failed title={`${of.title} is not on this machine`} text={of.why_missing} />}
      {why && <Notice failed title={`${variant.title} does not fit ${of.title}`} text={why} />}
      {error && <Notice failed title="This cannot be set up" text={error.message} />}
      {!fields && !error && <div class="skeleton" aria-busy="true" />}
      {rows(false).map((each) => (
        <fieldset class="group" key={each.title}>
          <legend>{each.title}</legend>
          {each.of.map((field) => (
            <FieldRow key={field.name} {...{ field, now }} wrong={wrong(field)} />
          ))}
        </fieldset>
      ))}
      {shown.some(({ later }) => later) && (
        <details class="more" open={open || problems.length > 0} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>
            More{changed > 0 && <span class="caption"> {changed} changed</span>}
          </summary>
          {rows(true).map((each) => (
            <fieldset class="group" key={each.title}>
              <legend>{each.title}</legend>
              {each.of.map((field) => (
                <FieldRow key={field.name} {...{ field, now }} wrong={wrong(field)} />
              ))}
            </fieldset>
          ))}
        </details>
      )}
    </section>
  );
}

