/** A page that has nothing to show of a model: why, and where there is something. */

import type { Host, PageName } from "../host";
import { titles } from "../pages/titles";
import type { Scene } from "../scene";
import { Button } from "./kit";
import { Top } from "./top";

export function WhyNot({ host, scene, why }: { host: Host; scene: Scene; why: string }) {
  const works = (name: PageName) => !scene.card.views[name];
  const first: PageName = /\bTraverse\b/.test(why) && works("traverse") ? "traverse" : "map";
  const pages = [first, ...(Object.keys(titles) as PageName[])].filter((name, i, all) => name !== "beta" && works(name) && all.indexOf(name) === i);
  return (
    <>
      <Top host={host} />
      <section class="panel whynot" aria-label={`Nothing to show on ${titles[host.page]}`}>
        <svg viewBox="0 0 92 92" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round">
          <circle cx="40" cy="40" r="24" />
          <path d="M57 57 76 76M32 40h16" />
        </svg>
        <h2>Nothing to {titles[host.page].toLowerCase()} here</h2>
        <p>{why}</p>
        <div class="actions">
          {pages.slice(0, 2).map((name, i) => (
            <Button key={name} main={!i} title={`Open ${titles[name]}`} help="A page that has something to show of this model." onClick={() => host.say({ page: name })} />
          ))}
        </div>
      </section>
    </>
  );
}
