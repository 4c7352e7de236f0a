/** A pad to draw on, or to put an image on; it hands over what the model is to see, while the pen moves. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { exampleOf, formOf } from "../drawing";
import { onMoves } from "../points/gestures";
import { setOf, type Card, type Scene } from "../scene";
import { Button, Chip, Notice, Segment, Slider } from "./kit";
import { sketchOf } from "./sketch";

type Tool = "pen" | "eraser";

const INKS = ["#ffffff", "#ff0000", "#ffff00", "#00ff00", "#00ffff", "#0000ff", "#ff00ff"];
const INK_NAMES = ["white", "red", "yellow", "green", "cyan", "blue", "magenta"];
const SUBJECTS: Record<string, string> = { mnist: "a digit", digits: "a digit", "fashion-mnist": "a piece of clothing", shapes: "a shape" };
const KEYS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** A pen as wide as the data's own strokes, where they have any; a share of the pad. */
const nib = (data: Card["data"]) => (formOf(data) ? (data.shape[1] <= 8 ? 0.13 : 0.08) : 0.18);

const EARLY = "onpointerrawupdate" in window; // then each place comes by itself, and not several with a frame

/** How the pen was left, for a visit. */
const left = { tool: "pen" as Tool, widths: new Map<string, number>(), ink: INKS[0], fitted: true };

export function Pad(props: {
  scene: Scene;
  /** The drawing as the model's input, shape (C, H, W), or nothing where nothing is drawn; the event's `timeStamp`. */
  onDraw(x: Float32Array | undefined, stamp: number): void;
}) {
  const { scene, onDraw } = props;
  const { data } = scene.card;
  const sketch = sketchOf(scene);
  const canvas = useRef<HTMLCanvasElement>(null);
  const pen = useRef({ at: [0.5, 0.5] as [number, number], down: false, drawing: false });
  const [tool, setTool] = useState(left.tool);
  const [width, setWidth] = useState(left.widths.get(data.name) ?? nib(data));
  const [ink, setInk] = useState(data.shape[0] === 3 ? left.ink : INKS[0]);
  const [fitted, setFitted] = useState(left.fitted);
  const [over, setOver] = useState(false);
  const [keyed, setKeyed] = useState<[number, number]>();
  const [failed, setFailed] = useState<string>();
  const [state, setState] = useState({ empty: sketch.empty, canUndo: sketch.canUndo });
  const form = formOf(data);
  const exact = !!sketch.picture?.exact;

  useLayoutEffect(() => sketch.attach(canvas.current!), [sketch]);
  // What is drawn already is handed over at once, and anew when a switch changes what the model sees of it.
  useLayoutEffect(() => {
    sketch.changed = (stamp) => {
      const placed = fitted && !sketch.picture?.exact;
      onDraw(sketch.empty ? undefined : exampleOf(sketch.read(), sketch.side, data, placed), stamp);
      const next = { empty: sketch.empty, canUndo: sketch.canUndo };
      setState((old) => (stamp && old.empty === next.empty && old.canUndo === next.canUndo ? old : next));
    };
    sketch.changed(0);
    return () => {
      sketch.changed = () => {};
    };
  }, [sketch, onDraw, fitted]);
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const image = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
      if (!image) return;
      event.preventDefault();
      void put(image);
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, [sketch]);

  const put = async (file: Blob | undefined) => {
    if (!file) return;
    try {
      const bitmap = await createImageBitmap(file);
      sketch.put(bitmap);
      bitmap.close();
      setFailed(undefined);
    } catch {
      setFailed("This file is not an image that the browser can read: choose a PNG, JPEG, WebP or GIF.");
    }
  };
  const example = () => {
    sketch.example(scene, Math.floor(Math.random() * scene.count)).then(
      () => setFailed(undefined),
      (error: Error) => setFailed(error.message),
    );
  };
  const place = (event: PointerEvent): [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const colour = () => (tool === "eraser" ? "#000" : ink);
  const strokeWidth = () => (tool === "eraser" ? 1.6 * width : width);
  const down = (event: PointerEvent) => {
    if (!event.isPrimary || event.button > 0) return;
    canvas.current!.setPointerCapture(event.pointerId);
    setKeyed(undefined);
    Object.assign(pen.current, { drawing: true, down: false });
    sketch.begin(place(event), strokeWidth(), colour(), event.timeStamp);
  };
  useEffect(() => {
    const stop = new AbortController();
    onMoves(canvas.current!, stop.signal, (event, last) => {
      if (!event.isPrimary || !pen.current.drawing) return;
      const between = EARLY ? [] : (event.getCoalescedEvents?.() ?? []);
      for (const each of between.slice(0, -1)) sketch.extend(place(each));
      sketch.extend(place(last), event.timeStamp);
    });
    return () => stop.abort();
  }, [sketch]);
  const up = () => (pen.current.drawing = false);
  const key = (event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z") {
      event.preventDefault();
      if (sketch.canUndo) sketch.undo(event.timeStamp);
      return;
    }
    const step = KEYS[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    const hand = pen.current;
    if (step) {
      hand.at = hand.at.map((value, i) => Math.max(0, Math.min(1, value + 0.03 * step[i]))) as [number, number];
      if (hand.down) sketch.extend(hand.at, event.timeStamp);
    } else {
      hand.down = !hand.down;
      if (hand.down) sketch.begin(hand.at, strokeWidth(), colour(), event.timeStamp);
    }
    setKeyed(hand.at);
  };
  type Kept = typeof left;
  const keep = <Name extends "tool" | "ink" | "fitted">(name: Name, set: (value: Kept[Name]) => void) => (value: Kept[Name]) => {
    Object.assign(left, { [name]: value });
    set(value);
  };

  return (
    <div class="pad">
      <div
        class={`sheet ${over ? "over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void put(event.dataTransfer?.files[0]);
        }}
      >
        <canvas
          ref={canvas}
          class="picture large"
          width={sketch.side}
          height={sketch.side}
          tabIndex={0}
          role="application"
          aria-label="Drawing pad. Arrow keys move the pen, space puts it down or lifts it, Control Z undoes."
          onPointerDown={down}
          onPointerUp={up}
          onPointerCancel={up}
          onKeyDown={key}
          onBlur={() => setKeyed(undefined)}
        />
        {keyed && <span class={pen.current.down ? "pen down" : "pen"} style={`left:${100 * keyed[0]}%;top:${100 * keyed[1]}%`} />}
        {state.empty && (
          <div class="invitation" aria-hidden="true">
            <strong>Draw {SUBJECTS[data.name] ?? "something"} here</strong>
            <span>or drop an image, or paste one</span>
          </div>
        )}
      </div>
      <div class="tools">
        <Segment
          label="Pen or eraser"
          help="The pen gives ink, the eraser takes it away."
          choices={[
            { value: "pen", title: "Pen" },
            { value: "eraser", title: "Eraser" },
          ]}
          value={tool}
          onChange={keep("tool", setTool)}
        />
        <Button title="Undo" help="Takes the last stroke back." disabled={!state.canUndo} onClick={() => sketch.undo(0)} />
        <Button title="Clear" help="An empty pad; undo brings the drawing back." disabled={state.empty} onClick={() => sketch.clear(0)} />
        <span class="grow" />
        <Button title="Example" help={`Puts an example of ${setOf(scene)} on the pad.`} onClick={example} />
        <label class="button file" title="Puts an image of yours on the pad. It stays in this browser.">
          Image…
          <input
            type="file"
            accept="image/*"
            class="unseen"
            aria-label="Choose an image"
            onChange={(event) => {
              void put(event.currentTarget.files?.[0]);
              event.currentTarget.value = "";
            }}
          />
        </label>
      </div>
      {data.shape[0] === 3 && (
        <div class="inks" role="radiogroup" aria-label="Colour of the pen">
          {INKS.map((value, i) => (
            <label class={value === ink ? "on" : ""} style={`--ink-colour:${value}`} title={INK_NAMES[i]}>
              <input type="radio" name="ink" aria-label={INK_NAMES[i]} checked={value === ink} onChange={() => keep("ink", setInk)(value)} />
            </label>
          ))}
        </div>
      )}
      <Slider
        name="Pen width"
        label="Pen width"
        help="A stroke as thick as those of the data is understood best."
        min={0.02}
        max={0.25}
        step={0.01}
        value={width}
        say={(value) => `${Math.round(100 * value)} %`}
        onInput={(value) => {
          left.widths.set(data.name, value);
          setWidth(value);
        }}
      />
      <div class="tools">
        {form && (
          <Chip
            title={fitted && !exact ? "Placed like the data" : "As drawn"}
            help="Size and place as in the data, or as on the pad."
            on={fitted && !exact}
            onChange={keep("fitted", setFitted)}
          />
        )}
        {sketch.picture && !exact && (
          <Chip
            title="Dark is ink"
            help="Inverts the image: on where its ground is bright."
            on={sketch.picture.inverted}
            onChange={(on) => sketch.invert(on)}
          />
        )}
      </div>
      {failed && <Notice failed title="Nothing was put on the pad" text={failed} />}
      <p class="caption">
        {exact ? `An example of ${setOf(scene)}, as it is.` : form && fitted ? form.text : "Size and place as on the pad."}
        {data.values === "binary" && " A pixel is 1 above ½."} Images stay in this browser: nothing is uploaded.
      </p>
    </div>
  );
}
