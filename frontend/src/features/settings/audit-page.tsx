import { Badge, Button, Code, Collapse, Menu, Select, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { getExportAuditLogUrl } from "@/api/generated/audit";
import type { AuditEntry } from "@/api/generated/perdure.schemas";
import { send } from "@/api/request";
import { JsonView } from "@/components/json-view";
import { Timestamp } from "@/components/timestamp";
import { notifyFailure } from "@/lib/notify";
import { saveFile } from "@/lib/save-file";
import { type AuditFields, actionWords, filterOf, NO_FIELDS, SUBJECTS } from "./audit-filter";
import { AuditVerification } from "./audit-verification";
import { PagedList } from "./paged-list";
import { type AuditFilter, auditQuery } from "./queries";
import { Section } from "./section";
import classes from "./settings.module.css";

/** Who changed what, and when. */
export function AuditPage() {
  const [fields, setFields] = useState<AuditFields>(NO_FIELDS);
  const [settled] = useDebouncedValue(fields, 300);
  const filter = filterOf(settled);
  const entries = useInfiniteQuery(auditQuery(filter));
  return (
    <>
      <Section
        title="Audit log"
        lead="Every change in the workspace, for good: entries can be neither changed nor deleted."
        actions={<Export filter={filter} />}
      >
        <Filters fields={fields} onChange={setFields} />
        <PagedList
          query={entries}
          label="Changes"
          empty="No change fits."
          row={(entry) => <EntryRow key={entry.id} entry={entry} />}
        />
      </Section>
      <AuditVerification />
    </>
  );
}

interface FiltersProps {
  fields: AuditFields;
  onChange: (fields: AuditFields) => void;
}

function Filters({ fields, onChange }: FiltersProps) {
  const text = (name: keyof AuditFields) => ({
    size: "xs",
    value: fields[name],
    onChange: (event: React.ChangeEvent<HTMLInputElement>) =>
      onChange({ ...fields, [name]: event.currentTarget.value }),
  });
  return (
    <search className={classes.filters}>
      <TextInput label="Who" placeholder="ada@example.com" {...text("actor")} />
      <Select
        size="xs"
        label="What was changed"
        placeholder="Anything"
        clearable
        clearButtonProps={{ "aria-label": "Anything" }}
        searchable
        data={SUBJECTS}
        value={fields.subject || null}
        onChange={(subject) => onChange({ ...fields, subject: subject ?? "" })}
      />
      <TextInput label="Its name or id" {...text("subjectId")} />
      <TextInput label="From" type="date" {...text("from")} />
      <TextInput label="To" type="date" {...text("to")} />
      <Button size="xs" variant="subtle" disabled={fields === NO_FIELDS} onClick={() => onChange(NO_FIELDS)}>
        Clear
      </Button>
    </search>
  );
}

interface EntryProps {
  entry: AuditEntry;
}

function EntryRow({ entry }: EntryProps) {
  const [opened, { toggle }] = useDisclosure(false);
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div>
          <b className={classes.name}>{entry.actor.name}</b> {actionWords(entry.action)}{" "}
          <Code>{entry.subject.id}</Code>
        </div>
        <div className={classes.detail}>
          <Timestamp at={entry.at} /> · {entry.actor.address || "by itself"}
        </div>
      </div>
      <Badge color="gray" tt="none">
        {entry.action}
      </Badge>
      <UnstyledButton
        className={classes.link}
        onClick={toggle}
        aria-expanded={opened}
        aria-label={`Details of ${entry.action}`}
      >
        Details
      </UnstyledButton>
      <Collapse expanded={opened} w="100%">
        <div className={classes.change}>
          <JsonView label="Before" value={entry.before} empty="It was not there." />
          <JsonView label="After" value={entry.after} empty={entry.redacted ? "Erased." : "It is gone."} />
        </div>
        <div className={classes.detail}>
          Request <Code>{entry.request_id}</Code>
          {entry.number !== null && (
            <>
              {" "}
              · entry {entry.number}, hash <Code>{entry.hash?.slice(0, 16)}…</Code>
            </>
          )}
        </div>
      </Collapse>
    </li>
  );
}

interface ExportProps {
  filter: AuditFilter;
}

function Export({ filter }: ExportProps) {
  const download = useMutation({
    mutationFn: async (format: "csv" | "jsonl") =>
      saveFile(`audit.${format}`, await (await send(getExportAuditLogUrl({ ...filter, format }))).blob()),
    onError: (error) => notifyFailure("The log was not exported", error),
  });
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />} loading={download.isPending}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => download.mutate("csv")}>As CSV</Menu.Item>
        <Menu.Item onClick={() => download.mutate("jsonl")}>As JSON lines</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
