/** Who started a training in this browser: its token steers it, after the tab was closed too, and leaves only in a header. */

const TOKEN = "loupe-token";
const STARTED = "loupe-jobs";
const KEPT = 200; // jobs that are known as started here

/** 32 random bytes in hex, made at first use. */
export function token(): string {
  let held = localStorage.getItem(TOKEN);
  if (!held) {
    held = Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    localStorage.setItem(TOKEN, held);
  }
  return held;
}

/** Notes that a job was started here. */
export function note(job: string): void {
  localStorage.setItem(STARTED, [job, ...started().filter((each) => each !== job)].slice(0, KEPT).join(" "));
}

/** Whether a job was started here, so that it can be steered from here. */
export function isOwn(job: string): boolean {
  return started().includes(job);
}

function started(): string[] {
  return (localStorage.getItem(STARTED) ?? "").split(" ").filter(Boolean);
}
