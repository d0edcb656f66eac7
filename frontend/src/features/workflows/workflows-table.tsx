import { Badge } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { WorkflowSummary } from "@/api/generated/perdure.schemas";
import { SparkLine } from "@/components/spark-line";
import { StatusIcon } from "@/components/status";
import { Timestamp } from "@/components/timestamp";
import { WorkflowMenu } from "./workflow-menu";
import classes from "./workflows-table.module.css";

interface Props {
  workflows: WorkflowSummary[];
  onTag: (tag: string) => void;
}

/** Workflows with how they do. */
export function WorkflowsTable({ workflows, onTag }: Props) {
  return (
    <ul className={classes.list} aria-label="Workflows">
      {workflows.map((workflow) => (
        <li key={workflow.slug} className={classes.row}>
          <div className={classes.what}>
            <Link to="/workflows/$slug" params={{ slug: workflow.slug }} className={classes.name}>
              {workflow.name}
            </Link>
            <div className={classes.detail}>{workflow.description || workflow.slug}</div>
          </div>
          <div className={classes.tags}>
            {workflow.tags.map((tag) => (
              <button key={tag} type="button" className={classes.tag} onClick={() => onTag(tag)}>
                {tag}
              </button>
            ))}
            <State workflow={workflow} />
          </div>
          <div className={classes.health}>
            {workflow.recent_runs.length > 0 && <SparkLine runs={workflow.recent_runs} />}
            <SuccessRate share={workflow.success_rate} />
          </div>
          <div className={classes.times}>
            <LastRun workflow={workflow} />
            <div className={classes.edited} title={`Edited by ${workflow.edited_by ?? "nobody"}`}>
              {workflow.edited_by ?? "Made"}, <Timestamp at={workflow.edited_at} />
            </div>
          </div>
          <WorkflowMenu workflow={workflow} />
        </li>
      ))}
    </ul>
  );
}

interface RowProps {
  workflow: WorkflowSummary;
}

function State({ workflow }: RowProps) {
  if (workflow.archived_at)
    return (
      <Badge color="gray" tt="none">
        Archived
      </Badge>
    );
  if (workflow.version === null)
    return (
      <Badge color="yellow" tt="none">
        Draft
      </Badge>
    );
  const changed = workflow.draft !== null && workflow.draft.state !== "unchanged";
  return (
    <>
      <span className={classes.version}>v{workflow.version}</span>
      {changed && (
        <Badge color="yellow" tt="none">
          Changed
        </Badge>
      )}
    </>
  );
}

function LastRun({ workflow: { last_run } }: RowProps) {
  if (last_run === null) return <div className={classes.last}>Never run</div>;
  return (
    <div className={classes.last}>
      <StatusIcon status={last_run.status} size={15} />
      <Timestamp at={last_run.created_at} />
    </div>
  );
}

interface RateProps {
  share: number | null;
}

function SuccessRate({ share }: RateProps) {
  if (share === null) return null;
  return (
    <span className={classes.share} title="Completed of those that have ended">
      {Math.round(share * 100)} %
    </span>
  );
}
