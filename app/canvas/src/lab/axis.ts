/** The slider's axis: log β, and β = 0 at its left end where a family has it. */

import { digits, signed } from "../parts/kit";

export const NEGLIGIBLE = 0.005; // nats
const ZERO = 0.08; // share of the axis from 0 to the lowest β above it

export interface Scale {
  low: number; // the lowest β above 0
  high: number;
  zero: boolean;
  /** β at a place from 0 to 1. */
  at(place: number): number;
  /** The place of a β, from 0 to 1. */
  of(beta: number): number;
}

/** From 0 to ``low`` β grows as the square, as a sweep's tween does; from there by ratio. */
export function scaleOf([low, high]: readonly [number, number], zero: boolean): Scale {
  const from = zero ? ZERO : 0;
  const ratio = Math.log(high / low) || 1;
  return {
    low,
    high,
    zero,
    at: (place) => {
      if (place <= from) return zero ? low * (Math.max(0, place) / from) ** 2 : low;
      return place >= 1 ? high : low * Math.exp(((place - from) / (1 - from)) * ratio);
    },
    of: (beta) => {
      if (beta <= low) return zero ? from * Math.sqrt(Math.max(0, beta) / low) : 0;
      return beta >= high ? 1 : from + (1 - from) * (Math.log(beta / low) / ratio);
    },
  };
}

/** Where numbers stand under the axis: 0, the powers of ten, and the ends where there is room. */
export function marksOf(scale: Scale): number[] {
  const tens = Array.from({ length: 13 }, (_, i) => 10 ** (i - 6));
  const marks = tens.filter((beta) => beta >= scale.low && beta <= scale.high);
  const free = (beta: number) => marks.every((mark) => Math.abs(scale.of(mark) - scale.of(beta)) > 0.06);
  for (const end of [scale.low, scale.high]) if (free(end)) marks.push(end);
  return [...(scale.zero ? [0] : []), ...marks.sort((a, b) => a - b)];
}

/** A β as people write it: 0, .05 as 0.05, 1.00, 16.0. */
export function betaText(beta: number): string {
  if (!beta) return "0";
  return beta < 0.001 ? beta.toPrecision(1) : digits(beta);
}

/** Nats as people read them: to a hundredth, where there are few. */
export function natsText(nats: number): string {
  if (Math.abs(nats) < NEGLIGIBLE) return "0.00";
  return Math.abs(nats) < 1 ? signed(nats.toFixed(2)) : digits(nats);
}

/** A number on the axis, without what it does not need: 0.1, 1, 16. */
export function markText(beta: number): string {
  return String(Number(beta.toPrecision(3)));
}
