import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useMemo, useRef } from "react";
import { useRun } from "@/components/live-run/run-store";
import { lookOf, StatusIcon } from "@/components/status";
import { useNow } from "@/lib/clock";
import { duration } from "@/lib/format";
import type { StepState } from "@/lib/run-state";
import classes from "./run-timeline.module.css";
import { type Scale, ticksOf, timeScale } from "./timeline-scale";
import { TimelineZoom } from "./timeline-zoom";
import { useTimelineZoom } from "./use-timeline-zoom";

const ROW = 28;

interface Props {
  selected: string | null;
  onSelect: (step: string) => void;
}

/** When each step ran, how long, and in how many attempts; long waits are folded. */
export function RunTimeline({ selected, onSelect }: Props) {
  const now = useNow();
  const order = useRun((run) => run.shown.order);
  const all = useRun((run) => run.shown.steps);
  const moving = useRun((run) => run.shown.endedAt === null && run.at === null);
  const steps = useMemo(() => stepsInTime(order.map((key) => all[key])), [order, all]);
  const until = moving ? now : 0;
  const scale = useMemo(() => timeScale(steps, until || lastOf(steps)), [steps, until]);
  const frame = useRef<HTMLElement>(null);
  const track = useRef<HTMLSpanElement>(null);
  const { zoom, zoomTo, onKeyDown } = useTimelineZoom(frame, track);
  const rows = useVirtualizer({
    count: steps.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 20,
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section ref={frame} className={classes.frame} tabIndex={0} aria-label="Timeline" onKeyDown={onKeyDown}>
      <div className={classes.axis} style={{ width: `${zoom * 100}%` }}>
        <span className={classes.label}>
          <TimelineZoom zoom={zoom} onChange={zoomTo} />
        </span>
        <Axis scale={scale} zoom={zoom} track={track} />
        <span className={classes.span} />
      </div>
      <div className={classes.rows} style={{ height: rows.getTotalSize(), width: `${zoom * 100}%` }}>
        <Gaps scale={scale} zoom={zoom} />
        {rows.getVirtualItems().map(({ index, start }) => {
          const step = steps[index];
          if (!step) return null;
          const isChosen = step.key === selected || step.node === selected;
          return (
            <Row key={step.key} step={step} top={start} scale={scale} chosen={isChosen} onSelect={onSelect} />
          );
        })}
      </div>
    </section>
  );
}

interface RowProps {
  step: StepState;
  top: number;
  scale: Scale;
  chosen: boolean;
  onSelect: (step: string) => void;
}

function Row({ step, top, scale, chosen, onSelect }: RowProps) {
  const ended = step.endedAt === null ? scale.end : Date.parse(step.endedAt);
  const span = ended - beginOf(step);
  return (
    <button
      type="button"
      className={classes.row}
      data-chosen={chosen || undefined}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onSelect(step.key)}
    >
      <span className={classes.label}>
        <StatusIcon status={step.status} size={14} />
        <span className={classes.name}>{step.name}</span>
        <span className={classes.place}>{placeOf(step)}</span>
      </span>
      <span className={classes.track}>
        {barsOf(step, scale).map((bar) => (
          <span
            key={bar.from}
            className={classes.bar}
            data-tone={lookOf(bar.status).tone}
            title={bar.title}
            style={{ left: `${bar.from * 100}%`, width: `max(3px, ${(bar.to - bar.from) * 100}%)` }}
          />
        ))}
      </span>
      <span className={classes.span}>{duration(span)}</span>
    </button>
  );
}

/** Items and rounds tell steps of the same node apart. */
function placeOf(step: StepState): string {
  const items = [...step.path.matchAll(/\[(\d+)\]/g)].map((match) => `[${match[1]}]`).join("");
  return items + (step.iteration > 0 ? ` round ${step.iteration + 1}` : "");
}

interface Bar {
  from: number;
  to: number;
  status: string;
  title: string;
}

function barsOf(step: StepState, scale: Scale): Bar[] {
  const attempts =
    step.attempts.length > 0
      ? step.attempts
      : [{ startedAt: step.startedAt ?? step.endedAt ?? "", endedAt: step.endedAt, error: null }];
  return attempts.map(({ startedAt, endedAt, error }, index) => ({
    from: scale.at(Date.parse(startedAt)),
    to: scale.at(endedAt === null ? scale.end : Date.parse(endedAt)),
    status: error !== null && index < attempts.length - 1 ? "retrying" : step.status,
    title: titleOf(index, attempts.length, error?.message),
  }));
}

function titleOf(index: number, attempts: number, reason: string | undefined): string {
  const which = attempts > 1 ? `Attempt ${index + 1} of ${attempts}` : "";
  return [which, reason].filter(Boolean).join(": ");
}

const TICKS = 7;

interface AxisProps {
  scale: Scale;
  zoom: number;
}

/** Times since the beginning. */
function Axis({ scale, zoom, track }: AxisProps & { track: RefObject<HTMLSpanElement | null> }) {
  return (
    <span className={classes.track} ref={track}>
      {ticksOf(scale, TICKS * zoom).map(({ moment, at }) => (
        <span key={moment} className={classes.tick} style={{ left: `${at * 100}%` }}>
          {moment === scale.start ? "0" : duration(moment - scale.start)}
        </span>
      ))}
    </span>
  );
}

function Gaps({ scale, zoom }: AxisProps) {
  return (
    <div className={classes.gaps} aria-hidden>
      {ticksOf(scale, TICKS * zoom).map(({ moment, at }) => (
        <span key={moment} className={classes.line} style={{ left: `${at * 100}%` }} />
      ))}
      {scale.gaps.map(({ from, to }) => (
        <span
          key={from}
          className={classes.gap}
          title={`${duration(to - from)} without any change`}
          style={{ left: `${scale.at(from) * 100}%`, width: `${(scale.at(to) - scale.at(from)) * 100}%` }}
        >
          {duration(to - from)}
        </span>
      ))}
    </div>
  );
}

/** Those that ran, in the order in which they began; what holds others comes before them. */
function stepsInTime(steps: (StepState | undefined)[]): StepState[] {
  return steps
    .filter((step): step is StepState => step !== undefined && ran(step))
    .sort((one, other) => beginOf(one) - beginOf(other) || one.path.length - other.path.length);
}

/** A step that decides or computes at once has an end only. */
function ran({ startedAt, endedAt, status }: StepState): boolean {
  return startedAt !== null || (endedAt !== null && status !== "skipped");
}

function beginOf({ startedAt, endedAt }: StepState): number {
  return Date.parse(startedAt ?? endedAt ?? "");
}

function lastOf(steps: readonly StepState[]): number {
  return steps.reduce(
    (last, { startedAt, endedAt }) => Math.max(last, Date.parse(endedAt ?? startedAt ?? "") || 0),
    0,
  );
}
