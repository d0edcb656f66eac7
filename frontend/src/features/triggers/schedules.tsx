import { Button, SegmentedControl, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCalendarClock, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import { may, useMe } from "./may";
import { schedulesQuery } from "./queries";
import { ScheduleCalendar } from "./schedule-calendar";
import { ScheduleDialog } from "./schedule-dialog";
import { ScheduleList } from "./schedule-list";
import classes from "./triggers.module.css";

type View = "list" | "calendar";

interface Props {
  /** Only of this workflow; of the workspace by default. */
  workflow?: string;
  view: View;
  onView: (view: View) => void;
}

/** Schedules, as a list or in a calendar. */
export function Schedules({ workflow, view, onView }: Props) {
  const schedules = useInfiniteQuery(schedulesQuery(workflow));
  const items = schedules.data?.pages.flatMap((page) => page.items) ?? [];
  if (schedules.isPending) return <LoadingRows rows={2} />;
  if (schedules.isError)
    return <ErrorPanel error={schedules.error} onRetry={() => void schedules.refetch()} />;
  if (items.length === 0 && workflow === undefined)
    return (
      <EmptyState icon={IconCalendarClock} title="No schedule yet">
        A schedule starts a workflow by itself: by cron, at intervals, or by calendar. Make one on the page
        Triggers of a workflow.
      </EmptyState>
    );
  if (items.length === 0) return <div className={classes.lead}>There is none yet.</div>;
  return (
    <>
      <SegmentedControl
        size="xs"
        mb="sm"
        style={{ alignSelf: "flex-start" }}
        aria-label="Show schedules as"
        value={view}
        onChange={(value) => onView(value as View)}
        data={[
          { value: "list", label: "List" },
          { value: "calendar", label: "Calendar" },
        ]}
      />
      {view === "calendar" ? (
        <ScheduleCalendar {...(workflow && { workflow })} />
      ) : (
        <ScheduleList schedules={items} everywhere={workflow === undefined} />
      )}
      {view === "list" && schedules.hasNextPage && (
        <Button
          variant="default"
          mt="sm"
          loading={schedules.isFetchingNextPage}
          onClick={() => void schedules.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </>
  );
}

/** The schedules of one workflow, with a way to make another. */
export function SchedulesOfWorkflow({ workflow }: { workflow: string }) {
  const me = useMe();
  const [opened, dialog] = useDisclosure(false);
  const [view, setView] = useState<View>("list");
  const action = may(me, "workflows:publish") && (
    <Button variant="default" leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      New schedule
    </Button>
  );
  return (
    <TriggerSection title="Schedules" lead="Times at which a run starts by itself." action={action}>
      <Schedules workflow={workflow} view={view} onView={setView} />
      <ScheduleDialog workflow={workflow} opened={opened} onClose={dialog.close} />
    </TriggerSection>
  );
}

interface SectionProps {
  title: string;
  lead: string;
  action: ReactNode;
  children: ReactNode;
}

/** One kind of triggers on the page of a workflow. */
export function TriggerSection({ title, lead, action, children }: SectionProps) {
  return (
    <section className={classes.section} aria-label={title}>
      <div className={classes.head}>
        <div>
          <Title order={2}>{title}</Title>
          <div className={classes.lead}>{lead}</div>
        </div>
        {action}
      </div>
      {children}
    </section>
  );
}
