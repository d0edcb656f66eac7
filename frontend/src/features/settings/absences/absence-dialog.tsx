import { Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { createAbsence, createMyAbsence, updateAbsence, updateMyAbsence } from "@/api/generated/absences";
import type { Absence, AbsenceContent } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { fromLocalField, toLocalField } from "@/lib/local-time";
import { peopleQuery, settingsKeys } from "../queries";
import { useChange } from "../use-change";

interface Props {
  /** The one to change; a new one otherwise. */
  absence?: Absence;
  /** Whoever writes down an absence of their own; null if it is somebody else's. */
  own: string | null;
  opened: boolean;
  onClose: () => void;
}

/** Says when somebody is away and who answers. */
export function AbsenceDialog({ absence, own, opened, onClose }: Props) {
  const title = own === null ? "Who is away" : "When you are away";
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <AbsenceForm absence={absence} own={own} onClose={onClose} />
    </Modal>
  );
}

interface FormProps {
  absence: Absence | undefined;
  own: string | null;
  onClose: () => void;
}

function AbsenceForm({ absence, own, onClose }: FormProps) {
  const { data: people } = useQuery(peopleQuery);
  const form = useForm({
    initialValues: {
      who: absence?.user_id ?? own ?? "",
      substitute: absence?.substitute_id ?? "",
      from: toLocalField(absence?.starts_at ?? null),
      to: toLocalField(absence?.ends_at ?? null),
    },
    validate: {
      who: isNotEmpty("Say who is away."),
      substitute: isNotEmpty("Say who answers."),
      from: isNotEmpty("Say from when."),
      to: (to, { from }) => (to > from ? null : "It ends after it begins."),
    },
  });
  const save = useChange({
    run: (values: typeof form.values) => store(absence, own, values),
    refresh: [settingsKeys.absences],
    after: onClose,
  });
  const members = (people?.items ?? []).filter(({ disabled }) => !disabled);
  const options = members.map(({ user_id, name, email }) => ({
    value: user_id,
    label: `${name} (${email})`,
  }));
  const deciding = new Set(members.filter(({ role }) => role !== "viewer").map(({ user_id }) => user_id));
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      <Stack>
        {own === null && !absence && (
          <Select label="Who is away" searchable data={options} {...form.getInputProps("who")} />
        )}
        <Group grow align="start">
          <TextInput type="datetime-local" label="From" {...form.getInputProps("from")} />
          <TextInput type="datetime-local" label="To" {...form.getInputProps("to")} />
        </Group>
        <Select
          label="Who answers"
          searchable
          data={options.filter(({ value }) => deciding.has(value) && value !== form.values.who)}
          {...form.getInputProps("substitute")}
        />
        <FormAlert error={save.error} />
        <FormFooter action="Save" pending={save.isPending} />
      </Stack>
    </form>
  );
}

interface Values {
  who: string;
  substitute: string;
  from: string;
  to: string;
}

function store(absence: Absence | undefined, own: string | null, values: Values): Promise<Absence> {
  const content: AbsenceContent = {
    substitute_id: values.substitute,
    starts_at: fromLocalField(values.from) ?? "",
    ends_at: fromLocalField(values.to) ?? "",
  };
  if (own !== null) return absence ? updateMyAbsence(absence.id, content) : createMyAbsence(content);
  return absence ? updateAbsence(absence.id, content) : createAbsence({ ...content, user_id: values.who });
}
