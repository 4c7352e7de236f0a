/** The score field: from where the encoder puts a noisy example to where it puts what the model makes of it. */

import { decode, encode, Latest } from "../models";
import type { Board } from "../points/board";
import type { Layer } from "../points/layers";
import type { Scene } from "../scene";
import type { Place, View } from "../space";

const SIDE = 16;
const HEAD = 5; // pixels
const LEAST = 1.5; // pixels: shorter, an arrow is a dot

/** One step of cleaning, as a map sees it; ends less starts over σ² is the score (Vincent 2011). */
export interface Field {
  starts: Place[];
  ends: Place[];
}

/** The arrows at the examples that a grid over a map's codes decodes to, the lower row first.
 *
 * As `aecore.latent.score.over_map`: x̃ = decoded place, start = its code, end = the code of what that decodes to.
 */
export async function fieldOf(scene: Scene, view: View, side = SIDE): Promise<Field> {
  const [low, high] = boxOf(view.points);
  const codes = new Float32Array(side * side * scene.dim);
  for (let cell = 0; cell < side * side; cell++) {
    const at = [cell % side, Math.floor(cell / side)].map((i, axis) => low[axis] + ((high[axis] - low[axis]) * i) / (side - 1));
    codes.set(view.code(at as Place), cell * scene.dim);
  }
  const { mu: starts } = await encode(scene, await decode(scene, codes));
  const { mu: ends } = await encode(scene, await decode(scene, starts));
  const places = (z: Float32Array) =>
    Array.from({ length: side * side }, (_, i) => view.place(z.subarray(i * scene.dim, (i + 1) * scene.dim)));
  return { starts: places(starts), ends: places(ends) };
}

/** The least and the greatest of both coordinates. */
function boxOf(points: Float32Array): [Place, Place] {
  const [low, high]: [Place, Place] = [[Infinity, Infinity], [-Infinity, -Infinity]];
  points.forEach((value, i) => {
    low[i % 2] = Math.min(low[i % 2], value);
    high[i % 2] = Math.max(high[i % 2], value);
  });
  return [low, high];
}

export class Arrows implements Layer {
  private field?: Field;
  private board?: Board;
  private asked = false;
  private readonly latest: Latest<null, Field>;

  constructor(scene: Scene, view: View) {
    this.latest = new Latest(
      () => fieldOf(scene, view),
      (field) => {
        this.field = field;
        this.board?.layers.redraw(this);
      },
    );
  }

  rest(board: Board): void {
    this.board = board;
    if (!this.asked) this.latest.ask(null);
    this.asked = true;
  }

  draw(pen: CanvasRenderingContext2D, board: Board): void {
    this.board = board;
    if (!this.field) return;
    const { ink } = board.tones();
    Object.assign(pen, { strokeStyle: ink, fillStyle: ink, lineWidth: 1.4, lineCap: "round", globalAlpha: 0.85 });
    this.field.starts.forEach((start, i) => arrow(pen, board.camera.pixel(start), board.camera.pixel(this.field!.ends[i])));
    pen.globalAlpha = 1;
  }

  cancel(): void {
    this.latest.cancel();
  }
}

function arrow(pen: CanvasRenderingContext2D, [x, y]: Place, [u, v]: Place): void {
  const length = Math.hypot(u - x, v - y);
  pen.beginPath();
  if (length < LEAST) {
    pen.arc(x, y, 1.3, 0, 2 * Math.PI);
    return pen.fill();
  }
  const head = Math.min(HEAD, 0.6 * length);
  const turn = Math.atan2(v - y, u - x);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  pen.moveTo(x, y);
  pen.lineTo(u - 0.6 * head * cos, v - 0.6 * head * sin);
  pen.stroke();
  pen.beginPath();
  pen.moveTo(u, v);
  pen.lineTo(u - head * cos - 0.5 * head * sin, v - head * sin + 0.5 * head * cos);
  pen.lineTo(u - head * cos + 0.5 * head * sin, v - head * sin - 0.5 * head * cos);
  pen.fill();
}
