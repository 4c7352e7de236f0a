/** Colours that say something: classes and quantities. */

/** Okabe and Ito's palette first, and what is needed to reach ten. */
export const CLASSES = [
  "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9",
  "#d55e00", "#8a6d00", "#808080", "#5b3a9e", "#1b9e9e",
]; // prettier-ignore

/** Nine stops of viridis, by their published values. */
const VIRIDIS = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"];

type Rgb = [r: number, g: number, b: number];

export function rgb(hex: string): Rgb {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)) as Rgb;
}

/** ``steps`` colours of viridis, from a scale's low end to its high one. */
export function ramp(steps: number): string[] {
  const stops = VIRIDIS.map(rgb);
  return Array.from({ length: steps }, (_, i) => {
    const place = (i / (steps - 1)) * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    const mixed = stops[low].map((value, c) => Math.round(value + (place - low) * (stops[low + 1][c] - value)));
    return "#" + mixed.map((value) => value.toString(16).padStart(2, "0")).join("");
  });
}
