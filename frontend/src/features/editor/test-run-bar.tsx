import { ActionIcon, Button, Group } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useShallow } from "zustand/react/shallow";
import { cancelRun } from "@/api/generated/runs";
import { hasEnded, runQuery } from "@/api/queries/runs";
import { LinkButton } from "@/components/links";
import { useRun } from "@/components/live-run/run-store";
import { StatusBadge } from "@/components/status";
import { useNow } from "@/lib/clock";
import { count, duration, money, spanOf } from "@/lib/format";
import { notifyFailure } from "@/lib/notify";
import type { RunState } from "@/lib/run-state";
import { useEditor } from "./editor-store";
import { recordedKey } from "./sample-data";
import { hideTestRun, useTestRun } from "./test-run";
import classes from "./test-run-bar.module.css";

/** The test that is painted on the canvas: how it stands, what it costs, what to do with it. */
export function TestRunBar() {
  const runId = useTestRun((test) => test.runId);
  return runId === null ? null : <Bar runId={runId} />;
}

function Bar({ runId }: { runId: string }) {
  const { data: run } = useQuery(runQuery(runId));
  const live = useRun(useShallow(({ live }) => factsOf(live)));
  const asking = useRun(({ live }) => Object.values(live.steps).find(isAsking)?.approvalId ?? null);
  const status = run && hasEnded(run.status) ? run.status : live.status;
  const over = run !== undefined && hasEnded(run.status);
  useFreshValues(over || asking !== null);
  return (
    <section className={classes.bar} aria-label="Test run">
      <StatusBadge status={asking !== null && !over ? "asking" : status} />
      <Facts {...live} />
      <Stale />
      <Group gap={4} wrap="nowrap">
        {asking !== null && !over && (
          <LinkButton
            to="/inbox"
            search={{ request: asking }}
            size="compact-sm"
            variant="light"
            target="_blank"
          >
            Answer
          </LinkButton>
        )}
        {!over && <Stop runId={runId} />}
        <LinkButton
          to="/runs/$runId"
          params={{ runId }}
          size="compact-sm"
          variant="subtle"
          aria-label="Open the run"
        >
          Open
        </LinkButton>
        <ActionIcon size="md" aria-label="Hide the test" onClick={hideTestRun}>
          <IconX size={16} />
        </ActionIcon>
      </Group>
    </section>
  );
}

function factsOf({ status, startedAt, endedAt, done, tokens, costUsd }: RunState) {
  return { status, startedAt, endedAt, done, tokens, costUsd };
}

function isAsking({ status, approvalId }: { status: string; approvalId: string | null }): boolean {
  return status === "asking" && approvalId !== null;
}

function Facts({ startedAt, endedAt, done, tokens, costUsd }: ReturnType<typeof factsOf>) {
  const span = spanOf(startedAt, endedAt, useNow());
  return (
    <dl className={classes.facts}>
      {span !== null && <Fact name="Time" value={duration(span)} />}
      <Fact name="Steps" value={count(done)} />
      {tokens > 0 && <Fact name="Tokens" value={count(tokens)} />}
      <Fact name="Cost" value={money(costUsd)} />
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** What is painted may be of another draft than the one that is seen. */
function Stale() {
  const tested = useTestRun((test) => test.document);
  const changed = useEditor(
    ({ document }) => document.nodes !== tested?.nodes || document.edges !== tested?.edges,
  );
  return changed ? <span className={classes.stale}>Changed since</span> : null;
}

function Stop({ runId }: { runId: string }) {
  const stop = useMutation({
    mutationFn: () => cancelRun(runId, { reason: null }),
    onError: (error) => notifyFailure("The test goes on", error),
  });
  return (
    <Button size="compact-sm" variant="default" loading={stop.isPending} onClick={() => stop.mutate()}>
      Stop
    </Button>
  );
}

/** Expressions are tried out with what the test was given, and with what it has given so far whenever it stands still. */
function useFreshValues(stands: boolean): void {
  const client = useQueryClient();
  // biome-ignore lint/correctness/useExhaustiveDependencies: both the beginning and the end bring other values
  useEffect(() => {
    void client.invalidateQueries({ queryKey: recordedKey(useEditor.getState().slug) });
  }, [stands, client]);
}
