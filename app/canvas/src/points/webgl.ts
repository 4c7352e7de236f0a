/** Points by WebGL: one context for the page, copied to the canvas of whichever stage asks.
 *
 * A program of our own, after regl-scatterplot was measured: its own frame (a float buffer, a pass for gamma) costs
 * about as much as 10,000 points do, it holds each point as a JavaScript array, and it draws a part of the points only
 * after its index is built anew. Here a part is a shorter `drawElements` over the rows in a stratified order.
 */

import { rgb } from "../colours";
import { PACES, part, type Frame, type Painter } from "./painter";
import type { Affine } from "./camera";

const VERTEX = `#version 300 es
in vec2 now, before;
in float of;
uniform vec4 view, viewBefore; // clip coordinates = place * xy + zw
uniform float t, size;
uniform sampler2D colours;
out vec3 colour;
void main() {
  colour = texelFetch(colours, ivec2(int(of), 0), 0).rgb;
  gl_Position = vec4(mix(before * viewBefore.xy + viewBefore.zw, now * view.xy + view.zw, t), 0, 1);
  gl_PointSize = size + 1.0;
}`;
const FRAGMENT = `#version 300 es
precision highp float;
in vec3 colour;
uniform float size, opacity;
out vec4 pixel;
void main() {
  float away = length(gl_PointCoord - 0.5) * (size + 1.0);
  float alpha = opacity * clamp(0.5 * size + 0.5 - away, 0.0, 1.0);
  pixel = vec4(colour * alpha, alpha);
}`;
const UNIFORMS = ["view", "viewBefore", "t", "size", "opacity"] as const;

interface Shared {
  gl: WebGL2RenderingContext;
  program: WebGLProgram;
  uniforms: Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>;
  users: Set<WebglPainter>;
}

let shared: Shared | null | undefined;

/** The page's context, or null where there is no WebGL. */
function context(): Shared | null {
  if (shared !== undefined) return shared;
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2", { antialias: false, depth: false });
  const built = gl && build(gl);
  if (!gl || !gl.getProgramParameter(built!.program, gl.LINK_STATUS)) return (shared = null);
  shared = { gl, ...built!, users: new Set() };
  canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
  canvas.addEventListener("webglcontextrestored", () => {
    Object.assign(shared!, build(gl));
    for (const user of shared!.users) user.restore();
  });
  return shared;
}

function build(gl: WebGL2RenderingContext): Pick<Shared, "program" | "uniforms"> {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(kind)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  ["now", "before", "of"].forEach((name, place) => gl.bindAttribLocation(program, place, name));
  gl.linkProgram(program);
  const entries = UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]);
  return { program, uniforms: Object.fromEntries(entries) as Shared["uniforms"] };
}

/** A painter by WebGL, or null where there is none. */
export function webglPainter(restored: () => void): Painter | null {
  const there = context();
  return there && !there.gl.isContextLost() ? new WebglPainter(there, restored) : null;
}

class WebglPainter implements Painter {
  readonly pace = PACES.webgl;
  private points: Float32Array = new Float32Array();
  private from?: Float32Array;
  private of: Uint8Array = new Uint8Array();
  private colours: string[] = [];
  private rows: [rest: Uint32Array, lit: Uint32Array] = [new Uint32Array(), new Uint32Array()];
  private array: WebGLVertexArrayObject | null = null;
  private buffers: (WebGLBuffer | null)[] = []; // places now and before, colours, rest, lit
  private palette: WebGLTexture | null = null;

  constructor(
    private page: Shared,
    private restored: () => void,
  ) {
    page.users.add(this);
    this.make();
  }

  private make(): void {
    const { gl } = this.page;
    this.array = gl.createVertexArray();
    this.buffers = Array.from({ length: 5 }, () => gl.createBuffer());
    this.palette = gl.createTexture();
    gl.bindVertexArray(this.array);
    [2, 2, 1].forEach((size, place) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[place]);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, size, size === 1 ? gl.UNSIGNED_BYTE : gl.FLOAT, false, 0, 0);
    });
  }

  /** Everything once more, after the context was lost. */
  restore(): void {
    this.make();
    this.place(this.points, this.from);
    this.colour(this.of, this.colours);
    this.order(...this.rows);
    this.restored();
  }

  private fill(buffer: number, data: Float32Array | Uint8Array | Uint32Array): void {
    const { gl } = this.page;
    const kind = buffer < 3 ? gl.ARRAY_BUFFER : gl.ELEMENT_ARRAY_BUFFER;
    gl.bindVertexArray(this.array);
    gl.bindBuffer(kind, this.buffers[buffer]);
    gl.bufferData(kind, data, gl.STATIC_DRAW);
  }

  place(points: Float32Array, before?: Float32Array): void {
    [this.points, this.from] = [points, before];
    this.fill(0, points);
    this.fill(1, before ?? points);
  }

  colour(of: Uint8Array, colours: string[]): void {
    [this.of, this.colours] = [of, colours];
    this.fill(2, of);
    const { gl } = this.page;
    const pixels = new Uint8Array(colours.flatMap((colour) => [...rgb(colour), 255]));
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, colours.length, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  }

  order(rest: Uint32Array, lit: Uint32Array): void {
    this.rows = [rest, lit];
    this.fill(3, rest);
    this.fill(4, lit);
  }

  draw(target: CanvasRenderingContext2D, frame: Frame, lit: boolean): void {
    const { gl, program, uniforms } = this.page;
    const { width, height } = target.canvas;
    const [start, end] = part(this.rows[lit ? 1 : 0], frame.share);
    if (gl.isContextLost() || start === end) return;
    if (gl.canvas.width < width) gl.canvas.width = width;
    if (gl.canvas.height < height) gl.canvas.height = height;
    gl.viewport(0, 0, width, height);
    gl.useProgram(program);
    gl.bindVertexArray(this.array);
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.disable(gl.DEPTH_TEST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const size: [number, number] = [width / frame.ratio, height / frame.ratio];
    gl.uniform4f(uniforms.view, ...clip(frame.now, size));
    gl.uniform4f(uniforms.viewBefore, ...clip(frame.before ?? frame.now, size));
    gl.uniform1f(uniforms.t, frame.before ? frame.t : 1);
    gl.uniform1f(uniforms.size, frame.size * frame.ratio);
    gl.uniform1f(uniforms.opacity, frame.opacity);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.buffers[lit ? 4 : 3]);
    gl.drawElements(gl.POINTS, end - start, gl.UNSIGNED_INT, 4 * start);
    target.drawImage(gl.canvas, 0, gl.canvas.height - height, width, height, 0, 0, width, height);
  }

  free(): void {
    const { gl, users } = this.page;
    users.delete(this);
    gl.deleteVertexArray(this.array);
    for (const buffer of this.buffers) gl.deleteBuffer(buffer);
    gl.deleteTexture(this.palette);
  }
}

function clip({ sx, sy, ox, oy }: Affine, [width, height]: [number, number]): [number, number, number, number] {
  return [(2 * sx) / width, (-2 * sy) / height, (2 * ox) / width - 1, 1 - (2 * oy) / height];
}
