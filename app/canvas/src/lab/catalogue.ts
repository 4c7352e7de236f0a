/** What there is to turn β on: lab.json, a list by data set. */

import { fetched } from "../fetched";
import type { Studied } from "./moment";
import type { LiveStart } from "./wire";

/** A sweep or a multi-rate bundle: where its scene is. */
export interface Entry {
  id: string;
  title: string;
  url: string; // ending in "/"
}

export interface LabData {
  name: string;
  title: string;
  sweeps: Entry[];
  multi_rate: Entry[];
  live: LiveStart | null; // how a training of it is set up
  studied: Studied | null; // beside what a sweep measured of its factors
}

export interface Catalogue {
  version: number;
  data: LabData[];
  train: boolean; // whether this server trains
}

/** The list, and the URL below which a server's jobs are. What it names lies beside it on a static page, and on a
 * server beside the folder of our routes. */
export async function loadCatalogue(url: string): Promise<Catalogue & { base: string }> {
  const list = (await (await fetched(url)).json()) as Catalogue;
  const base = new URL(".", new URL(url, document.baseURI));
  const root = base.pathname.endsWith("/loupe/") ? new URL("..", base) : base;
  const whole = (entries: Entry[]) => entries.map((each) => ({ ...each, url: new URL(each.url, root).href }));
  return { ...list, base: base.href, data: list.data.map((each) => ({ ...each, sweeps: whole(each.sweeps), multi_rate: whole(each.multi_rate) })) };
}
