/** One option: its control, what it does to the model, what it takes, and what is wrong with it. */

import { Pick, Segment } from "../parts/kit";
import { problemOf, rangeOf, textOf, write, writtenIn, type Draft } from "./draft";
import type { Field } from "./wire";

const FEW = 3; // choices that stand side by side

/** @param wrong What the server says is wrong with it. @param usual What stands there while nothing is written. */
export function FieldRow({ field, now, wrong, choices, usual }: { field: Field; now: Draft; wrong?: string; choices?: { value: string; title: string }[]; usual?: string }) {
  const text = writtenIn(field, now);
  const problem = problemOf(field, text) || wrong;
  const id = `option-${field.name}`;
  const range = rangeOf(field);
  const typed = !choices && field.kind !== "choice" && field.kind !== "bool";
  const changed = text !== textOf(field.default);
  return (
    <div class={`field ${problem ? "bad" : ""}`} data-option={field.name}>
      <div class="line">
        {typed ? (
          <label class="name" for={id}>
            {field.title}
          </label>
        ) : (
          <span class="name" aria-hidden="true">
            {field.title}
          </span>
        )}
        {changed && (
          <button type="button" class="back" title={`Back to ${textOf(field.default) || "none"}`} aria-label={`${field.title}: back to ${textOf(field.default) || "none"}`} onClick={() => write(field.name, textOf(field.default))}>
            ↺
          </button>
        )}
        <Control {...{ field, id, text, problem, choices, typed, usual }} />
      </div>
      <p class="caption" id={`${id}-help`}>
        {field.help} {range && <span class="number">{range}</span>}
      </p>
      {problem && (
        <p class="wrong" role="alert" id={`${id}-wrong`}>
          {problem}
        </p>
      )}
    </div>
  );
}

function Control({ field, id, text, problem, choices, typed, usual }: { field: Field; id: string; text: string; problem?: string; choices?: { value: string; title: string }[]; typed: boolean; usual?: string }) {
  const { name, title, kind } = field;
  const put = (value: string) => write(name, value);
  const among = choices ?? (kind === "bool" ? ["yes", "no"] : field.choices).map((value) => ({ value, title: value }));
  if (!typed) {
    const letters = among.reduce((sum, each) => sum + each.title.length, 0);
    if (!choices && among.length <= FEW && letters <= 24) return <Segment label={title} choices={among} value={text} onChange={put} />;
    return <Pick label={title} choices={among} value={text} onChange={put} />;
  }
  return (
    <input
      type="text"
      id={id}
      inputMode={kind === "list" || kind === "text" ? "text" : "decimal"}
      autocomplete="off"
      spellcheck={false}
      aria-invalid={problem ? true : undefined}
      aria-describedby={`${id}-help${problem ? ` ${id}-wrong` : ""}`}
      placeholder={usual ?? (kind === "list" ? "none" : undefined)}
      value={text}
      onInput={(event) => put(event.currentTarget.value)}
    />
  );
}
