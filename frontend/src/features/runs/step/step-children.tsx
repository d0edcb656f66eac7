import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Run } from "@/api/generated/perdure.schemas";
import { childRunsQuery, hasEnded } from "@/api/queries/runs";
import { LinkAnchor } from "@/components/links";
import { StatusBadge } from "@/components/status";
import { shortId } from "@/lib/format";
import classes from "./step-children.module.css";

const POLL = 3_000;

interface Props {
  run: Run;
  path: string;
}

/** Runs that a sub-workflow step has started. */
export function StepChildren({ run, path }: Props) {
  const { data } = useQuery({
    ...childRunsQuery(run.id),
    refetchInterval: hasEnded(run.status) ? false : POLL,
  });
  const children = data?.items.filter((child) => child.parent_path === path) ?? [];
  if (children.length === 0) return null;
  return (
    <section aria-label="Child runs">
      <Text size="sm" fw={580} mb={6}>
        {children.length === 1 ? "Child run" : "Child runs"}
      </Text>
      <ul className={classes.list}>
        {children.map((child) => (
          <li key={child.id} className={classes.child}>
            <StatusBadge status={child.status} />
            <LinkAnchor to="/runs/$runId" params={{ runId: child.id }} size="sm">
              {child.workflow} {shortId(child.id)}
            </LinkAnchor>
          </li>
        ))}
      </ul>
    </section>
  );
}
