import { Button } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { may, meQuery } from "@/api/queries/account";
import { runsQuery } from "@/api/queries/runs";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { LinkButton } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { BulkBar } from "./bulk-bar";
import { BulkJobs } from "./bulk-jobs";
import { FilterViews } from "./filter-views";
import { RunFilters } from "./run-filters";
import { cleaned, filterOf, type RunSearch } from "./run-search";
import { useSelection } from "./run-selection";
import { RunsTable } from "./runs-table";

/** All runs, the newest first; the list keeps itself up to date. */
export function RunsPage() {
  const search = useSearch({ from: "/shell/runs" });
  const navigate = useNavigate({ from: "/runs" });
  const show = (next: RunSearch) => void navigate({ search: cleaned(next), replace: true });
  return (
    <Page title="Runs">
      <RunFilters search={search} onChange={(changes) => show({ ...search, ...changes })} />
      <FilterViews search={search} onChoose={show} />
      <BulkJobs />
      <RunList key={JSON.stringify(search)} search={search} />
    </Page>
  );
}

function RunList({ search }: { search: RunSearch }) {
  const { data: me } = useQuery(meQuery);
  const filter = useMemo(() => filterOf(search, Date.now()), [search]);
  const runs = useInfiniteQuery(runsQuery(filter));
  const selection = useSelection();
  const items = runs.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {runs.isError && <ErrorPanel error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.isPending && <LoadingRows rows={8} />}
      {runs.isSuccess && items.length === 0 && !runs.hasNextPage && <Nothing search={search} />}
      {items.length > 0 && <RunsTable runs={items} selection={may(me, "runs:steer") ? selection : null} />}
      {runs.hasNextPage && (
        <Button
          variant="default"
          onClick={() => void runs.fetchNextPage()}
          loading={runs.isFetchingNextPage}
          style={{ alignSelf: "center" }}
        >
          {items.length === 0 ? "Look further back" : "Show more"}
        </Button>
      )}
      <BulkBar selection={selection} filter={filter} more={runs.hasNextPage} />
    </>
  );
}

function Nothing({ search }: { search: RunSearch }) {
  return Object.keys(search).length > 0 ? <NothingFound /> : <NothingYet />;
}

function NothingYet() {
  return (
    <EmptyState
      icon={IconPlayerPlay}
      title="No run yet"
      action={<LinkButton to="/workflows">Choose a workflow</LinkButton>}
    >
      A run is one execution of a workflow. It survives restarts, waits for people as long as they need, and
      shows here what it does while it does it.
    </EmptyState>
  );
}

function NothingFound() {
  const navigate = useNavigate();
  return (
    <EmptyState
      icon={IconPlayerPlay}
      title="No run fits"
      action={
        <Button variant="default" onClick={() => void navigate({ to: "/runs", search: {} })}>
          Show all runs
        </Button>
      }
    >
      No run has what the filter asks for.
    </EmptyState>
  );
}
