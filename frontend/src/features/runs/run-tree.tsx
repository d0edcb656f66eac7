import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Run, RunBranch, RunTree as Tree } from "@/api/generated/perdure.schemas";
import { hasEnded } from "@/api/queries/runs";
import { LinkAnchor } from "@/components/links";
import { useRun } from "@/components/live-run/run-store";
import { useNow } from "@/lib/clock";
import { duration, money, shortId, spanOf as spanBetween } from "@/lib/format";
import { costOf, type OutlineNode, outlineOf, spanOf, statusOf } from "./run-outline";
import classes from "./run-tree.module.css";
import { Branch } from "./tree-branch";
import { runTreeQuery } from "./tree-query";

const POLL = 3_000;

interface Props {
  run: Run;
  selected: string | null;
  onSelect: (step: string) => void;
}

/** Everything that the run consists of: steps, items, rounds, and the runs that it has started. */
export function RunTree({ run, selected, onSelect }: Props) {
  const order = useRun((state) => state.shown.order);
  const steps = useRun((state) => state.shown.steps);
  const nodes = useMemo(() => outlineOf({ order, steps }), [order, steps]);
  const { data: tree } = useQuery({
    ...runTreeQuery(run.id),
    refetchInterval: hasEnded(run.status) ? false : POLL,
  });
  const view: View = { tree, selected, onSelect };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={classes.frame} tabIndex={0} aria-label="Tree">
      <Ancestors tree={tree} />
      <ul className={classes.list}>
        <Lines nodes={nodes} view={view} depth={0} />
      </ul>
      {tree && tree.runs > 1 && (
        <p className={classes.sum}>
          {tree.runs} runs together cost {money(tree.cost_usd)}
          {tree.complete ? "." : ", and there are more than can be shown here."}
        </p>
      )}
    </section>
  );
}

function Ancestors({ tree }: { tree: Tree | undefined }) {
  if (!tree || tree.ancestors.length === 0) return null;
  return (
    <p className={classes.ancestors}>
      Part of{" "}
      {tree.ancestors.map(({ id, workflow }) => (
        <span key={id} className={classes.ancestor}>
          <LinkAnchor to="/runs/$runId" params={{ runId: id }} inherit>
            {workflow} {shortId(id)}
          </LinkAnchor>
        </span>
      ))}
    </p>
  );
}

interface View {
  tree: Tree | undefined;
  selected: string | null;
  onSelect: (step: string) => void;
}

function Lines({ nodes, view, depth }: { nodes: OutlineNode[]; view: View; depth: number }) {
  return nodes.map((node) => <Line key={node.id} node={node} view={view} depth={depth} />);
}

function Line({ node, view, depth }: { node: OutlineNode; view: View; depth: number }) {
  const now = useNow();
  const [from, to] = spanOf(node);
  const span = spanBetween(from, to, now);
  const cost = costOf(node);
  const { step } = node;
  const runs = view.tree?.root.children.filter(({ run }) => run.parent_path === step?.path) ?? [];
  const isLeaf = node.children.length === 0 && runs.length === 0;
  return (
    <Branch
      depth={depth}
      status={statusOf(node)}
      label={node.label}
      note={noteOf(node)}
      chosen={view.selected !== null && (step?.key === view.selected || step?.node === view.selected)}
      onChoose={step ? () => view.onSelect(step.key) : null}
      span={span === null ? "" : duration(span)}
      cost={cost > 0 ? money(cost) : ""}
      below={
        isLeaf
          ? null
          : (limit) => (
              <>
                <Lines nodes={node.children.slice(0, limit)} view={view} depth={depth + 1} />
                {runs.map((branch) => (
                  <ChildRun key={branch.run.id} branch={branch} depth={depth + 1} />
                ))}
              </>
            )
      }
      count={node.children.length}
    />
  );
}

function noteOf({ step, children }: OutlineNode): string {
  const rounds = children.filter((child) => child.step?.path === step?.path).length;
  const items = children.length - rounds;
  return [
    rounds > 1 ? `${rounds} rounds` : "",
    items > 0 && step ? `${items} ${items === 1 ? "item" : "items"}` : "",
    step && step.attempts.length > 1 && rounds === 0 ? `${step.attempts.length} attempts` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** A run that a step has started, with those that it has started in turn. */
function ChildRun({ branch, depth }: { branch: RunBranch; depth: number }) {
  const now = useNow();
  const { run, children } = branch;
  const span = spanBetween(run.started_at, run.ended_at, now);
  return (
    <Branch
      depth={depth}
      status={run.status}
      label={
        <LinkAnchor to="/runs/$runId" params={{ runId: run.id }} inherit>
          {run.workflow}
        </LinkAnchor>
      }
      note={`run ${shortId(run.id)}`}
      chosen={false}
      onChoose={null}
      span={span === null ? "" : duration(span)}
      cost={money(run.cost_usd)}
      below={
        children.length === 0
          ? null
          : (limit) =>
              children
                .slice(0, limit)
                .map((child) => <ChildRun key={child.run.id} branch={child} depth={depth + 1} />)
      }
      count={children.length}
    />
  );
}
