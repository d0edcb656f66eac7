import { Badge, Text } from "@mantine/core";
import type { WorkflowDetail } from "@/api/generated/perdure.schemas";
import { LinkAnchor } from "@/components/links";
import { Timestamp } from "@/components/timestamp";
import classes from "./rows.module.css";

interface Props {
  workflow: WorkflowDetail;
}

/** Versions, the newest first: who published them, when and why. */
export function VersionList({ workflow }: Props) {
  if (workflow.versions.length === 0) {
    return (
      <Text c="dimmed" size="sm">
        Nothing was published yet. Open the draft, and publish it when it does what it should.
      </Text>
    );
  }
  return (
    <>
      <LinkAnchor to="/workflows/$slug/history" params={{ slug: workflow.slug }} size="sm">
        What each one changed
      </LinkAnchor>
      <ol className={classes.list}>
        {workflow.versions.map(({ version, note, author, created_at }) => (
          <li key={version} className={classes.row}>
            <b className={classes.number}>{version}</b>
            <div className={classes.grow}>
              <div>{note || <span className={classes.detail}>No note</span>}</div>
              <div className={classes.detail}>
                {author && `${author}, `}
                <Timestamp at={created_at} />
              </div>
            </div>
            {version === workflow.version && (
              <Badge color="green" tt="none">
                Current
              </Badge>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}
