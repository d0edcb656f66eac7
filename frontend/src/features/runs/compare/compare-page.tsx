import { Button, SegmentedControl, Text } from "@mantine/core";
import { IconArrowsDiff } from "@tabler/icons-react";
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { RunDifference } from "@/api/generated/perdure.schemas";
import { compareRuns } from "@/api/generated/runs";
import { runKeys } from "@/api/queries/runs";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { LinkAnchor } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { plural, shortId } from "@/lib/format";
import classes from "./compare-page.module.css";
import { ComparedGraphs } from "./compared-graphs";
import { ComparedRuns } from "./compared-runs";
import { ComparedSteps } from "./compared-steps";
import { ValueDiff } from "./value-diff";

/** Two runs side by side: what they were given, where they went different ways, what came of them. */
export function ComparePage() {
  const { runId } = useParams({ from: "/shell/runs/$runId/compare" });
  const search = useSearch({ from: "/shell/runs/$runId/compare" });
  const whole = search.all === "yes";
  const found = useInfiniteQuery({
    ...comparisonQuery(runId, search.with ?? "", whole),
    enabled: search.with !== undefined,
  });
  const first = found.data?.pages[0];
  const steps = useMemo(() => found.data?.pages.flatMap((page) => page.steps) ?? [], [found.data]);
  const [chosen, choose] = useState<string | null>(null);
  return (
    <Page
      title="Comparison"
      crumbs={
        <LinkAnchor to="/runs/$runId" params={{ runId }} inherit>
          Run {shortId(runId)}
        </LinkAnchor>
      }
    >
      {search.with === undefined && <NoOther />}
      {found.isError && <ErrorPanel error={found.error} onRetry={() => void found.refetch()} />}
      {search.with !== undefined && found.isPending && <LoadingRows rows={5} />}
      {first && (
        <>
          <ComparedRuns difference={first} />
          <Where difference={first} />
          <ComparedGraphs difference={first} steps={steps} selected={chosen} onSelect={choose} />
          <div className={classes.values}>
            <ValueDiff label="Input" value={first.input} />
            <ValueDiff label="Output" value={first.output} />
          </div>
          <StepsHeader difference={first} whole={whole} />
          <ComparedSteps steps={steps} chosen={chosen} />
          {found.hasNextPage && (
            <Button
              variant="default"
              style={{ alignSelf: "center" }}
              loading={found.isFetchingNextPage}
              onClick={() => void found.fetchNextPage()}
            >
              Show more
            </Button>
          )}
        </>
      )}
    </Page>
  );
}

/** Where they first went different ways, in a sentence. */
function Where({ difference }: { difference: RunDifference }) {
  const { first_divergence, same_version, complete } = difference;
  return (
    <section className={classes.where} data-tone={first_divergence ? "waiting" : "done"}>
      <IconArrowsDiff size={18} aria-hidden />
      <Text size="sm">
        <b>{first_divergence ? "Where they went different ways: " : "They went the same way: "}</b>
        {first_divergence?.sentence ?? "every step of one has the same result in the other."}
        {!same_version && " They are of different versions of the workflow."}
        {!complete && " Only the first 10,000 steps of each were compared."}
      </Text>
    </section>
  );
}

function StepsHeader({ difference, whole }: { difference: RunDifference; whole: boolean }) {
  const navigate = useNavigate({ from: "/runs/$runId/compare" });
  const { same = 0, kept = 0, ...others } = difference.counts;
  const differ = Object.values(others).reduce((sum, count) => sum + count, 0);
  return (
    <header className={classes.header}>
      <h2 className={classes.heading}>
        {plural(differ, "step")} differ, {same + kept} {same + kept === 1 ? "is" : "are"} the same
      </h2>
      <SegmentedControl
        size="xs"
        aria-label="Steps to show"
        data={[
          { value: "no", label: "Differences" },
          { value: "yes", label: "All steps" },
        ]}
        value={whole ? "yes" : "no"}
        onChange={(all) => void navigate({ search: (before) => ({ ...before, all }), replace: true })}
      />
    </header>
  );
}

function NoOther() {
  return (
    <EmptyState icon={IconArrowsDiff} title="Compared with what?">
      Choose “Compare with another run” in the menu of a run.
    </EmptyState>
  );
}

function comparisonQuery(run: string, other: string, whole: boolean) {
  return infiniteQueryOptions({
    queryKey: [...runKeys.one(run), "comparison", other, whole] as const,
    queryFn: ({ pageParam, signal }) =>
      compareRuns(run, { with: other, all: whole, ...(pageParam ? { cursor: pageParam } : {}) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}
