import { Button, Group, Modal, NumberInput, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { erasePerson, eraseWorkspace } from "@/api/generated/privacy";
import { FormAlert } from "@/components/form/form-alert";
import { Section } from "../section";
import { useChange } from "../use-change";
import { privacyKeys } from "./privacy-queries";

interface Props {
  slug: string;
}

/** Erasure of a person or of the whole workspace; only for owners. */
export function EraseSection({ slug }: Props) {
  const [person, personDialog] = useDisclosure(false);
  const [workspace, workspaceDialog] = useDisclosure(false);
  return (
    <Section
      title="Erase"
      lead="For good: what is erased here comes back from no backup that is younger than the erasure. The audit log keeps ids and times, no names."
    >
      <Group>
        <Button variant="default" color="red" onClick={personDialog.open}>
          Erase a person
        </Button>
        <Button variant="default" color="red" onClick={workspaceDialog.open}>
          Erase the workspace
        </Button>
      </Group>
      <PersonDialog opened={person} onClose={personDialog.close} />
      <WorkspaceDialog opened={workspace} onClose={workspaceDialog.close} slug={slug} />
    </Section>
  );
}

interface DialogProps {
  opened: boolean;
  onClose: () => void;
}

function PersonDialog({ opened, onClose }: DialogProps) {
  const form = useForm({
    initialValues: { subject: "", confirm: "", reason: "" },
    validate: {
      subject: isNotEmpty("Say who."),
      confirm: (value, values) => (value === values.subject ? null : "Type the same once more."),
      reason: isNotEmpty("Say why."),
    },
  });
  const erase = useChange({
    run: erasePerson,
    refresh: [privacyKeys.jobs],
    done: () => "The erasure has begun",
    after: () => {
      form.reset();
      onClose();
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title="Erase a person">
      <form onSubmit={form.onSubmit((values) => erase.mutate(values))} noValidate>
        <Stack>
          <Text size="sm">
            Deletes what agents remember about them, their chats, the runs that they started or that name them
            in their input, and what came in by webhooks about them.
          </Text>
          <TextInput
            label="E-mail address or id"
            autoComplete="off"
            data-autofocus
            {...form.getInputProps("subject")}
          />
          <TextInput label="The same once more" autoComplete="off" {...form.getInputProps("confirm")} />
          <Textarea label="Reason" autosize minRows={2} {...form.getInputProps("reason")} />
          <FormAlert error={erase.error} />
          <Button type="submit" color="red" loading={erase.isPending}>
            Erase
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}

interface WorkspaceDialogProps extends DialogProps {
  slug: string;
}

function WorkspaceDialog({ opened, onClose, slug }: WorkspaceDialogProps) {
  const form = useForm({
    initialValues: { confirm: "", grace_days: 14 as number | string, reason: "" },
    validate: {
      confirm: (value) => (value === slug ? null : `Type ${slug}.`),
      reason: isNotEmpty("Say why."),
    },
  });
  const erase = useChange({
    run: (values: typeof form.values) =>
      eraseWorkspace({ ...values, grace_days: Number(values.grace_days) || 14 }),
    refresh: [privacyKeys.jobs],
    done: () => "The erasure is written down; until it begins it can be cancelled",
    after: () => {
      form.reset();
      onClose();
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title="Erase the workspace">
      <form onSubmit={form.onSubmit((values) => erase.mutate(values))} noValidate>
        <Stack>
          <Text size="sm">
            First its keys are destroyed, so that nothing encrypted can be read again; then every run,
            workflow, document and member of the workspace is deleted. Running runs are stopped.
          </Text>
          <TextInput
            label={`Type ${slug}`}
            autoComplete="off"
            data-autofocus
            {...form.getInputProps("confirm")}
          />
          <NumberInput
            label="Days until it begins"
            min={1}
            max={90}
            allowDecimal={false}
            {...form.getInputProps("grace_days")}
          />
          <Textarea label="Reason" autosize minRows={2} {...form.getInputProps("reason")} />
          <FormAlert error={erase.error} />
          <Button type="submit" color="red" loading={erase.isPending}>
            Erase everything
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
