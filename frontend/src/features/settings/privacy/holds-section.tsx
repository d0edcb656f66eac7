import { Badge, Button, Modal, SegmentedControl, Stack, Textarea, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { LegalHold } from "@/api/generated/perdure.schemas";
import { createLegalHold, releaseLegalHold } from "@/api/generated/privacy";
import { FormAlert } from "@/components/form/form-alert";
import { Timestamp } from "@/components/timestamp";
import { PagedList } from "../paged-list";
import { Section } from "../section";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { holdsQuery, privacyKeys } from "./privacy-queries";

interface Props {
  releases: boolean;
}

/** What must be kept whatever the rules say. */
export function HoldsSection({ releases }: Props) {
  const [opened, dialog] = useDisclosure(false);
  const holds = useInfiniteQuery(holdsQuery);
  return (
    <Section
      title="Legal holds"
      lead="A run, or every run of a workflow, that no rule and no erasure of a person may delete."
      actions={
        <Button variant="default" onClick={dialog.open}>
          Hold something
        </Button>
      }
    >
      <PagedList
        query={holds}
        label="Legal holds"
        empty="Nothing is held."
        row={(hold) => <HoldRow key={hold.id} hold={hold} releases={releases} />}
      />
      <HoldDialog opened={opened} onClose={dialog.close} />
    </Section>
  );
}

interface RowProps extends Props {
  hold: LegalHold;
}

function HoldRow({ hold, releases }: RowProps) {
  const release = useChange({
    run: () => releaseLegalHold(hold.id),
    refresh: [privacyKeys.holds],
    done: () => "The hold was released",
    failed: "The hold was not released",
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>
          {hold.subject_kind === "workflow"
            ? `All runs of ${hold.workflow ?? "a workflow"}`
            : `Run ${hold.subject_id}`}
        </div>
        <div className={classes.detail}>
          {hold.reason} · {hold.created_by}, <Timestamp at={hold.created_at} />
        </div>
      </div>
      {hold.released_at ? (
        <Badge color="gray" tt="none">
          Released
        </Badge>
      ) : (
        releases && (
          <Button
            variant="subtle"
            size="compact-sm"
            loading={release.isPending}
            onClick={() => release.mutate(undefined)}
          >
            Release
          </Button>
        )
      )}
    </li>
  );
}

interface DialogProps {
  opened: boolean;
  onClose: () => void;
}

function HoldDialog({ opened, onClose }: DialogProps) {
  const form = useForm({
    initialValues: { what: "workflow", subject: "", reason: "" },
    validate: { subject: isNotEmpty("Say what is to be held."), reason: isNotEmpty("Say why.") },
  });
  const hold = useChange({
    run: ({ what, subject, reason }: typeof form.values) =>
      createLegalHold(
        what === "workflow" ? { workflow: subject.trim(), reason } : { run_id: subject.trim(), reason },
      ),
    refresh: [privacyKeys.holds],
    done: () => "It is held",
    after: () => {
      form.reset();
      onClose();
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title="Hold something">
      <form onSubmit={form.onSubmit((values) => hold.mutate(values))} noValidate>
        <Stack>
          <SegmentedControl
            aria-label="What is held"
            data={[
              { value: "workflow", label: "A workflow's runs" },
              { value: "run", label: "One run" },
            ]}
            {...form.getInputProps("what")}
          />
          <TextInput
            label={form.values.what === "workflow" ? "Short name of the workflow" : "Id of the run"}
            data-autofocus
            {...form.getInputProps("subject")}
          />
          <Textarea label="Reason" autosize minRows={2} {...form.getInputProps("reason")} />
          <FormAlert error={hold.error} />
          <Button type="submit" loading={hold.isPending}>
            Hold
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
