import { Button, Checkbox, Group, Select, Switch, Table, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { updateOwnNotifications } from "@/api/generated/notifications";
import type { Notice, OwnNotifications, PreferencesDigest } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { NOTICES } from "./notification-words";
import { settingsKeys } from "./queries";
import { Section } from "./section";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

const DIGESTS = [
  { value: "off", label: "At once" },
  { value: "hourly", label: "Gathered, every hour" },
  { value: "daily", label: "Gathered, once a day" },
];

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const ZONES = Intl.supportedValuesOf("timeZone");

interface Props {
  own: OwnNotifications;
}

/** Which events reach a person where, and when they want to be left alone. */
export function NotificationPreferences({ own }: Props) {
  const { preferences, channels } = own;
  const places = [{ id: "email", name: "Mail" }, ...channels.map(({ id, name }) => ({ id, name }))];
  const form = usePreferences(preferences);
  const save = useChange({
    run: ({ quiet, start, end, weekends, ...rest }: typeof form.values) =>
      updateOwnNotifications({ ...rest, quiet: quiet ? { start, end, weekends } : null }),
    refresh: [settingsKeys.notifications],
    done: () => "Your notifications were changed",
  });
  return (
    <Section title="What I hear of" lead="Links in messages are yours alone; opening one never decides.">
      <form className={classes.form} onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
        <EventTable
          places={places}
          chosen={form.values.events}
          onChange={(events) => form.setFieldValue("events", events)}
        />
        <Switch
          label="Also requests that anybody may answer"
          {...form.getInputProps("unassigned", { type: "checkbox" })}
        />
        <Select
          label="My time zone"
          data={ZONES.includes(form.values.time_zone) ? ZONES : [form.values.time_zone, ...ZONES]}
          searchable
          allowDeselect={false}
          {...form.getInputProps("time_zone")}
        />
        <WhenFields form={form} />
        <Switch
          label="Urgent requests reach me at any time"
          {...form.getInputProps("urgent_anytime", { type: "checkbox" })}
        />
        <FormAlert error={save.error} />
        <Button type="submit" loading={save.isPending}>
          Save
        </Button>
      </form>
    </Section>
  );
}

type Form = ReturnType<typeof usePreferences>;

function usePreferences(preferences: OwnNotifications["preferences"]) {
  return useForm({
    initialValues: {
      events: preferences.events ?? {},
      unassigned: preferences.unassigned ?? false,
      time_zone: preferences.time_zone ?? "UTC",
      quiet: preferences.quiet != null,
      start: preferences.quiet?.start ?? "20:00",
      end: preferences.quiet?.end ?? "07:00",
      weekends: preferences.quiet?.weekends ?? false,
      digest: preferences.digest ?? "off",
      digest_at: preferences.digest_at ?? "09:00",
      urgent_anytime: preferences.urgent_anytime ?? true,
    },
    validate: {
      start: (time) => (TIME.test(time) ? null : "A time such as 20:00."),
      end: (time) => (TIME.test(time) ? null : "A time such as 07:00."),
      digest_at: (time) => (TIME.test(time) ? null : "A time such as 09:00."),
    },
  });
}

interface TableProps {
  places: readonly { id: string; name: string }[];
  chosen: Form["values"]["events"];
  onChange: (chosen: Form["values"]["events"]) => void;
}

/** Which event is told where. */
function EventTable({ places, chosen, onChange }: TableProps) {
  const toggle = (notice: Notice, place: string, on: boolean) => {
    const others = (chosen[notice] ?? []).filter((one) => one !== place);
    onChange({ ...chosen, [notice]: on ? [...others, place] : others });
  };
  return (
    <Table aria-label="Events and channels">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>When</Table.Th>
          {places.map(({ id, name }) => (
            <Table.Th key={id}>{name}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {NOTICES.map(({ notice, label }) => (
          <Table.Tr key={notice}>
            <Table.Th scope="row" fw={400}>
              {label}
            </Table.Th>
            {places.map(({ id, name }) => (
              <Table.Td key={id}>
                <Checkbox
                  aria-label={`${label}: ${name}`}
                  checked={chosen[notice]?.includes(id) ?? false}
                  onChange={(event) => toggle(notice, id, event.currentTarget.checked)}
                />
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** How often messages come, and when none do. */
function WhenFields({ form }: { form: Form }) {
  return (
    <>
      <Group align="end">
        <Select
          label="Messages come"
          data={DIGESTS}
          allowDeselect={false}
          value={form.values.digest}
          onChange={(digest) => form.setFieldValue("digest", (digest ?? "off") as PreferencesDigest)}
        />
        {form.values.digest === "daily" && (
          <TextInput label="At" w={90} {...form.getInputProps("digest_at")} />
        )}
      </Group>
      <Switch label="Quiet hours" {...form.getInputProps("quiet", { type: "checkbox" })} />
      {form.values.quiet && (
        <Group align="end">
          <TextInput label="From" w={90} {...form.getInputProps("start")} />
          <TextInput label="To" w={90} {...form.getInputProps("end")} />
          <Checkbox
            label="And all weekend"
            pb={8}
            {...form.getInputProps("weekends", { type: "checkbox" })}
          />
        </Group>
      )}
    </>
  );
}
