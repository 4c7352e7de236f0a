/** What a training has made: to be looked at, taken along, named, noted, thrown away and brought back. */

import { useEffect, useState } from "preact/hooks";
import type { Host } from "../host";
import { Button, digits, Facts, Notice, usePromise } from "../parts/kit";
import { count } from "./said";
import type { Made, Training } from "./wire";

const LONGEST = 500; // characters of a note

export function MadePanel({ host, training, job, bundle, own }: { host: Host; training: Training; job: string; bundle: string; own: boolean }) {
  const [round, again] = useState(0);
  const [now, setNow] = useState<Made>();
  const [refused, setRefused] = useState("");
  const [editing, setEditing] = useState(false);
  const { value, error } = usePromise(() => training.made(job), [training, job, bundle, round]);
  useEffect(() => {
    if (value) setNow(value);
  }, [value]);
  const act = async (work: Promise<unknown>) => {
    setRefused("");
    try {
      await work;
      again((count) => count + 1);
      return true;
    } catch (failed) {
      setRefused((failed as Error).message);
      return false;
    }
  };
  const made = now;
  if (error) return <Notice failed title="Its bundle cannot be found" text={error.message} />;
  if (!made || made.state === "none") return null;
  if (made.state === "gone") return <Notice title="Its bundle is gone" text={`${made.id} was renamed or removed elsewhere.`} />;
  if (made.state === "bin") {
    return (
      <section class="panel made" aria-label="Bundle">
        <h2>In the bin</h2>
        <p class="caption">{`${made.id} stays there for thirty days.`}</p>
        {own && (
          <div class="actions">
            <Button main title="Undo" help="Brings the bundle back." onClick={() => void act(training.restore(job))} />
          </div>
        )}
        {refused && <Notice failed title="That was not done" text={refused} />}
      </section>
    );
  }
  const go = (page: string) => host.say({ page, bundle: made.id! }); // the job stays in the address, so that Back leads here
  return (
    <section class="panel made" aria-label="Bundle">
      <h2>{made.title}</h2>
      <p class="caption">{made.id}</p>
      {made.note && <p class="note">{made.note}</p>}
      <Facts facts={[["Parameters", count(made.parameters ?? 0)], ...(made.metrics ?? []).map(([title, value, unit]) => [title, unit === "dimensions" ? count(value) : `${digits(value)} ${unit.length < 12 ? unit : ""}`] as [string, string])]} />
      {made.advice && <Notice title="Worth knowing" text={made.advice} />}
      <div class="actions">
        <Button main title="Open on the map" help="Its codes, as every other page shows them." onClick={() => go("map")} />
        <Button title="Compare" help="Beside another model of the same data." onClick={() => go("compare")} />
        <a class="button" href={training.zip(made.id!)} download title="The bundle as a ZIP file: card, weights, ONNX, codes and history.">
          Export
        </a>
        {own && <Button title={editing ? "Close" : "Rename, note"} help="What it is called, and what you want to remember about it." onClick={() => setEditing(!editing)} />}
        {own && <Button title="Delete" help="Puts the bundle into the bin, from where it can be brought back for thirty days." onClick={() => void act(training.discard(job))} />}
      </div>
      {editing && <Editing made={made} onSave={async (name, note) => (await act(training.change(job, name, note))) && setEditing(false)} />}
      {refused && <Notice failed title="That was not done" text={refused} />}
    </section>
  );
}

function Editing({ made, onSave }: { made: Made; onSave(name: string, note: string): void }) {
  const [name, setName] = useState(made.id!.split("/")[1]);
  const [note, setNote] = useState(made.note ?? "");
  return (
    <form
      class="editing"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(name.trim(), note);
      }}
    >
      <label for="bundle-name">Name</label>
      <input id="bundle-name" type="text" value={name} onInput={(event) => setName(event.currentTarget.value)} />
      <label for="bundle-note">Note</label>
      <textarea id="bundle-note" rows={3} maxLength={LONGEST} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      {note.length === LONGEST && <p class="caption" role="status">{`A note has ${LONGEST} characters at most.`}</p>}
      <button type="submit" class="button main">
        Save
      </button>
    </form>
  );
}
