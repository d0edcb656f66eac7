import type { RecentRun } from "@/api/generated/perdure.schemas";
import { sparkBars, sparkWords } from "./spark-bars";
import classes from "./spark-line.module.css";

const STEP = 5;
const WIDTH = 3.5;
const HEIGHT = 20;
const MARK = 4;

interface Props {
  runs: readonly RecentRun[];
}

/** How the last runs went: a bar for each, the latest at the right. */
export function SparkLine({ runs }: Props) {
  const words = sparkWords(runs);
  const bars = sparkBars(runs);
  const width = bars.length * STEP;
  return (
    <svg
      className={classes.root}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      width={width}
      height={HEIGHT}
      role="img"
      aria-label={words}
    >
      <title>{words}</title>
      {bars.map((bar, place) => {
        const height = bar.height * (HEIGHT - MARK);
        const x = place * STEP;
        return (
          <g key={bar.id} data-tone={bar.tone} className={classes.bar}>
            <rect x={x} y={HEIGHT - height} width={WIDTH} height={height} rx={1} />
            {bar.failed && <rect x={x} y={0} width={WIDTH} height={2} rx={1} />}
          </g>
        );
      })}
    </svg>
  );
}
