import { ActionIcon, Slider, Tooltip } from "@mantine/core";
import {
  IconChevronLeft,
  IconChevronRight,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerTrackNext,
  type IconProps,
} from "@tabler/icons-react";
import { type ComponentType, useEffect, useState } from "react";
import { neighbourEvent, type RunStore, seek, useRun, useRunStore } from "@/components/live-run/run-store";
import { clock } from "@/lib/format";
import classes from "./run-scrubber.module.css";

const TICK = 90;
/** Ticks that a replay takes at most, however long the run was. */
const TICKS = 130;

/** Shows the run as it was at any moment of its past, and plays it again. */
export function RunScrubber() {
  const store = useRunStore();
  const last = useRun((run) => run.live.seq);
  const at = useRun((run) => run.at);
  const moment = useRun((run) => (run.at === null ? null : (run.events[run.at - 1]?.at ?? null)));
  const [plays, setPlays] = useReplay(store);
  if (last < 2) return null;
  const step = (by: 1 | -1) => {
    setPlays(false);
    seek(store, neighbourEvent(store.getState().events, at ?? last, by));
  };
  return (
    <fieldset className={classes.root} data-past={at !== null || undefined} aria-label="Moment of the run">
      <Control icon={IconChevronLeft} label="One event back" onClick={() => step(-1)} />
      <Control
        icon={plays ? IconPlayerPauseFilled : IconPlayerPlayFilled}
        label={plays ? "Stop playing" : "Play the run again"}
        onClick={() => setPlays(!plays)}
      />
      <Control icon={IconChevronRight} label="One event on" disabled={at === null} onClick={() => step(1)} />
      <Slider
        className={classes.slider}
        size="xs"
        thumbLabel="Moment"
        min={1}
        max={last}
        value={at ?? last}
        label={null}
        onChange={(value) => {
          setPlays(false);
          seek(store, value);
        }}
      />
      <span className={classes.moment}>{moment === null ? "Now" : clock(moment)}</span>
      {at !== null && (
        <Control
          icon={IconPlayerTrackNext}
          label="Back to now"
          onClick={() => {
            setPlays(false);
            seek(store, null);
          }}
        />
      )}
    </fieldset>
  );
}

interface ControlProps {
  icon: ComponentType<IconProps>;
  label: string;
  disabled?: boolean;
  onClick: () => void;
}

function Control({ icon: Icon, label, disabled = false, onClick }: ControlProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon size="sm" aria-label={label} disabled={disabled} onClick={onClick}>
        <Icon size={14} />
      </ActionIcon>
    </Tooltip>
  );
}

/** Goes through the events from the moment that is shown, or from the first, until the present is reached. */
function useReplay(store: RunStore) {
  const [plays, setPlays] = useState(false);
  useEffect(() => {
    if (!plays) return;
    if (store.getState().at === null) seek(store, 1);
    const timer = setInterval(() => {
      const { at, events } = store.getState();
      if (at === null) return setPlays(false);
      const stride = Math.ceil(events.length / TICKS);
      seek(store, neighbourEvent(events, at + stride - 1, 1));
    }, TICK);
    return () => clearInterval(timer);
  }, [plays, store]);
  return [plays, setPlays] as const;
}
