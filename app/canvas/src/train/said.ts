/** Times, sizes and counts as people read them. */

import { digits } from "../parts/kit";

export function lasting(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 1) return "under 1 s";
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 100) return `${Math.round(minutes)} min`;
  return `${digits(minutes / 60, 2)} h`;
}

export function bytes(count: number): string {
  const [unit, name] = count < 1e9 ? [1e6, "MB"] : [1e9, "GB"];
  return `${digits(count / unit)} ${name}`;
}

export function count(number: number): string {
  if (number < 1e6) return number.toLocaleString("en");
  const [unit, name] = number < 1e9 ? [1e6, "million"] : [1e9, "billion"];
  return `${digits(number / unit)} ${name}`;
}

/** A term of a loss as the page calls it. */
export function termed(name: string): string {
  const known: Record<string, string> = { negative_elbo: "−ELBO", loss: "Loss", kl: "KL" };
  const words = name.replaceAll("_", " ");
  return known[name] ?? words[0].toUpperCase() + words.slice(1);
}
