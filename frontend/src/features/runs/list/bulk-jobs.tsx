import { ActionIcon, Button, Modal, Progress, Text } from "@mantine/core";
import { useDisclosure, useLocalStorage } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { stopBulk } from "@/api/generated/bulk";
import type { BulkJob } from "@/api/generated/perdure.schemas";
import { runKeys } from "@/api/queries/runs";
import { LinkAnchor } from "@/components/links";
import { StatusIcon } from "@/components/status";
import { useNow } from "@/lib/clock";
import { shortId } from "@/lib/format";
import { notifyFailure } from "@/lib/notify";
import classes from "./bulk-jobs.module.css";
import { bulkJobsQuery, bulkKeys, bulkTroublesQuery, isBusy } from "./bulk-queries";
import { doingOf, progressOf } from "./bulk-words";

const FRESH = 10 * 60_000;
const KEPT = 50;

/** Operations on many runs that go on, and those that have just ended until somebody has seen them. */
export function BulkJobs() {
  const now = useNow();
  const [seen, setSeen] = useLocalStorage<string[]>({ key: "perdure-bulk-seen", defaultValue: [] });
  const { data } = useQuery(bulkJobsQuery);
  const shown = (data?.items ?? []).filter(
    (job) => isBusy(job) || (!seen.includes(job.id) && now - Date.parse(job.ended_at ?? "") < FRESH),
  );
  if (shown.length === 0) return null;
  return (
    <ul className={classes.jobs} aria-label="Operations on many runs">
      {shown.map((job) => (
        <Job key={job.id} job={job} onSeen={() => setSeen((ids) => [job.id, ...ids].slice(0, KEPT))} />
      ))}
    </ul>
  );
}

interface JobProps {
  job: BulkJob;
  onSeen: () => void;
}

function Job({ job, onSeen }: JobProps) {
  const client = useQueryClient();
  const [looking, look] = useDisclosure(false);
  const busy = isBusy(job);
  const troubles = job.failed + job.skipped;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each step of the job has changed runs
  useEffect(() => {
    void client.invalidateQueries({ queryKey: [...runKeys.all, "list"] });
  }, [client, job.done, job.status]);
  return (
    <li className={classes.job}>
      <StatusIcon status={statusOf(job)} size={17} />
      <div className={classes.text}>
        <Text size="sm" fw={560}>
          {doingOf(job.operation)}: {progressOf(job)}
        </Text>
        {job.note && (
          <Text size="xs" c="dimmed">
            {job.note}
          </Text>
        )}
        {busy && (
          <Progress
            size="sm"
            mt={4}
            aria-label="How far it is"
            value={(100 * (job.total - job.remaining)) / Math.max(1, job.total)}
          />
        )}
      </div>
      {troubles > 0 && (
        <Button size="compact-sm" variant="subtle" onClick={look.open}>
          What was left out
        </Button>
      )}
      {busy ? (
        <StopButton job={job} />
      ) : (
        <ActionIcon size="sm" aria-label="Seen" onClick={onSeen}>
          <IconX size={15} />
        </ActionIcon>
      )}
      <Modal opened={looking} onClose={look.close} title="Runs that were left as they were" size="lg">
        <Troubles id={job.id} />
      </Modal>
    </li>
  );
}

function StopButton({ job }: { job: BulkJob }) {
  const client = useQueryClient();
  const stop = useMutation({
    mutationFn: () => stopBulk(job.id),
    onSuccess: () => client.invalidateQueries({ queryKey: bulkKeys.jobs }),
    onError: (error) => notifyFailure("The operation was not stopped", error),
  });
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={stop.isPending || job.status === "stopping"}
      onClick={() => stop.mutate()}
    >
      Stop
    </Button>
  );
}

function Troubles({ id }: { id: string }) {
  const { data } = useQuery(bulkTroublesQuery(id));
  return (
    <ul className={classes.troubles}>
      {data?.map((item) => (
        <li key={item.run_id}>
          <LinkAnchor to="/runs/$runId" params={{ runId: item.run_id }} ff="monospace" size="sm">
            {shortId(item.run_id)}
          </LinkAnchor>
          <Text size="sm">{item.reason ?? item.outcome}</Text>
        </li>
      ))}
    </ul>
  );
}

function statusOf(job: BulkJob): string {
  if (isBusy(job)) return "running";
  if (job.failed > 0) return "failed";
  return job.status === "stopped" ? "cancelled" : "completed";
}
