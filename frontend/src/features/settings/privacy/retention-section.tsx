import { Alert, Button, Group, NumberInput, Table } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { DataClass, Retention, RetentionPreview, RetentionRule } from "@/api/generated/perdure.schemas";
import { changeRetention, previewRetention, runRetention } from "@/api/generated/privacy";
import { ErrorPanel } from "@/components/error-panel";
import { FormAlert } from "@/components/form/form-alert";
import { LoadingRows } from "@/components/loading";
import { Timestamp } from "@/components/timestamp";
import { plural } from "@/lib/format";
import { Section } from "../section";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { privacyKeys, retentionQuery } from "./privacy-queries";
import { CLASSES } from "./privacy-words";

interface Props {
  editable: boolean;
  previews: boolean;
}

/** How long data is kept, and what the rules would delete now. */
export function RetentionSection(props: Props) {
  const retention = useQuery(retentionQuery);
  return (
    <Section
      title="Retention"
      lead={
        <>
          What is older is deleted once a day. Nothing of a run that has not ended, and nothing under a legal
          hold.
          {retention.data && (
            <>
              {" "}
              Next time: <Timestamp at={retention.data.next_at} />.
            </>
          )}
        </>
      }
    >
      {retention.isError && <ErrorPanel error={retention.error} onRetry={() => void retention.refetch()} />}
      {retention.isPending && <LoadingRows rows={5} />}
      {retention.data && <RulesForm retention={retention.data} {...props} />}
    </Section>
  );
}

type Fields = Record<DataClass, { days: number | string; keep: number | string }>;

const NAMES = Object.keys(CLASSES) as DataClass[];

function fieldsOf(retention: Retention): Fields {
  const rules = new Map(retention.rules.map((rule) => [rule.data, rule]));
  return Object.fromEntries(
    NAMES.map((name) => [
      name,
      { days: rules.get(name)?.days ?? "", keep: rules.get(name)?.keep_last || "" },
    ]),
  ) as Fields;
}

function rulesOf(fields: Fields): RetentionRule[] {
  return NAMES.filter((name) => fields[name].days !== "").map((name) => ({
    data: name,
    days: Number(fields[name].days),
    keep_last: Number(fields[name].keep || 0),
  }));
}

interface FormProps extends Props {
  retention: Retention;
}

function RulesForm({ retention, editable, previews }: FormProps) {
  const form = useForm({ initialValues: fieldsOf(retention) });
  const preview = useMutation({
    mutationFn: (fields: Fields) => previewRetention({ rules: rulesOf(fields) }),
  });
  const save = useChange({
    run: (fields: Fields) => changeRetention({ rules: rulesOf(fields) }),
    refresh: [privacyKeys.retention],
    done: () => "The rules were changed",
    after: () => form.resetDirty(),
  });
  const now = useChange({
    run: () => runRetention(),
    refresh: [privacyKeys.jobs],
    done: () => "Retention has begun",
    failed: "Retention has not begun",
  });
  return (
    <form onSubmit={form.onSubmit((fields) => save.mutate(fields))} noValidate>
      <Table verticalSpacing="xs" aria-label="Rules">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Data</Table.Th>
            <Table.Th w={130}>Keep for days</Table.Th>
            <Table.Th w={150}>At least the last</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {NAMES.map((name) => (
            <Table.Tr key={name}>
              <Table.Td>
                <div className={classes.name}>{CLASSES[name].label}</div>
                <div className={classes.detail}>{CLASSES[name].detail}</div>
              </Table.Td>
              <Table.Td>
                <NumberInput
                  size="xs"
                  aria-label={`${CLASSES[name].label}: days`}
                  placeholder="For ever"
                  min={1}
                  max={36_500}
                  allowDecimal={false}
                  readOnly={!editable}
                  {...form.getInputProps(`${name}.days`)}
                />
              </Table.Td>
              <Table.Td>
                <NumberInput
                  size="xs"
                  aria-label={`${CLASSES[name].label}: at least the last`}
                  placeholder="None"
                  min={0}
                  max={100_000}
                  allowDecimal={false}
                  readOnly={!editable}
                  disabled={form.values[name].days === ""}
                  {...form.getInputProps(`${name}.keep`)}
                />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <FormAlert error={save.error ?? preview.error} />
      <Group mt="md">
        {editable && (
          <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
            Save
          </Button>
        )}
        {previews && (
          <Button variant="default" loading={preview.isPending} onClick={() => preview.mutate(form.values)}>
            Preview
          </Button>
        )}
        {editable && (
          <Button
            variant="subtle"
            loading={now.isPending}
            disabled={form.isDirty() || retention.rules.length === 0}
            onClick={() => now.mutate(undefined)}
          >
            Delete now
          </Button>
        )}
      </Group>
      {preview.data && <WouldDelete preview={preview.data} />}
    </form>
  );
}

interface PreviewProps {
  preview: RetentionPreview;
}

function WouldDelete({ preview }: PreviewProps) {
  const found = preview.would_delete.filter((entry) => entry.rows > 0);
  return (
    <Alert
      mt="md"
      color={found.length > 0 ? "orange" : "gray"}
      role="status"
      title="These rules would delete"
    >
      {found.length === 0 && "Nothing at the moment."}
      <ul>
        {found.map((entry) => (
          <li key={entry.table}>
            {plural(entry.rows, "row")} of <b>{entry.table.replaceAll("_", " ")}</b>
            {entry.oldest && (
              <>
                , the oldest from <Timestamp at={entry.oldest} />
              </>
            )}
          </li>
        ))}
      </ul>
    </Alert>
  );
}
