import { Button, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { deleteCalendar } from "@/api/generated/calendars";
import type { Calendar } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { plural } from "@/lib/format";
import { PagedList } from "../paged-list";
import { calendarsQuery, settingsKeys } from "../queries";
import { Section } from "../section";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { CalendarDialog } from "./calendar-dialog";
import { countryName, weekWords } from "./calendar-values";
import { PreviewDialog } from "./preview-dialog";

/** Business hours in which the deadlines of requests pass. */
export function CalendarsPage() {
  const { data: me } = useQuery(meQuery);
  const calendars = useInfiniteQuery(calendarsQuery);
  const [creating, create] = useDisclosure(false);
  const manages = may(me, "workspace:manage");
  return (
    <Section
      title="Calendars"
      lead="Business hours and holidays. An approval that names a calendar lets its deadline, reminders and escalations pass in open hours only."
      actions={
        manages && (
          <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
            New calendar
          </Button>
        )
      }
    >
      <PagedList
        query={calendars}
        label="Calendars"
        empty="No calendar yet, so deadlines pass day and night. Make one for the hours in which people answer."
        row={(calendar) => <CalendarRow key={calendar.id} calendar={calendar} manages={manages} />}
      />
      <CalendarDialog opened={creating} onClose={create.close} />
    </Section>
  );
}

interface Props {
  calendar: Calendar;
  manages: boolean;
}

function CalendarRow({ calendar, manages }: Props) {
  const [doing, setDoing] = useState<"edit" | "preview" | "delete" | null>(null);
  const close = () => setDoing(null);
  const remove = useChange({
    run: () => deleteCalendar(calendar.id),
    refresh: [settingsKeys.calendars],
    done: () => `${calendar.name} was deleted`,
    after: close,
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{calendar.name}</div>
        <div className={classes.detail}>{weekWords(calendar)}</div>
        <div className={classes.detail}>{[calendar.time_zone, ...closedWords(calendar)].join(" · ")}</div>
      </div>
      <Menu>
        <Menu.Target>
          <Button variant="subtle" color="gray" px={8} aria-label={`Actions of ${calendar.name}`}>
            <IconDots size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setDoing("preview")}>Try a deadline</Menu.Item>
          {manages && <Menu.Item onClick={() => setDoing("edit")}>Edit</Menu.Item>}
          {manages && (
            <Menu.Item color="red" onClick={() => setDoing("delete")}>
              Delete
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <CalendarDialog calendar={calendar} opened={doing === "edit"} onClose={close} />
      <PreviewDialog calendar={calendar} opened={doing === "preview"} onClose={close} />
      <ConfirmDialog
        opened={doing === "delete"}
        onClose={close}
        title={`Delete ${calendar.name}?`}
        action="Delete"
        onConfirm={() => remove.mutate(undefined)}
        pending={remove.isPending}
        error={remove.error}
      >
        Only a calendar that no workflow names can be deleted. Open requests keep their times.
      </ConfirmDialog>
    </li>
  );
}

function closedWords({ country, subdivision, closed }: Calendar): string[] {
  const place = country === null ? null : [countryName(country), subdivision].filter(Boolean).join(", ");
  return [
    ...(place === null ? [] : [`holidays of ${place}`]),
    ...(closed.length === 0 ? [] : [`${plural(closed.length, "further day")} closed`]),
  ];
}
