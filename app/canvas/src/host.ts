/** What the canvas is embedded in: a Streamlit page, or a static one. */

export type PageName = "map" | "reconstruct" | "traverse" | "interpolate" | "sample" | "draw" | "compare" | "beta" | "train";

/** A bundle that can be looked at. */
export interface Shelved {
  id: string; // "mnist/vae-2d"
  title: string; // "VAE · 2 dims · β = 1"
  data: string; // "mnist"
  data_title: string; // "MNIST"
  examples: string; // the same in two bundles whose codes are of the same examples
  url: string; // of its scene, ending in "/"
}

export interface Host {
  page: PageName;
  shelf: Shelved[];
  bundle: string; // id of the one looked at
  /** URL of the list of what the β lab shows; a server's jobs are beside it. */
  lab: string;
  /** Whether the page around it has links to the others, whatever the address says. */
  linked?: boolean;
  /** What the address of the page says, by name: bundle, other, view, point, rows, … */
  saved: Record<string, string>;
  /** Tells the page what a gesture has come to, at its end; null takes a name out of the address. */
  say(changes: Record<string, string | null>): void;
}
