import type { NodeProps } from "@xyflow/react";
import { createContext, memo, useContext, useMemo } from "react";
import type { DocumentDiff } from "@/api/generated/perdure.schemas";
import type { CanvasNode } from "@/components/graph/elements";
import { GroupFrame } from "@/components/graph/group-frame";
import { NodeCard } from "@/components/graph/node-card";
import { ReadOnlyCanvas } from "@/components/graph/read-only-canvas";
import { LoadingRows } from "@/components/loading";
import { ChangeIcon } from "../diff-summary";
import type { EditedDocument, Kinds } from "../document-edits";
import { useFlow } from "../use-flow";
import classes from "./diff-canvas.module.css";
import { type Change, edgeChanges, mergedDocument, nodeChanges } from "./merged-document";

const ChangesContext = createContext<ReadonlyMap<string, Change>>(new Map());

interface Props {
  after: EditedDocument;
  diff: DocumentDiff;
  kinds: Kinds;
  selected: string | null;
  onSelect: (path: string | null) => void;
}

/** Two documents in one drawing: what is new, what is gone, what differs. */
export function DiffCanvas({ after, diff, kinds, selected, onSelect }: Props) {
  const merged = useMemo(() => mergedDocument(after, diff, kinds), [after, diff, kinds]);
  const changes = useMemo(() => nodeChanges(diff, kinds), [diff, kinds]);
  const fates = useMemo(() => edgeChanges(diff), [diff]);
  const { flow, layout, nodes, edges, ready } = useFlow(merged, kinds);
  const steps = useMemo(
    () =>
      nodes
        .filter((node): node is CanvasNode => node.type === "step" || node.type === "frame")
        .map((node) => (node.id === selected ? { ...node, selected: true } : node)),
    [nodes, selected],
  );
  const lines = useMemo(
    () =>
      edges.map((edge) => {
        const fate = fates.get(edge.id);
        return fate ? { ...edge, className: classes[fate] ?? "" } : edge;
      }),
    [edges, fates],
  );
  if (!ready || (flow.nodes.length > 0 && Object.keys(layout.nodes).length === 0))
    return <LoadingRows rows={3} height={80} />;
  return (
    <ChangesContext.Provider value={changes}>
      <ReadOnlyCanvas
        nodes={steps}
        edges={lines}
        nodeTypes={NODE_TYPES}
        onSelect={onSelect}
        label="Both versions in one drawing"
      />
    </ChangesContext.Provider>
  );
}

const DiffNode = memo(function DiffNode({ id, data, selected }: NodeProps<CanvasNode>) {
  const change = useContext(ChangesContext).get(id);
  return (
    <div className={classes.node} data-change={change}>
      <NodeCard flow={data.flow} selected={selected} aside={change && <ChangeIcon change={change} />} />
    </div>
  );
});

const DiffGroup = memo(function DiffGroup({ id, data, selected }: NodeProps<CanvasNode>) {
  const change = useContext(ChangesContext).get(id);
  return (
    <div className={classes.node} data-change={change}>
      <GroupFrame flow={data.flow} selected={selected} aside={change && <ChangeIcon change={change} />} />
    </div>
  );
});

const NODE_TYPES = { step: DiffNode, frame: DiffGroup };
