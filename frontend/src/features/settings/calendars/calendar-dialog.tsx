import { Modal, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { DatePickerInput } from "@mantine/dates";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import "@mantine/dates/styles.css";
import { createCalendar, updateCalendar } from "@/api/generated/calendars";
import type { Calendar } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { countriesQuery, settingsKeys } from "../queries";
import { useChange } from "../use-change";
import { CALENDAR_CHECKS, type CalendarValues, calendarOf, countryName, valuesOf } from "./calendar-values";
import { WeekHours } from "./week-hours";

const ZONES = Intl.supportedValuesOf("timeZone");

interface Props {
  /** The one to change; a new one otherwise. */
  calendar?: Calendar;
  opened: boolean;
  onClose: () => void;
}

/** Says when a calendar is open. */
export function CalendarDialog({ calendar, opened, onClose }: Props) {
  const title = calendar ? `Edit ${calendar.name}` : "New calendar";
  return (
    <Modal opened={opened} onClose={onClose} title={title} size="lg">
      <CalendarForm calendar={calendar} onClose={onClose} />
    </Modal>
  );
}

interface FormProps {
  calendar: Calendar | undefined;
  onClose: () => void;
}

function CalendarForm({ calendar, onClose }: FormProps) {
  const form = useForm<CalendarValues>({ initialValues: valuesOf(calendar), validate: CALENDAR_CHECKS });
  const save = useChange({
    run: (values: CalendarValues) =>
      calendar ? updateCalendar(calendar.id, calendarOf(values)) : createCalendar(calendarOf(values)),
    refresh: [settingsKeys.calendars],
    done: ({ name }) => (calendar ? `${name} was changed` : `Workflows can name ${name} now`),
    after: onClose,
  });
  const zone = form.values.time_zone;
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      <Stack>
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput
            label="Name"
            placeholder="Office hours Berlin"
            data-autofocus
            required
            {...form.getInputProps("name")}
          />
          <Select
            label="Time zone"
            data={ZONES.includes(zone) ? ZONES : [zone, ...ZONES]}
            searchable
            allowDeselect={false}
            limit={50}
            {...form.getInputProps("time_zone")}
          />
        </SimpleGrid>
        <WeekHours form={form} />
        <ClosedDays form={form} />
        <FormAlert error={save.error} />
        <FormFooter
          action={calendar ? "Save" : "Create the calendar"}
          pending={save.isPending}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}

interface ClosedProps {
  form: UseFormReturnType<CalendarValues>;
}

/** Public holidays and further days on which nobody answers. */
function ClosedDays({ form }: ClosedProps) {
  const { data } = useQuery(countriesQuery);
  const countries = (data?.items ?? [])
    .map(({ code }) => ({ value: code, label: countryName(code) }))
    .sort((one, other) => one.label.localeCompare(other.label));
  const parts = data?.items.find(({ code }) => code === form.values.country)?.subdivisions ?? [];
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Select
          label="Public holidays of"
          placeholder="No country"
          data={countries}
          searchable
          clearable
          clearButtonProps={{ "aria-label": "No country" }}
          value={form.values.country}
          onChange={(country) => form.setValues({ country, subdivision: null })}
        />
        <Select
          label="And of its part"
          placeholder={parts.length === 0 ? "None" : "Only those of the whole country"}
          data={parts}
          searchable
          clearable
          clearButtonProps={{ "aria-label": "No part" }}
          disabled={parts.length === 0}
          {...form.getInputProps("subdivision")}
        />
      </SimpleGrid>
      <DatePickerInput
        type="multiple"
        label="Further days that are closed"
        placeholder="None"
        valueFormat="YYYY-MM-DD"
        clearable
        clearButtonProps={{ "aria-label": "No further day" }}
        {...form.getInputProps("closed")}
      />
    </>
  );
}
