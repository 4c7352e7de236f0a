/** Train: choose, start, watch, and keep what it has made. */

import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useSaved } from "../address";
import type { Host } from "../host";
import { Button, Chip, Notice, usePromise } from "../parts/kit";
import { useAgain } from "../train/asked";
import { Estimates } from "../train/estimate";
import { Form, useForm } from "../train/form";
import { JobView } from "../train/job";
import { List } from "../train/list";
import { Training, type Overview } from "../train/wire";

const LOOK = 2000; // ms between two looks at the list

export function Train({ host }: { host: Host }) {
  const training = useMemo(() => new Training(new URL(".", new URL(host.lab, document.baseURI)).href), [host.lab]);
  const [job, setJob] = useSaved(host, "job");
  const [entered, setEntered] = useState(0);
  const { value: found, error } = usePromise(() => training.overview(), [training, entered]);
  const [overview, keep] = useState<Overview>();
  if (found && found !== overview) keep(found);
  const { value: jobs, error: unlisted, again } = useAgain(() => training.all(), [training], LOOK);
  const known = job !== undefined && /^[0-9a-f]{10}$/.test(job) ? job : undefined;
  const stage = <Chip title="Stage" help="Larger type and no side bar, for a lecture hall." on={host.saved.stage === "on"} onChange={(on) => host.say({ stage: on ? "on" : null })} />;
  const list = <List {...{ jobs, overview }} error={unlisted} chosen={known} onChoose={setJob} />;
  const leave = () => {
    setJob(null);
    again();
  };
  return (
    <div class="lab train">
      <header class="top">
        <span class="page-title">{known ? "Training" : "Train a model"}</span>
        <span class="grow" />
        {known && <Button title="New training" help="To the form; this one goes on." onClick={leave} />}
        {stage}
      </header>
      {known ? (
        <div class="row">
          <JobView key={known} {...{ host, training, overview }} id={known} onLeave={leave} onChange={again} />
          <aside class="side">{list}</aside>
        </div>
      ) : overview ? (
        <New {...{ training, overview }} onStarted={(id) => (setJob(id), again())} onEntered={() => setEntered(entered + 1)}>
          {list}
        </New>
      ) : error ? (
        <Notice failed title="The server cannot be asked" text={error.message} />
      ) : (
        <div class="row">
          <div class="panel skeleton" aria-busy="true">
            <p class="caption">The variants are being looked up: a server just started takes some seconds.</p>
          </div>
          <aside class="side">{list}</aside>
        </div>
      )}
    </div>
  );
}

/** The form, what it will take beside it, and the trainings there are. */
function New({ training, overview, children, onStarted, onEntered }: { training: Training; overview: Overview; children: ComponentChildren; onStarted(id: string): void; onEntered(): void }) {
  const formed = useForm(training, overview);
  return (
    <div class="row">
      <Form {...{ overview, formed }} />
      <aside class="side">
        <Estimates {...{ training, overview, formed, onStarted, onEntered }} />
        {children}
      </aside>
    </div>
  );
}
