import { Badge, Button, Collapse, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Schedule, ScheduleStart } from "@/api/generated/perdure.schemas";
import { LinkAnchor } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { StatusBadge } from "@/components/status";
import { moment, shortId } from "@/lib/format";
import { may, useMe } from "./may";
import { startsQuery } from "./queries";
import { ScheduleActions } from "./schedule-actions";
import { inWords } from "./times";
import classes from "./triggers.module.css";

interface Props {
  schedules: readonly Schedule[];
  /** Whether the workflow is told with each. */
  everywhere?: boolean;
}

/** Schedules with their next times and what they have started. */
export function ScheduleList({ schedules, everywhere = false }: Props) {
  return (
    <ul className={classes.list} aria-label="Schedules">
      {schedules.map((schedule) => (
        <ScheduleItem key={schedule.id} schedule={schedule} everywhere={everywhere} />
      ))}
    </ul>
  );
}

interface ItemProps {
  schedule: Schedule;
  everywhere: boolean;
}

function ScheduleItem({ schedule, everywhere }: ItemProps) {
  const me = useMe();
  const [opened, more] = useDisclosure(false);
  return (
    <li className={classes.item}>
      <div className={classes.row}>
        <div className={classes.what}>
          <div className={classes.row}>
            <span className={classes.name}>{schedule.name}</span>
            <State schedule={schedule} />
          </div>
          <div className={classes.detail}>
            {everywhere && (
              <>
                <LinkAnchor to="/workflows/$slug/triggers" params={{ slug: schedule.workflow }} size="sm">
                  {schedule.workflow}
                </LinkAnchor>{" "}
                ·{" "}
              </>
            )}
            {inWords(schedule.times)}
          </div>
          {schedule.next_times[0] && (
            <div className={classes.detail}>Next: {moment(schedule.next_times[0])}</div>
          )}
        </div>
        <span className={classes.end}>
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={more.toggle}
            aria-expanded={opened}
            aria-label={`Times of ${schedule.name}`}
          >
            Times
          </Button>
          <ScheduleActions
            schedule={schedule}
            manages={may(me, "workflows:publish")}
            starts={may(me, "runs:start")}
          />
        </span>
      </div>
      <Collapse expanded={opened}>{opened && <Times schedule={schedule} />}</Collapse>
    </li>
  );
}

function State({ schedule }: { schedule: Schedule }) {
  return (
    <>
      {schedule.paused && (
        <Badge color="yellow" tt="none" className={classes.badge}>
          Paused{schedule.pause_reason && `: ${schedule.pause_reason}`}
        </Badge>
      )}
      {schedule.state === "waiting" && (
        <Badge color="gray" tt="none">
          About to take effect
        </Badge>
      )}
      {schedule.state === "refused" && (
        <Badge color="red" tt="none" className={classes.badge}>
          {schedule.problem}
        </Badge>
      )}
    </>
  );
}

function Times({ schedule }: { schedule: Schedule }) {
  return (
    <div className={classes.halves}>
      <section aria-label={`Next times of ${schedule.name}`}>
        <h3>Next times</h3>
        {schedule.next_times.length === 0 && (
          <Text size="sm">{schedule.paused ? "None while it is paused." : "There is none."}</Text>
        )}
        <ol>
          {schedule.next_times.map((at) => (
            <li key={at}>{moment(at)}</li>
          ))}
        </ol>
      </section>
      <section aria-label={`History of ${schedule.name}`}>
        <h3>History</h3>
        <Starts id={schedule.id} />
      </section>
    </div>
  );
}

function Starts({ id }: { id: string }) {
  const starts = useInfiniteQuery(startsQuery(id));
  if (starts.isPending) return <LoadingRows rows={2} />;
  const items = starts.data?.pages.flatMap((page) => page.items) ?? [];
  if (items.length === 0) return <Text size="sm">It has started nothing yet.</Text>;
  return (
    <>
      <ul>
        {items.map((start) => (
          <Start key={start.scheduled_at} start={start} />
        ))}
      </ul>
      {starts.hasNextPage && (
        <Button variant="subtle" size="compact-xs" onClick={() => void starts.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}

function Start({ start }: { start: ScheduleStart }) {
  return (
    <li className={classes.row}>
      <span>{moment(start.scheduled_at)}</span>
      <StatusBadge status={start.run_status ?? start.status} />
      {start.run_id === null ? (
        <span>{start.error?.message}</span>
      ) : (
        <LinkAnchor to="/runs/$runId" params={{ runId: start.run_id }} size="sm">
          {shortId(start.run_id)}
        </LinkAnchor>
      )}
    </li>
  );
}
