import { SegmentedControl, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import type { RunEvent } from "@/api/generated/perdure.schemas";
import { useRun } from "@/components/live-run/run-store";
import { StatusIcon } from "@/components/status";
import { clock } from "@/lib/format";
import { stepKey } from "@/lib/run-state";
import { describeEvent } from "./event-words";
import { isWanted, LOG_GROUPS, type LogGroup } from "./log-filter";
import classes from "./run-log.module.css";

const ROW = 30;
const AT_END = 60;

interface Props {
  onSelect: (step: string) => void;
}

/** Everything that happened, line by line; whoever is at its end stays there. */
export function RunLog({ onSelect }: Props) {
  const [group, setGroup] = useState<LogGroup>("all");
  const [text, setText] = useState("");
  const all = useRun((run) => run.events);
  const at = useRun((run) => run.at);
  const events = useMemo(
    () => all.filter((event) => event.seq <= (at ?? event.seq) && isWanted(event, group, text.trim())),
    [all, at, group, text],
  );
  return (
    <div className={classes.root}>
      <div className={classes.tools}>
        <SegmentedControl
          size="xs"
          aria-label="Kind of event"
          data={[...LOG_GROUPS]}
          value={group}
          onChange={(value) => setGroup(value as LogGroup)}
        />
        <TextInput
          size="xs"
          aria-label="Find in the log"
          placeholder="Find in the log"
          leftSection={<IconSearch size={14} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </div>
      {events.length === 0 && (
        <Text size="sm" c="dimmed" px={24}>
          No event fits.
        </Text>
      )}
      <Lines events={events} onSelect={onSelect} />
    </div>
  );
}

function Lines({ events, onSelect }: Props & { events: RunEvent[] }) {
  const frame = useRef<HTMLDivElement>(null);
  const follows = useRef(false);
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 20,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: each further line moves the end
  useEffect(() => {
    if (follows.current) frame.current?.scrollTo({ top: frame.current.scrollHeight });
  }, [events.length]);
  return (
    <section
      ref={frame}
      className={classes.frame}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Log"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        follows.current = scrollTop > 0 && scrollHeight - scrollTop - clientHeight < AT_END;
      }}
    >
      <div style={{ height: rows.getTotalSize() }} className={classes.list}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const event = events[index];
          return event && <Line key={event.seq} event={event} top={start} onSelect={onSelect} />;
        })}
      </div>
    </section>
  );
}

interface LineProps {
  event: RunEvent;
  top: number;
  onSelect: (step: string) => void;
}

function Line({ event, top, onSelect }: LineProps) {
  const { status, text } = describeEvent(event);
  const { path } = event;
  return (
    <div className={classes.line} style={{ transform: `translateY(${top}px)` }}>
      <time dateTime={event.at} className={classes.time}>
        {clock(event.at)}
      </time>
      <StatusIcon status={status} size={14} />
      {path === null ? (
        <span className={classes.path}>run</span>
      ) : (
        <button
          type="button"
          className={classes.path}
          onClick={() => onSelect(stepKey(path, event.iteration ?? 0))}
        >
          {path}
        </button>
      )}
      <span className={classes.text} title={text}>
        {text}
      </span>
    </div>
  );
}
