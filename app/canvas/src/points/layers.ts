/** What lies above and below the points and moves with them: canvases that are drawn on, and elements that are put. */

import type { Place } from "../space";
import type { Board } from "./board";

/** A canvas of its own above or below the points. */
export interface Layer {
  draw(pen: CanvasRenderingContext2D, board: Board): void;
  /** Once nothing moves any more. */
  rest?(board: Board): void;
}

export class Layers {
  private canvases = new Map<Layer, { canvas: HTMLCanvasElement; stale: boolean }>();
  private pins = new Map<HTMLElement, Place>();

  constructor(private board: Board) {}

  /** Gives a layer its canvas; what it returns takes it away. */
  add(canvas: HTMLCanvasElement, layer: Layer): () => void {
    this.canvases.set(layer, { canvas, stale: true });
    this.board.size(canvas);
    if (!this.board.busy) layer.rest?.(this.board);
    this.board.request();
    return () => this.canvases.delete(layer);
  }

  /** A layer has to be drawn again; all of them without one. */
  redraw(layer?: Layer): void {
    for (const [each, its] of this.canvases) if (!layer || each === layer) its.stale = true;
    this.board.request();
  }

  draw(): void {
    for (const [layer, its] of this.canvases) {
      if (!its.stale) continue;
      its.stale = false;
      const pen = wiped(its.canvas);
      pen.setTransform(this.board.ratio, 0, 0, this.board.ratio, 0, 0);
      layer.draw(pen, this.board);
    }
  }

  resize(): void {
    for (const { canvas } of this.canvases.values()) this.board.size(canvas);
  }

  rest(): void {
    for (const layer of this.canvases.keys()) layer.rest?.(this.board);
  }

  /** Keeps an element at a place of the view; its own style sheet puts its middle there. */
  pin(element: HTMLElement, place: Place): void {
    this.pins.set(element, place);
    this.put(element, place);
  }

  unpin(element: HTMLElement): void {
    this.pins.delete(element);
  }

  /** Puts every pinned element where its place is seen now. */
  follow(): void {
    for (const [element, place] of this.pins) this.put(element, place);
  }

  private put(element: HTMLElement, place: Place): void {
    const [x, y] = this.board.camera.pixel(place);
    element.style.transform = `translate(${x.toFixed(2)}px, ${y.toFixed(2)}px)`;
  }

  free(): void {
    this.canvases.clear();
    this.pins.clear();
  }
}

/** The pen of a canvas that nothing is on any more, in its own pixels. */
export function wiped(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const pen = canvas.getContext("2d")!;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  return pen;
}
