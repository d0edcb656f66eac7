import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, useState } from "react";
import classes from "./day-chart.module.css";
import { lineStep, type Metric, type Series } from "./usage-metrics";

interface Props {
  /** Days as `2026-03-01`. */
  days: string[];
  series: Series[];
  metric: Metric;
}

const HEIGHT = 220;
const LEFT = 58;
const BOTTOM = 22;
const TOP = 8;
const WIDEST = 34;
const LINES = 4;

/** Bars by day, one part for each series; a day that is pointed at or moved to is told in full. */
export function DayChart({ days, series, metric }: Props) {
  const { format } = metric;
  const { ref, width } = useElementSize();
  const [at, setAt] = useState<number | null>(null);
  const top = LINES * lineStep(Math.max(...days.map((_, day) => totalOf(series, day))), LINES, metric.whole);
  const plot = { days, series, top, width: Math.max(200, width), at };
  const move = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    setAt(Math.min(days.length - 1, Math.max(0, (at ?? days.length - (by < 0 ? 0 : 1)) + by)));
  };
  return (
    <div className={classes.root}>
      <section
        ref={ref}
        className={classes.frame}
        aria-label="Chart; arrow keys go from day to day"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys go from day to day
        tabIndex={0}
        onKeyDown={move}
        onPointerLeave={() => setAt(null)}
        onBlur={() => setAt(null)}
      >
        {width > 0 && <Plot {...plot} format={format} onPoint={setAt} />}
        {at !== null && <Told {...plot} at={at} format={format} />}
      </section>
      <Legend series={series} format={format} />
    </div>
  );
}

interface PlotProps {
  days: string[];
  series: Series[];
  top: number;
  width: number;
  at: number | null;
  format: (value: number) => string;
}

function Plot({
  days,
  series,
  top,
  width,
  at,
  format,
  onPoint,
}: PlotProps & { onPoint: (day: number) => void }) {
  const slot = (width - LEFT) / days.length;
  const every = Math.ceil(days.length / Math.max(2, Math.floor((width - LEFT) / 64)));
  return (
    <svg width={width} height={HEIGHT} aria-hidden className={classes.plot}>
      {Array.from({ length: LINES + 1 }, (_, index) => (top * index) / LINES).map((value) => (
        <g key={value} transform={`translate(0 ${y(value, top)})`}>
          <line x1={LEFT} x2={width} className={classes.grid} />
          <text x={LEFT - 8} dy="0.32em" textAnchor="end" className={classes.tick}>
            {value === 0 ? "0" : format(value)}
          </text>
        </g>
      ))}
      {days.map((day, index) => (
        <g key={day} transform={`translate(${LEFT + index * slot} 0)`} onPointerEnter={() => onPoint(index)}>
          <rect
            width={slot}
            height={HEIGHT - BOTTOM}
            className={classes.slot}
            data-at={at === index || undefined}
          />
          <Bar series={series} day={index} top={top} slot={slot} />
          {index % every === 0 && (
            <text x={slot / 2} y={HEIGHT - 5} textAnchor="middle" className={classes.tick}>
              {shortDay(day)}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
}

interface BarProps {
  series: Series[];
  day: number;
  top: number;
  slot: number;
}

function Bar({ series, day, top, slot }: BarProps) {
  const width = Math.max(1.5, Math.min(WIDEST, slot * 0.72));
  let below = 0;
  return series.map(({ key, values }, index) => {
    const value = values[day] ?? 0;
    if (value === 0) return null;
    const from = below;
    below += value;
    const height = Math.max(1, y(from, top) - y(below, top));
    return (
      <rect
        key={key ?? "others"}
        x={(slot - width) / 2}
        y={y(below, top)}
        width={width}
        height={height}
        rx={Math.min(2, height / 2)}
        data-series={key === null ? "others" : index}
        className={classes.part}
      />
    );
  });
}

/** One day in words and numbers. */
function Told({ days, series, width, at, format }: PlotProps & { at: number }) {
  const slot = (width - LEFT) / days.length;
  const left = LEFT + (at + 0.5) * slot;
  const flips = left > width / 2;
  return (
    <div className={classes.told} role="status" data-flips={flips || undefined} style={{ left }}>
      <b>{longDay(days[at] ?? "")}</b>
      <span className={classes.amount}>{format(totalOf(series, at))}</span>
      {series.map(({ key, label, values }, index) => {
        const value = values[at] ?? 0;
        return (
          value > 0 && (
            <span key={key ?? "others"} className={classes.row}>
              <span className={classes.name}>
                <Dot series={key === null ? "others" : index} />
                <span className={classes.cut}>{label}</span>
              </span>
              <span>{format(value)}</span>
            </span>
          )
        );
      })}
    </div>
  );
}

function Legend({ series, format }: { series: Series[]; format: (value: number) => string }) {
  return (
    <ul className={classes.legend} aria-label="Legend">
      {series.map(({ key, label, total }, index) => (
        <li key={key ?? "others"}>
          <Dot series={key === null ? "others" : index} />
          <span className={classes.cut}>{label}</span>
          <span className={classes.total}>{format(total)}</span>
        </li>
      ))}
      {series.length === 0 && <li>There was none in this time.</li>}
    </ul>
  );
}

function Dot({ series }: { series: number | "others" }) {
  return <span className={classes.dot} data-series={series} aria-hidden />;
}

function y(value: number, top: number): number {
  return TOP + (HEIGHT - BOTTOM - TOP) * (1 - value / top);
}

function totalOf(series: readonly Series[], day: number): number {
  return series.reduce((sum, { values }) => sum + (values[day] ?? 0), 0);
}

const SHORT = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" });
const LONG = new Intl.DateTimeFormat("en", { dateStyle: "full", timeZone: "UTC" });

function shortDay(day: string): string {
  return SHORT.format(new Date(day));
}

function longDay(day: string): string {
  return LONG.format(new Date(day));
}
