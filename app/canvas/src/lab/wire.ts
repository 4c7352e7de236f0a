/** What the canvas asks of a server's jobs, and what it is told of one while it looks. */

import { fetched } from "../fetched";
import { readTensors } from "../safetensors";
import type { Manifest } from "./frames";
import { note, token } from "./token";

export type State = "queued" | "running" | "paused" | "interrupted" | "done" | "stopped" | "failed";

export interface Job {
  id: string;
  spec: { variant: string; data: string; options: Record<string, unknown>; kind: "train" | "live"; name: string };
  state: State;
  device: string;
  created: number; // seconds since 1970
  standing: Standing | null;
  message: string; // what is happening, or why it ended
  bundle: string; // that it has made
}

/** How far a training is. */
export interface Standing {
  stage: string;
  epoch: number; // counted from 1
  epochs: number;
  step: number;
  steps: number;
  terms: Record<string, number>; // means over this epoch so far
  examples_per_s: number;
  seconds_left: number;
  lr: number;
}

/** Something said to a job, and what became of it. */
export interface Answer {
  number: number;
  name: string;
  state: "waiting" | "ready" | "done" | "refused";
  answer: string;
}

/** A frame without its pictures: what is needed to scrub. */
export interface Passed {
  number: number;
  step: number;
  beta: number | null;
  rate: number | null;
  distortion: number | null;
}

/** How a live training is set up on a data set. */
export interface LiveStart {
  variant: string;
  options: Record<string, unknown>;
  betas: [low: number, high: number];
}

/** The jobs of a server; ``base`` is the address below which they are, with a slash at its end. */
export class Jobs {
  constructor(readonly base: string) {}

  /** Starts a training, whose bundle gets that name, or one of its own; its id. */
  async start(data: string, { variant, options }: Pick<LiveStart, "variant" | "options">, kind: Job["spec"]["kind"] = "live", name = ""): Promise<string> {
    const { id } = await this.told<{ id: string }>("POST", "jobs", { variant, data, options, kind, name });
    note(id);
    return id;
  }

  /** Somebody is about to start a training: the server gets ready. Where it cannot, the start says why. */
  ready(): void {
    this.sent("POST", "jobs/ready").catch(() => {});
  }

  /** Forgets a job that does not run; its bundle stays. */
  async remove(id: string): Promise<void> {
    await this.sent("DELETE", `jobs/${id}`);
  }

  /** Says something to a job that was started here; the number of what was said. */
  async say(id: string, name: string, value: unknown = null): Promise<number> {
    return (await this.told<{ number: number }>("POST", `jobs/${id}/commands`, { name, value })).number;
  }

  /** What became of what was said after the command of that number. */
  answers(id: string, after: number): Promise<Answer[]> {
    return this.read(`jobs/${id}/answers?after=${after}`);
  }

  job(id: string): Promise<Job> {
    return this.read(`jobs/${id}.json`);
  }

  all(): Promise<Job[]> {
    return this.read("jobs.json");
  }

  /** Every frame there is, the oldest first. */
  passed(id: string): Promise<Passed[]> {
    return this.read(`jobs/${id}/frames.json`);
  }

  async frame(id: string, number: number): Promise<ArrayBuffer> {
    return (await fetched(`${this.base}jobs/${id}/frames/${number}`)).arrayBuffer();
  }

  async originals(id: string): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await (await fetched(`${this.base}jobs/${id}/originals.png`)).arrayBuffer());
  }

  /** The same where they are no images, shape (M, …). */
  async numbers(id: string): Promise<Float32Array | Int32Array> {
    return readTensors(await (await fetched(`${this.base}jobs/${id}/originals.safetensors`)).arrayBuffer()).get("x")!.data;
  }

  protected async read<T>(path: string): Promise<T> {
    return (await fetched(this.base + path)).json() as Promise<T>;
  }

  protected async told<T>(method: string, path: string, body: unknown): Promise<T> {
    return (await this.sent(method, path, body)).json() as Promise<T>;
  }

  /** Says something that only some may say. */
  protected sent(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { Authorization: `Bearer ${token()}`, "Content-Type": "application/json" };
    return fetched(this.base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  }
}

export interface Listener {
  job(job: Job): void;
  manifest(manifest: Manifest): void;
  /** The next frame is sent once this one is dealt with: who is slow skips some. */
  frame(raw: ArrayBuffer): Promise<void>;
  /** Whether the server is there. */
  connected(yes: boolean): void;
  /** The job is not there any more. */
  gone(reason: string): void;
}

/** Nothing happens any more unless somebody resumes it. */
export const ENDED: State[] = ["done", "stopped", "failed"];
const GONE = 4404; // close code: there is no such job any more
const AGAIN = [300, 1000, 3000]; // ms until the socket is opened once more

/** Looks at a job until it is told to leave; comes back by itself when the server does. */
export function watch(base: string, id: string, listener: Listener): () => void {
  let socket: WebSocket;
  let left = false;
  let tries = 0;
  let timer = 0;
  /** A training goes on for who sees it: a page in the background does not count. */
  const seen = () => {
    if (socket.readyState === WebSocket.OPEN) socket.send(document.visibilityState);
  };
  const open = () => {
    const url = new URL(`${base}jobs/${id}/frames`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    const its = socket;
    socket.onopen = seen;
    socket.onmessage = async ({ data }: MessageEvent<string | ArrayBuffer>) => {
      tries = 0;
      listener.connected(true);
      if (data instanceof ArrayBuffer) {
        try {
          await listener.frame(data);
        } finally {
          if (its.readyState === WebSocket.OPEN) its.send("ok"); // a frame that cannot be shown does not end them
        }
        return;
      }
      const said = JSON.parse(data) as { job?: Job; manifest?: Manifest };
      if (said.manifest) listener.manifest(said.manifest);
      if (said.job) listener.job(said.job);
    };
    socket.onclose = ({ code, reason }) => {
      if (left) return;
      if (code === GONE) return listener.gone(reason);
      listener.connected(false);
      timer = window.setTimeout(open, AGAIN[Math.min(tries++, AGAIN.length - 1)]);
    };
  };
  open();
  document.addEventListener("visibilitychange", seen);
  return () => {
    left = true;
    document.removeEventListener("visibilitychange", seen);
    clearTimeout(timer);
    socket.close();
  };
}
