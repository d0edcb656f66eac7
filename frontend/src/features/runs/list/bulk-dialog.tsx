import { Alert, Button, Group, List, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { previewBulk, startBulk } from "@/api/generated/bulk";
import type { BulkOperation, BulkPreview, RunFilter } from "@/api/generated/perdure.schemas";
import { sentenceOf } from "@/api/problem";
import { runKeys } from "@/api/queries/runs";
import { LoadingRows } from "@/components/loading";
import { StatusBadge } from "@/components/status";
import { count, money, plural } from "@/lib/format";
import classes from "./bulk-dialog.module.css";
import { bulkKeys } from "./bulk-queries";
import { consequencesOf, OPERATIONS } from "./bulk-words";

export type Meant = { ids: string[] } | { filter: RunFilter };

interface Props {
  operation: BulkOperation;
  meant: Meant;
  onClose: () => void;
  onStarted: () => void;
}

/** Says what an operation on many runs would do, and does it to exactly these runs. */
export function BulkDialog({ operation, meant, onClose, onStarted }: Props) {
  const words = operation === "fork" ? null : OPERATIONS[operation];
  const [reason, setReason] = useState("");
  const [kept] = useDebouncedValue(reason.trim(), 400);
  const preview = useQuery({
    queryKey: [...bulkKeys.preview, operation, meant, kept] as const,
    queryFn: ({ signal }) => previewBulk({ operation, ...meant, reason: kept || null }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const start = useStart(() => {
    onStarted();
    onClose();
  });
  const current = kept === reason.trim() && !preview.isFetching;
  const { data } = preview;
  return (
    <Modal opened onClose={onClose} title={`${words?.label ?? "Fork"} these runs?`} size="lg">
      <Stack>
        <Text size="sm">{words?.meaning}</Text>
        {preview.isPending && <LoadingRows rows={2} />}
        {data && <Effects preview={data} />}
        <Textarea
          label="Reason"
          description="Kept with every run. May be left empty."
          autosize
          minRows={1}
          maxRows={4}
          maxLength={2_000}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Failure error={preview.error ?? start.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button
            {...(words?.harsh ? { color: "red.9" } : {})}
            disabled={!data || !current || data.affected === 0}
            loading={start.isPending}
            onClick={() => data && start.mutate(data.token)}
          >
            {data ? `${words?.label ?? "Fork"} ${plural(data.affected, "run")}` : (words?.label ?? "Fork")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Failure({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <Alert color="red" p="sm" role="alert">
      {sentenceOf(error)}
    </Alert>
  );
}

function Effects({ preview }: { preview: BulkPreview }) {
  return (
    <section aria-label="What would happen">
      <Text size="sm" fw={580} mb={6}>
        {plural(preview.affected, "run")} of {count(preview.matched)} would be changed
        {preview.spent_usd > 0 && `; they have cost ${money(preview.spent_usd)} so far`}.
      </Text>
      <table className={classes.table}>
        <tbody>
          {[...preview.effects]
            .sort((one, other) => Number(other.affected) - Number(one.affected))
            .map((effect) => (
              <tr key={effect.status} data-affected={effect.affected || undefined}>
                <td>
                  <StatusBadge status={effect.status} />
                </td>
                <td className={classes.number}>{plural(effect.runs, "run")}</td>
                <td>{effect.affected ? "changed" : (effect.why ?? "left as they are")}</td>
              </tr>
            ))}
        </tbody>
      </table>
      <List size="sm" mt={8}>
        {consequencesOf(preview).map((sentence) => (
          <List.Item key={sentence}>{sentence}</List.Item>
        ))}
      </List>
    </section>
  );
}

function useStart(onStarted: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => startBulk({ token }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: bulkKeys.jobs });
      void client.invalidateQueries({ queryKey: runKeys.all });
      onStarted();
    },
  });
}
