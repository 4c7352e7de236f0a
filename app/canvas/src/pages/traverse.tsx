/** Traverse: move along one dimension of the code and watch what it does. */

import { useEffect, useMemo, useState } from "preact/hooks";
import type { PageProps } from "../app";
import { Button, Facts, Notice, Panel, Slider, digits, signed } from "../parts/kit";
import { Levels, levelOf } from "../parts/levels";
import { Live } from "../parts/live";
import { titleOf } from "../parts/selection";
import { natsOf, Strip, STEPS, useStrips } from "../parts/strips";
import { Top } from "../parts/top";
import { axesOf, ENOUGH, reach, type Axis } from "../axes";
import { mean, normal } from "../maths";
import type { Scene } from "../scene";
import { dimension } from "../space";
import { Slots } from "./slots";

const ALL = 16; // dimensions that are all shown
const SHOWN = 12; // strips at first, where there are more
const MORE = 24;
const SETTLED = 120; // ms after the last move: until then the large picture has the decoder for itself

const SIGMAS =
  "On a strip, σ is how far the codes of all examples reach: the aggregate posterior. What q(z|x) leaves open for one " +
  "example is smaller where a dimension says much.";

const ABOVE =
  " The decoder reads level 1 alone: a number of a higher level changes no picture by itself; Sample draws anew what hangs on it.";

/** What is dead, in words. */
function lifeOf({ codes, count }: Scene, axes: Axis[]): string {
  if (count < ENOUGH) return "There are too few codes to say which dimensions are in use.";
  const dead = axes.filter((axis) => axis.dead).map(({ d }) => dimension(d));
  if (!dead.length) return axes.length > 1 ? `All ${axes.length} dimensions are in use.` : "The one dimension is in use.";
  if (dead.length === axes.length) return `All dimensions are dead: ${codes.logvar ? "the posterior has collapsed" : "all examples have the same code"}.`;
  const some = dead.length > 6 ? `${dead.length} dimensions are` : dead.length > 1 ? `${dead.join(", ")} are` : `${dead[0]} is`;
  return `${axes.length - dead.length} of ${axes.length} dimensions are in use. ${some} dead: the encoder says nothing there.`;
}

export function Traverse(props: PageProps) {
  return props.scene.card.latent.codebook ? <Slots {...props} /> : <Numbers {...props} />;
}

function Numbers({ host, scene: its }: PageProps) {
  const { point } = host.saved;
  const axes = useMemo(() => axesOf(its), [its.base]);
  const row = point !== undefined && /^\d+$/.test(point) && Number(point) < its.count ? Number(point) : undefined;
  const scene = its.beside(row);
  const home = useMemo(() => (row === undefined ? mean(scene.codes.mu, scene.dim) : scene.code(row).slice()), [scene.base, row]);
  const [hand, setHand] = useState({ z: home, stamp: 0 });
  const [settled, settle] = useState(home);
  const [count, show] = useState(axes.length <= ALL ? ALL : SHOWN);
  const { z, stamp } = hand;
  useEffect(() => setHand({ z: home, stamp: 0 }), [home]);
  useEffect(() => {
    const timer = setTimeout(() => settle(z), SETTLED);
    return () => clearTimeout(timer);
  }, [z]);
  const shown = useMemo(() => axes.slice(0, count), [axes, count]);
  const { strips, failed } = useStrips(scene, shown, settled);
  const set = (d: number, value: number, stamp: number) =>
    setHand((old) => ({ z: old.z.map((each, i) => (i === d ? value : each)), stamp }));
  const random = () => {
    const draw = normal(Math.floor(Math.random() * 2 ** 32));
    const drawn = home.slice();
    for (const { d, centre, sigma } of axes) drawn[d] = centre + draw() * sigma;
    setHand({ z: drawn, stamp: 0 });
  };
  const rest = axes.length - shown.length;
  const more = rest > 0 && (
    <Button
      title={`${Math.min(MORE, rest)} more of ${axes.length} dimensions`}
      help="Those that carry least stand last."
      onClick={() => show(count + MORE)}
    />
  );
  return (
    <>
      <Top host={host}>
        {row !== undefined && (
          <Button title="Mean code" help="Starts from the mean of all codes instead." onClick={() => host.say({ point: null })} />
        )}
        <Button title="Random code" help="Somewhere among the codes, to traverse from there." onClick={random} />
        <Button title="Back" help="To where the traversal started." onClick={() => setHand({ z: home, stamp: 0 })} />
      </Top>
      <div class="row traverse">
        <Panel class="strips" title="What each dimension does" text={`Each strip moves one number of the code, the rest as the sliders say. ${lifeOf(scene, axes)}${scene.card.latent.levels.length > 1 ? ABOVE : ""}`}>
          {failed && <Notice failed title="Nothing can be decoded" text={failed.message} />}
          <div class="strip sigmas" aria-hidden="true">
            <span />
            {Array.from({ length: STEPS }, (_, i) => {
              const at = (6 * i) / (STEPS - 1) - 3;
              return <span>{at === 0 ? "mean" : i % 2 ? "" : `${signed(String(at)).replace(/^\d/, "+$&")}σ`}</span>;
            })}
          </div>
          {shown.map((axis) => (
            <Strip key={axis.d} {...{ scene, axis }} x={strips.get(axis.d)} value={z[axis.d]} onPick={(value) => set(axis.d, value, 0)} />
          ))}
          {more}
        </Panel>
        <aside class="side">
          <Panel title="Decoded" text={row === undefined ? "The traversal starts from the mean code." : `The traversal starts from the code of ${titleOf(scene, row)}.`}>
            <Live scene={scene} z={z} stamp={stamp} label="The decoded code" />
          </Panel>
          <Panel title="Code" text={axes[0].kl === undefined ? "Widest first." : "By KL, in nats: what each dimension tells about its input."}>
            {shown.map((axis) => (
              <Knob key={axis.d} axis={axis} level={levelOf(scene, axis.d)} value={z[axis.d]} onMove={(value, stamp) => set(axis.d, value, stamp)} />
            ))}
            {more}
          </Panel>
          <Levels scene={scene} />
          {scene.codes.logvar && (
            <Panel title="Two kinds of σ" text={SIGMAS}>
              <Facts
                facts={shown.slice(0, 4).map(({ d, sigma, open = 0 }) => [
                  dimension(d),
                  `codes σ ${digits(sigma, 2)} · q(z|x) σ ${digits(open, 2)}`,
                ])}
              />
            </Panel>
          )}
        </aside>
      </div>
    </>
  );
}

/** The slider of one dimension; drawn anew only when its own number has changed. */
function Knob({ axis, level, value, onMove }: { axis: Axis; level?: number; value: number; onMove(value: number, stamp: number): void }) {
  return useMemo(
    () => (
      <Slider
        name={axis.dead ? `Dimension ${axis.d + 1}, dead` : `Dimension ${axis.d + 1}`}
        label={dimension(axis.d)}
        note={(level ? `level ${level} · ` : "") + (axis.dead ? "dead" : axis.kl === undefined ? `σ ${digits(axis.sigma, 2)}` : natsOf(axis.kl))}
        help={axis.dead ? "The encoder says nothing here." : "Moves the code along this dimension."}
        min={axis.centre - reach(axis)}
        max={axis.centre + reach(axis)}
        step={reach(axis) / 200}
        value={value}
        say={(value) => signed(value.toFixed(2)).replace("−0.00", "0.00")}
        onInput={(value, event) => onMove(value, event.timeStamp)}
      />
    ),
    [axis, value],
  );
}
