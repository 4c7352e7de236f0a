/** How long the picture is behind the hand: from an input event's time stamp to the end of `putImageData`. */

const KEPT = 1000;

/** Milliseconds behind, the latest last. */
export const behind: number[] = [];

/** Milliseconds until the frame with that picture was drawn too. */
export const presented: number[] = [];

/** Notes that what an event asked for has just been painted; how many milliseconds behind it. */
export function note(stamp: number): number {
  if (!stamp) return 0;
  const late = performance.now() - stamp;
  behind.push(late);
  if (behind.length > KEPT) behind.shift();
  requestAnimationFrame(() => {
    presented.push(performance.now() - stamp);
    if (presented.length > KEPT) presented.shift();
  });
  return late;
}
