import { Alert, Button, Code, FileButton, Group, List, Text } from "@mantine/core";
import { IconShieldCheck, IconShieldX } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { getAuditHead, verifyAuditLog } from "@/api/generated/audit";
import type { AuditProblem } from "@/api/generated/perdure.schemas";
import { plural } from "@/lib/format";
import { notifyFailure } from "@/lib/notify";
import { saveFile } from "@/lib/save-file";
import { markOf } from "./audit-mark";
import { Section } from "./section";

interface Findings {
  checked: number;
  redacted: number;
  problems: AuditProblem[];
  through: string;
  compared: boolean;
}

/** Whether anybody has tampered with the log: the whole chain is checked, against a mark from elsewhere if there is one. */
export function AuditVerification() {
  const [mark, setMark] = useState<string | null>(null);
  const verify = useMutation({
    mutationFn: () => verifyAll(mark),
    onError: (error) => notifyFailure("The log was not checked", error),
  });
  const keep = useMutation({
    mutationFn: async () => {
      const head = await getAuditHead();
      const text = `${JSON.stringify(head, null, 2)}\n`;
      saveFile(`audit-head-${head.number}.json`, new Blob([text], { type: "application/json" }));
    },
    onError: (error) => notifyFailure("The mark was not saved", error),
  });
  const read = async (file: File | null) => {
    if (file === null) return;
    try {
      setMark(markOf(await file.text()));
    } catch (error) {
      notifyFailure("The mark was not read", error);
    }
  };
  return (
    <Section
      title="Has anybody tampered with it?"
      lead="Every entry holds a hash over itself and the one before. Save a mark now and then and keep it elsewhere: it tells later even of a log that was written anew as a whole."
    >
      <Group gap="xs" mb="sm">
        <Button loading={verify.isPending} onClick={() => verify.mutate()}>
          Check the log
        </Button>
        <Button variant="default" loading={keep.isPending} onClick={() => keep.mutate()}>
          Save a mark
        </Button>
        <FileButton accept="application/json" onChange={(file) => void read(file)}>
          {(props) => (
            <Button variant="subtle" {...props}>
              Compare with a mark…
            </Button>
          )}
        </FileButton>
        {mark && (
          <Text size="sm" c="dimmed">
            Compared with entry {mark.split(":")[0]}
          </Text>
        )}
      </Group>
      {verify.data && <Result found={verify.data} />}
    </Section>
  );
}

interface ResultProps {
  found: Findings;
}

function Result({ found }: ResultProps) {
  if (found.problems.length === 0) {
    return (
      <Alert color="green" icon={<IconShieldCheck size={18} />} title="The log is intact" role="status">
        {plural(found.checked, "entry", "entries")} checked
        {found.redacted > 0 && `, ${found.redacted} of them erased in the open`}
        {found.compared && ", and the mark fits"}. The last one is <Code>{shortened(found.through)}</Code>.
      </Alert>
    );
  }
  return (
    <Alert
      color="red"
      icon={<IconShieldX size={18} />}
      title="Somebody has tampered with the log"
      role="alert"
    >
      <List size="sm">
        {found.problems.map((problem) => (
          <List.Item key={problem.message}>{problem.message}</List.Item>
        ))}
      </List>
    </Alert>
  );
}

async function verifyAll(anchor: string | null): Promise<Findings> {
  const found: Findings = { checked: 0, redacted: 0, problems: [], through: "", compared: anchor !== null };
  for (let after: string | null = null; ; ) {
    const portion = await verifyAuditLog({ ...(after ? { after } : {}), ...(anchor ? { anchor } : {}) });
    found.checked += portion.checked;
    found.redacted += portion.redacted;
    found.problems.push(...portion.problems);
    found.through = after = portion.through;
    if (portion.complete) return found;
  }
}

function shortened(mark: string): string {
  const [number, hash = ""] = mark.split(":");
  return `${number}:${hash.slice(0, 12)}…`;
}
