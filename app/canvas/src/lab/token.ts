/** Who started a training in this tab: its token steers it, and leaves the tab only in a header. */

const TOKEN = "loupe-token";
const STARTED = "loupe-jobs";

/** 32 random bytes in hex, made at first use. */
export function token(): string {
  let held = sessionStorage.getItem(TOKEN);
  if (!held) {
    held = Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    sessionStorage.setItem(TOKEN, held);
  }
  return held;
}

/** Notes that a job was started here. */
export function note(job: string): void {
  sessionStorage.setItem(STARTED, [job, ...started().filter((each) => each !== job)].slice(0, 20).join(" "));
}

/** Whether a job was started here, so that it can be steered from here. */
export function isOwn(job: string): boolean {
  return started().includes(job);
}

function started(): string[] {
  return (sessionStorage.getItem(STARTED) ?? "").split(" ").filter(Boolean);
}
