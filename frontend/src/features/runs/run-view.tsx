import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import type { Run } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { LoadingRows } from "@/components/loading";
import { ForkDialog } from "./fork-dialog";
import { RunData } from "./run-data";
import { RunHeader } from "./run-header";
import { RunLog } from "./run-log";
import { RunScrubber } from "./run-scrubber";
import { RunTimeline } from "./run-timeline";
import { RunTree } from "./run-tree";
import classes from "./run-view.module.css";
import { RunWaiting } from "./run-waiting";
import { StepInspector } from "./step/step-inspector";

const RunGraph = lazy(async () => ({ default: (await import("./run-graph")).RunGraph }));

const VIEWS = ["graph", "timeline", "tree", "log", "data"] as const;
const LABELS = { graph: "Graph", timeline: "Timeline", tree: "Tree", log: "Log", data: "Input & output" };

interface Props {
  run: Run;
}

interface Forking {
  /** Where from; null if that is still to be chosen. */
  node: string | null;
}

/** A run from several sides, and beside it the step that was chosen. */
export function RunView({ run }: Props) {
  const search = useSearch({ from: "/shell/runs/$runId" });
  const view = VIEWS.find((name) => name === search.view) ?? "graph";
  const navigate = useNavigate({ from: "/runs/$runId" });
  const { data: me } = useQuery(meQuery);
  const [chosen, choose] = useState<string | null>(search.step ?? null);
  const [forking, setForking] = useState<Forking | null>(null);
  const forkFrom = (node: string | null) => setForking({ node });
  return (
    <div className={classes.page}>
      <RunHeader run={run} onFork={() => forkFrom(null)} />
      <RunWaiting run={run} onSelect={choose} />
      <Tabs
        value={view}
        onChange={(next) => void navigate({ search: { view: next ?? "graph" }, replace: true })}
        className={classes.tabs}
        keepMounted={false}
      >
        <div className={classes.bar}>
          <Tabs.List className={classes.list}>
            {VIEWS.map((name) => (
              <Tabs.Tab key={name} value={name}>
                {LABELS[name]}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <RunScrubber />
        </div>
        <div className={classes.body}>
          <div className={classes.stage}>
            <Tabs.Panel value="graph" className={classes.canvas}>
              <Suspense fallback={<LoadingRows rows={3} height={90} />}>
                <RunGraph slug={run.workflow} version={run.version} selected={chosen} onSelect={choose} />
              </Suspense>
            </Tabs.Panel>
            <Tabs.Panel value="timeline" className={classes.panel}>
              <RunTimeline onSelect={choose} selected={chosen} />
            </Tabs.Panel>
            <Tabs.Panel value="tree" className={classes.panel}>
              <RunTree run={run} onSelect={choose} selected={chosen} />
            </Tabs.Panel>
            <Tabs.Panel value="log" className={classes.panel}>
              <RunLog onSelect={choose} />
            </Tabs.Panel>
            <Tabs.Panel value="data" className={classes.scroll}>
              <RunData run={run} />
            </Tabs.Panel>
          </div>
          {chosen !== null && (
            <StepInspector
              key={chosen}
              run={run}
              chosen={chosen}
              onClose={() => choose(null)}
              onFork={may(me, "runs:steer") ? forkFrom : null}
            />
          )}
        </div>
      </Tabs>
      {forking && <ForkDialog run={run} node={forking.node} onClose={() => setForking(null)} />}
    </div>
  );
}
