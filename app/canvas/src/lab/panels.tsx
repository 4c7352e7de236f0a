/** The three columns below the β card and what was measured of factors; they take a source, whichever way it is. */

import type { ComponentChildren } from "preact";
import type { Host } from "../host";
import { Notice } from "../parts/kit";
import { Aggregate } from "./aggregate";
import { KlBars, MeasurePlot, RatePlot, type Rival } from "./charts";
import { Collapse } from "./collapse";
import { LatentMap } from "./map";
import { useSignal, type Source, type Studied } from "./moment";
import { Reconstructions, Samples, Traversals } from "./pictures";

export type { Rival } from "./charts";

interface PanelsProps {
  host: Host;
  source: Source;
  advice?: ComponentChildren; // what can be done about a collapse: it is in sight then
  others?: Rival[]; // dots in the rate–distortion plot
  studied?: Studied | null; // rings beside what was measured of factors
}

export function Panels({ host, source, advice, others, studied }: PanelsProps) {
  const failed = useSignal(source.failed);
  return (
    <>
      {failed && <Notice failed title="The model cannot be shown" text={failed} />}
      <div class="lab-columns">
        <div class="column">
          <LatentMap {...{ host, source }} />
          {!advice && <Collapse source={source} />}
        </div>
        <div class="column">
          <Reconstructions source={source} />
          {advice && <Collapse {...{ source, advice }} />}
          <Samples source={source} />
          <Traversals source={source} />
        </div>
        <div class="column">
          <RatePlot {...{ source, others }} />
          <KlBars source={source} />
          <Aggregate source={source} />
        </div>
      </div>
      {!!source.measures?.length && (
        <div class="lab-measures">
          {source.measures.map((measure) => <MeasurePlot key={measure.title} {...{ source, measure, studied }} />)}
        </div>
      )}
    </>
  );
}
