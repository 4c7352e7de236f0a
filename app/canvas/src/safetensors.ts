/** Reads arrays in the safetensors layout: a header's length (u64), the header (JSON), the data. */

export interface Tensor {
  shape: number[];
  data: Float32Array | Int32Array;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const SIZES: Record<string, number> = { F16: 2, F32: 4, I32: 4 };

/** Every array of a file by its name; half precision becomes single. */
export function readTensors(buffer: ArrayBuffer): Map<string, Tensor> {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length))) as Record<string, Entry>;
  delete header.__metadata__;
  return new Map(Object.entries(header).map(([name, entry]) => [name, readTensor(buffer, 8 + length, name, entry)]));
}

function readTensor(buffer: ArrayBuffer, base: number, name: string, { dtype, shape, data_offsets }: Entry): Tensor {
  const size = SIZES[dtype];
  if (!size) throw new Error(`${name} holds ${dtype}; the canvas reads ${Object.keys(SIZES).join(", ")}.`);
  const [start, end] = data_offsets;
  const bytes = buffer.slice(base + start, base + end); // aligned, whatever the header's length
  if (dtype === "I32") return { shape, data: new Int32Array(bytes) };
  return { shape, data: dtype === "F32" ? new Float32Array(bytes) : fromHalf(new Uint16Array(bytes)) };
}

/** IEEE 754 half precision as single, exactly. */
export function fromHalf(half: Uint16Array): Float32Array {
  const out = new Float32Array(half.length);
  for (let i = 0; i < half.length; i++) {
    const exponent = (half[i] >> 10) & 31;
    const fraction = half[i] & 1023;
    const size = exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction;
    const value = exponent === 31 ? (fraction ? NaN : Infinity) : size;
    out[i] = half[i] & 0x8000 ? -value : value;
  }
  return out;
}
