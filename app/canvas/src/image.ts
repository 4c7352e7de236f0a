/** Decoded examples as pixels: numbers in [0, 1], one channel or three. */

/** Pixels of the image in ``row`` of some examples, shape (rows, C, H, W). */
export function pixelsOf(x: Float32Array, [channels, height, width]: number[], row = 0): ImageData {
  const image = new ImageData(width, height);
  const plane = width * height;
  const start = row * channels * plane;
  for (let i = 0; i < plane; i++) {
    for (let colour = 0; colour < 3; colour++) {
      image.data[4 * i + colour] = 255 * x[start + i + plane * (colour % channels)];
    }
    image.data[4 * i + 3] = 255;
  }
  return image;
}

/** Numbers of an image that was drawn, shape (C, H, W): the inverse of ``pixelsOf``. */
export function numbersOf(image: ImageData, channels: number): Float32Array {
  const plane = image.width * image.height;
  const x = new Float32Array(channels * plane);
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < plane; i++) x[channel * plane + i] = image.data[4 * i + channel] / 255;
  }
  return x;
}

const [DARKER, LIGHTER, OTHER] = [[33, 102, 172], [178, 24, 43], [110, 110, 110]]; // ColorBrewer's RdBu ends, grey

/** A difference in [-1, 1] as pixels: clear at zero, blue below, red above; grey where channels differ both ways. */
export function differenceOf(x: Float32Array, y: Float32Array, shape: number[]): ImageData {
  const [channels, height, width] = shape;
  const image = new ImageData(width, height);
  const plane = width * height;
  for (let i = 0; i < plane; i++) {
    let [mean, squared] = [0, 0];
    for (let channel = 0; channel < channels; channel++) {
      const difference = y[channel * plane + i] - x[channel * plane + i];
      mean += difference / channels;
      squared += difference ** 2 / channels;
    }
    const strength = Math.min(1, Math.sqrt(squared));
    const end = Math.abs(mean) < strength / 2 ? OTHER : mean > 0 ? LIGHTER : DARKER;
    end.forEach((value, colour) => (image.data[4 * i + colour] = value));
    image.data[4 * i + 3] = 255 * strength;
  }
  return image;
}
