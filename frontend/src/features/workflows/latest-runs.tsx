import { Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { runsQuery } from "@/api/queries/runs";
import { LinkAnchor } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { StatusIcon } from "@/components/status";
import { Timestamp } from "@/components/timestamp";
import { money, shortId } from "@/lib/format";
import classes from "./rows.module.css";

const SHOWN = 8;

interface Props {
  slug: string;
}

/** The newest runs of a workflow. */
export function LatestRuns({ slug }: Props) {
  const { data, isPending } = useInfiniteQuery(runsQuery({ workflow: slug }));
  if (isPending) return <LoadingRows rows={3} />;
  const runs = data?.pages[0]?.items.slice(0, SHOWN) ?? [];
  if (runs.length === 0) {
    return (
      <Text c="dimmed" size="sm">
        It has not run yet.
      </Text>
    );
  }
  return (
    <>
      <ul className={classes.list}>
        {runs.map((run) => (
          <li key={run.id} className={classes.row}>
            <StatusIcon status={run.status} size={17} />
            <Link to="/runs/$runId" params={{ runId: run.id }} className={classes.link}>
              {shortId(run.id)}
            </Link>
            <span className={classes.detail}>version {run.version}</span>
            <span className={classes.end}>{money(run.cost_usd)}</span>
            <span className={classes.detail}>
              <Timestamp at={run.created_at} />
            </span>
          </li>
        ))}
      </ul>
      <LinkAnchor to="/runs" search={{ workflow: slug }} size="sm" mt="xs" display="inline-block">
        All runs of this workflow
      </LinkAnchor>
    </>
  );
}
