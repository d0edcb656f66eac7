import { Badge, Button, Progress } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { PrivacyJob } from "@/api/generated/perdure.schemas";
import { cancelPrivacyJob, getDownloadExportUrl, startExport } from "@/api/generated/privacy";
import { send } from "@/api/request";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import { Timestamp } from "@/components/timestamp";
import { plural } from "@/lib/format";
import { notifyFailure } from "@/lib/notify";
import { saveFile } from "@/lib/save-file";
import { Section } from "../section";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { jobsQuery, privacyKeys } from "./privacy-queries";
import { JOBS, STATUS_COLORS } from "./privacy-words";

interface Props {
  owns: boolean;
}

/** Exports, retentions and erasures: under way, and what became of them. */
export function JobsSection({ owns }: Props) {
  const jobs = useQuery(jobsQuery);
  const ask = useChange({
    run: () => startExport(),
    refresh: [privacyKeys.jobs],
    done: () => "The export has begun",
    failed: "The export has not begun",
  });
  return (
    <Section
      title="Export and jobs"
      lead="An export holds everything that the workspace owns as JSON lines, without secrets. It can be fetched for a week."
      actions={
        owns && (
          <Button variant="default" loading={ask.isPending} onClick={() => ask.mutate(undefined)}>
            Export all data
          </Button>
        )
      }
    >
      {jobs.isError && <ErrorPanel error={jobs.error} onRetry={() => void jobs.refetch()} />}
      {jobs.isPending && <LoadingRows rows={2} />}
      {jobs.data?.items.length === 0 && <div className={classes.lead}>There was none yet.</div>}
      {jobs.data && jobs.data.items.length > 0 && (
        <ul className={classes.list} aria-label="Jobs">
          {jobs.data.items.map((job) => (
            <JobRow key={job.id} job={job} owns={owns} />
          ))}
        </ul>
      )}
    </Section>
  );
}

interface RowProps extends Props {
  job: PrivacyJob;
}

function JobRow({ job, owns }: RowProps) {
  const cancel = useChange({
    run: () => cancelPrivacyJob(job.id),
    refresh: [privacyKeys.jobs],
    done: () => `${JOBS[job.kind]} was cancelled`,
    failed: "It was not cancelled",
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{JOBS[job.kind]}</div>
        <div className={classes.detail}>
          {job.created_by}, <Timestamp at={job.created_at} /> · {plural(job.done, "row")}
          {job.status === "pending" && (
            <>
              {" "}
              · begins <Timestamp at={job.due_at} />
            </>
          )}
          {job.note && <> · {job.note}</>}
        </div>
        {job.status === "running" && job.progress !== null && (
          <Progress value={job.progress * 100} mt={6} aria-label="Progress" />
        )}
      </div>
      <Badge color={STATUS_COLORS[job.status]} tt="none">
        {job.status}
      </Badge>
      {owns && job.status === "pending" && (
        <Button
          variant="subtle"
          size="compact-sm"
          loading={cancel.isPending}
          onClick={() => cancel.mutate(undefined)}
        >
          Cancel
        </Button>
      )}
      {owns && job.kind === "export" && job.status === "completed" && <Download job={job} />}
    </li>
  );
}

interface DownloadProps {
  job: PrivacyJob;
}

function Download({ job }: DownloadProps) {
  const over = job.expires_at !== null && Date.parse(job.expires_at) < Date.now();
  const download = useMutation({
    mutationFn: async () =>
      saveFile(`perdure-${job.id}.jsonl.gz`, await (await send(getDownloadExportUrl(job.id))).blob()),
    onError: (error) => notifyFailure("The archive was not fetched", error),
  });
  if (over) return <span className={classes.detail}>No longer kept</span>;
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      leftSection={<IconDownload size={14} />}
      loading={download.isPending}
      onClick={() => download.mutate()}
    >
      Download
    </Button>
  );
}
