import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { Run } from "@/api/generated/perdure.schemas";
import { hasEnded, runQuery } from "@/api/queries/runs";
import { ErrorPanel } from "@/components/error-panel";
import { RunStoreProvider } from "@/components/live-run/run-store";
import { useLiveRun } from "@/components/live-run/use-live-run";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { RunView } from "./run-view";

/** One run, live while it goes on. */
export function RunPage() {
  const { runId } = useParams({ from: "/shell/runs/$runId" });
  const run = useQuery({
    ...runQuery(runId),
    refetchInterval: ({ state }) => (state.data && hasEnded(state.data.status) ? false : 5_000),
  });
  if (run.isSuccess) return <LiveRun key={runId} run={run.data} />;
  return (
    <Page title="Run">
      {run.isError ? <ErrorPanel error={run.error} onRetry={() => void run.refetch()} /> : <LoadingRows />}
    </Page>
  );
}

interface Props {
  run: Run;
}

function LiveRun({ run }: Props) {
  const store = useLiveRun(run.id, run.attempt);
  return (
    <RunStoreProvider value={store}>
      <RunView run={run} />
    </RunStoreProvider>
  );
}
