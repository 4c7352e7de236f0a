/** A word is typed instead of drawn: the model hears of it with every letter. */

import { useLayoutEffect, useState } from "preact/hooks";
import { certain, wordOf } from "../examples/tokens";
import type { Data, Scene } from "../scene";

/** A text as tokens of the vocabulary, at most as many as there are places; what has no token is left out. */
export function tokensOf(text: string, { vocabulary, shape: [places] }: Data): { tokens: number[]; left: string } {
  const letters = vocabulary.every((each) => [...each].length <= 1);
  const pieces = letters ? [...text] : text.split(/\s+/).filter(Boolean);
  const known = (piece: string) => [piece, piece.toLowerCase()].map((each) => vocabulary.indexOf(each)).find((each) => each > 0);
  const found = pieces.map(known).filter((token) => token !== undefined);
  const [tokens, over] = [found.slice(0, places), found.slice(places)];
  const strange = pieces.filter((piece) => known(piece) === undefined);
  const left = [...strange, ...over.map((token) => vocabulary[token])];
  return { tokens, left: [...new Set(left)].map((piece) => (piece.trim() ? piece : "space")).join(", ") };
}

export function Typed(props: {
  scene: Scene;
  text: string;
  onText(text: string): void;
  /** The word as the model's input, or nothing where nothing is typed; the event's `timeStamp`. */
  onDraw(x: Float32Array | undefined, stamp: number): void;
}) {
  const { scene, text, onText, onDraw } = props;
  const { data } = scene.card;
  const [stamp, setStamp] = useState(0);
  const { tokens, left } = tokensOf(text, data);
  useLayoutEffect(() => onDraw(tokens.length ? certain(tokens, data) : undefined, stamp), [data, onDraw, tokens.join()]);
  return (
    <div class="typed">
      <input
        type="text"
        aria-label="A word for the model"
        placeholder={`up to ${data.shape[0]} letters`}
        spellcheck={false}
        autocapitalize="none"
        autocomplete="off"
        value={text}
        onInput={(event) => {
          setStamp(event.timeStamp);
          onText(event.currentTarget.value);
        }}
      />
      <p class="caption" role="status">
        {left ? `Left out: ${left}. The model knows ${spoken(data)}, ${data.shape[0]} of them at most.` : "Encoded while you type; its point walks over the map."}
      </p>
    </div>
  );
}

/** The vocabulary in a few words. */
function spoken({ vocabulary }: Data): string {
  const words = vocabulary.slice(1);
  return words.length > 12 ? `${words[0]} to ${words[words.length - 1]}` : words.join(" ");
}

/** How many places of a reconstruction y have another token than x. */
export function lettersOff({ x, y }: { x: Float32Array; y: Float32Array }, data: Data): string {
  const [wanted, got] = [wordOf(x, data), wordOf(y, data)];
  const places = Math.max(wanted.length, got.length);
  const off = Array.from({ length: places }, (_, i) => Number(wanted[i]?.token !== got[i]?.token)).reduce((a, b) => a + b, 0);
  return `${off} of ${places} letters differ`;
}
