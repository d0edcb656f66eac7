import { Button, Group, Input, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { Fragment } from "react";
import type { Span } from "@/api/generated/perdure.schemas";
import type { CalendarValues } from "./calendar-values";
import { shareOf, spansOf, WEEKDAYS } from "./hours-text";
import classes from "./week-hours.module.css";

interface Props {
  form: UseFormReturnType<CalendarValues>;
}

/** The open hours of each day, as text and painted. */
export function WeekHours({ form }: Props) {
  const copy = () => {
    const { monday } = form.values.hours;
    form.setFieldValue("hours", {
      ...form.values.hours,
      tuesday: monday,
      wednesday: monday,
      thursday: monday,
      friday: monday,
    });
  };
  return (
    <div>
      <Group justify="space-between">
        <Input.Label labelElement="div">Open hours</Input.Label>
        <Button variant="subtle" size="compact-xs" onClick={copy}>
          Monday's for all weekdays
        </Button>
      </Group>
      <fieldset className={classes.week} aria-label="Open hours">
        {WEEKDAYS.map((day) => (
          <Fragment key={day}>
            <span className={classes.day}>{day}</span>
            <TextInput
              aria-label={`Hours on ${day}`}
              placeholder="Closed"
              size="xs"
              {...form.getInputProps(`hours.${day}`)}
            />
            <DayBar spans={spansOf(form.values.hours[day]) ?? []} />
          </Fragment>
        ))}
      </fieldset>
      {form.errors.hours && <Input.Error mt={6}>{form.errors.hours}</Input.Error>}
    </div>
  );
}

/** A day from midnight to midnight; what is open is painted. */
function DayBar({ spans }: { spans: readonly Span[] }) {
  return (
    <div className={classes.bar} aria-hidden>
      {spans.map((span) => {
        const { left, width } = shareOf(span);
        return (
          <div
            key={span.begins}
            className={classes.open}
            style={{ left: `${left * 100}%`, width: `${width * 100}%` }}
          />
        );
      })}
    </div>
  );
}
