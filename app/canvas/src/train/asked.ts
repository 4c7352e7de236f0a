/** Answers that follow what is written: asked for once a hand rests, one after the other. */

import { useEffect, useRef, useState } from "preact/hooks";

export interface Asked<T> {
  value?: T; // the latest, of an earlier question while `busy`
  error?: Error;
  busy: boolean;
}

/** @param key Says what is asked; nothing is while it is empty. @param wait Milliseconds that it has to stand. */
export function useAsked<T>(ask: () => Promise<T>, key: string, wait: number): Asked<T> {
  const [held, hold] = useState<{ value?: T; error?: Error; key: string }>({ key: "" });
  const before = useRef<Promise<unknown>>(Promise.resolve());
  useEffect(() => {
    if (!key) return;
    let current = true;
    const timer = window.setTimeout(async () => {
      await before.current;
      if (!current) return;
      const asked = ask();
      before.current = asked.catch(() => {});
      asked.then(
        (value) => current && hold({ value, key }),
        (error: Error) => current && hold({ error, key }),
      );
    }, wait);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [key]);
  return { value: held.value, error: held.key === key ? held.error : undefined, busy: key !== "" && held.key !== key };
}

/** The same, asked again and again. @param every Milliseconds. */
export function useAgain<T>(ask: () => Promise<T>, dependencies: unknown[], every: number): { value?: T; error?: Error; again(): void } {
  const [held, hold] = useState<{ value?: T; error?: Error }>({});
  const [round, next] = useState(0);
  useEffect(() => {
    let current = true;
    let timer = 0;
    const turn = async () => {
      await ask().then(
        (value) => current && hold({ value }),
        (error: Error) => current && hold(({ value }) => ({ value, error })),
      );
      if (current) timer = window.setTimeout(turn, document.hidden ? 10 * every : every);
    };
    void turn();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [...dependencies, round]);
  return { ...held, again: () => next((round) => round + 1) };
}
