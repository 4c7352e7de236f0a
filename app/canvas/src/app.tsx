/** Which page is shown, of which scene; what fails says so on its own panel. */

import type { ComponentChildren, FunctionComponent } from "preact";
import type { Host, PageName } from "./host";
import { Fence, Notice, usePromise } from "./parts/kit";
import { Telling, useTold } from "./parts/told";
import { Top } from "./parts/top";
import { WhyNot } from "./parts/whynot";
import { pages, titles, type OfScene } from "./pages";
import { Beta } from "./pages/beta";
import { Train } from "./pages/train";
import { loadScene, type Scene } from "./scene";

export interface PageProps {
  host: Host;
  scene: Scene;
}

export function App({ host }: { host: Host }) {
  const Own = OWN[host.page];
  return Own ? (
    <Frame host={host}>
      <Fence key={host.page}>
        <Own host={host} />
      </Fence>
    </Frame>
  ) : (
    <OfBundle host={host} />
  );
}

/** The pages that are about no bundle. */
const OWN: Partial<Record<PageName, FunctionComponent<{ host: Host }>>> = { beta: Beta, train: Train };

/** What is around every page. */
function Frame({ host, children }: { host: Host; children: ComponentChildren }) {
  return (
    <div class={host.saved.stage === "on" ? "loupe stage-on" : "loupe"}>
      <h1 class="unseen">{titles[host.page]}</h1>
      {host.saved.stage === "on" && !host.linked && <Pages host={host} />}
      {children}
    </div>
  );
}

/** The pages that show one bundle. */
function OfBundle({ host }: { host: Host }) {
  const entry = host.shelf.find(({ id }) => id === host.bundle);
  const { value: scene, error } = usePromise(
    () => (entry ? loadScene(entry.url) : Promise.reject(new Error("Train one with `aecore train`."))),
    [entry?.url],
  );
  if (!entry) return <Notice title="No bundle yet" text="Train one with `aecore train`." />;
  return (
    <Frame host={host}>
      {error && (
        <>
          <Top host={host} />
          <Notice failed title={`${entry.title} cannot be shown`} text={error.message} />
        </>
      )}
      {!scene && !error && (
        <>
          <Top host={host} />
          <div class="row" aria-busy="true">
            <div class="panel skeleton" />
            <aside class="side">
              <div class="panel skeleton" />
            </aside>
          </div>
        </>
      )}
      {scene && (
        <Fence key={`${host.page} ${entry.url}`} above={<Top host={host} />}>
          <Shown host={host} scene={scene} />
        </Fence>
      )}
    </Frame>
  );
}

/** The page, told a class where the model is conditional; or why it has nothing to show. */
function Shown({ host, scene }: PageProps) {
  const [told, chips] = useTold(host, scene);
  const why = scene.card.views[host.page];
  if (why) return <WhyNot {...{ host, scene, why }} />;
  const Page = pages[host.page as OfScene];
  return (
    <Telling.Provider value={chips}>
      <Page host={host} scene={told} />
    </Telling.Provider>
  );
}

/** Where to go from here, on a stage: the side bar is hidden there. */
function Pages({ host }: { host: Host }) {
  return (
    <nav class="site-nav" aria-label="Pages">
      {(Object.keys(titles) as PageName[]).map((name) => (
        <button type="button" aria-current={name === host.page ? "page" : undefined} onClick={() => host.say({ page: name })}>
          {titles[name]}
        </button>
      ))}
    </nav>
  );
}
