/** Colours that say something: classes, quantities, and quantities with a sign. */

/** Okabe and Ito's palette first, and what is needed to reach ten. */
export const CLASSES = [
  "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9",
  "#d55e00", "#8a6d00", "#808080", "#5b3a9e", "#1b9e9e",
]; // prettier-ignore

/** Nine stops each: viridis and matplotlib's RdBu, reversed, by their published values. */
const VIRIDIS = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"];
const DIVERGING = ["#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7", "#fddbc7", "#f4a582", "#d6604d", "#b2182b"];

export type Rgb = [r: number, g: number, b: number];

export function rgb(hex: string): Rgb {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)) as Rgb;
}

/** ``steps`` colours from a scale's low end to its high one. */
export function ramp(signed: boolean, steps: number): string[] {
  const stops = (signed ? DIVERGING : VIRIDIS).map(rgb);
  return Array.from({ length: steps }, (_, i) => {
    const place = (i / (steps - 1)) * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    const mixed = stops[low].map((value, c) => Math.round(value + (place - low) * (stops[low + 1][c] - value)));
    return "#" + mixed.map((value) => value.toString(16).padStart(2, "0")).join("");
  });
}
