/** The canvas: everything that moves under the mouse. `mount` is for Streamlit, `site` for a static page. */

import { render } from "preact";
import { App } from "./app";
import type { Host, PageName, Shelved } from "./host";
import * as colours from "./colours";
import * as drawing from "./drawing";
import * as draws from "./draws";
import * as colouring from "./colouring";
import * as address from "./address";
import { fetched } from "./fetched";
import * as image from "./image";
import * as axis from "./lab/axis";
import * as frames from "./lab/frames";
import * as multirate from "./lab/multirate";
import * as plane from "./lab/plane";
import * as statistics from "./lab/statistics";
import * as sweep from "./lab/sweep";
import * as meter from "./meter";
import * as maths from "./maths";
import * as models from "./models";
import * as arrows from "./parts/arrows";
import * as priors from "./priors";
import * as safetensors from "./safetensors";
import * as scene from "./scene";
import * as space from "./space";
import { titles } from "./pages";
import { styles } from "./styles";

/** What stands behind the pages, for tests that hold it against other libraries. */
export const parts = {
  address, arrows, axis, colouring, colours, drawing, draws, frames, image, maths, meter, models, multirate, plane, priors,
  safetensors, scene, space, statistics, sweep,
}; // prettier-ignore

/** Shows the canvas inside ``root``, or shows it anew; gives what takes it away. */
export function mount(root: HTMLElement | ShadowRoot, host: Host): () => void {
  let place = [...root.children].find(({ className }) => className === "canvas") as HTMLElement | undefined;
  if (!place) {
    const sheet = document.createElement("style");
    sheet.textContent = [`:host,:root{${TOKENS}}`, ...styles].join("\n");
    place = document.createElement("div");
    place.className = "canvas";
    root.append(sheet, place);
  }
  render(<App host={host} />, place);
  return () => render(null, place);
}

/** The same as a page of its own: site.json beside it lists the bundles. */
export async function site(root: HTMLElement): Promise<void> {
  let bundles: Shelved[];
  try {
    ({ bundles } = (await (await fetched("site.json")).json()) as { bundles: Shelved[] });
  } catch (error) {
    const words = document.createElement("p");
    words.setAttribute("role", "alert");
    words.textContent = `This page has no list of its models. ${(error as Error).message}`;
    return root.append(words);
  }
  const show = () => {
    const saved = Object.fromEntries(new URLSearchParams(location.search));
    const page = (Object.hasOwn(titles, saved.page ?? "") ? saved.page : "map") as PageName;
    const bundle = bundles.find(({ id }) => id === saved.bundle)?.id ?? bundles[0]?.id ?? "";
    const say: Host["say"] = (changes) => {
      const query = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(changes)) {
        if (value === null) query.delete(name);
        else query.set(name, value);
      }
      const turned = changes.page !== undefined && changes.page !== page; // then Back comes back
      history[turned ? "pushState" : "replaceState"](null, "", `?${query}`);
      show();
    };
    document.title = `${titles[page]} · Loupe`;
    for (const link of root.querySelectorAll("nav a")) {
      const its = new URL((link as HTMLAnchorElement).href).searchParams.get("page");
      if (its === page) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    mount(main, { page, shelf: bundles, bundle, saved, say, linked: true, lab: new URL("lab.json", document.baseURI).href });
  };
  const nav = document.createElement("nav");
  nav.className = "site-nav";
  nav.setAttribute("aria-label", "Pages");
  for (const [name, title] of Object.entries(titles)) {
    if (name === "train") continue; // there is no server behind a static page
    const link = document.createElement("a");
    link.href = `?page=${name}`;
    link.textContent = title;
    link.onclick = (event) => {
      event.preventDefault();
      const query = new URLSearchParams(location.search);
      query.set("page", name);
      history.pushState(null, "", `?${query}`);
      show();
    };
    nav.append(link);
  }
  const main = document.createElement("main");
  root.classList.add("site");
  root.append(nav, main);
  window.addEventListener("popstate", show);
  show();
}
