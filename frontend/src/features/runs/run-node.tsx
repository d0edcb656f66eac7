import type { NodeProps } from "@xyflow/react";
import type { CanvasNode } from "@/components/graph/elements";
import { GroupFrame } from "@/components/graph/group-frame";
import { NodeCard } from "@/components/graph/node-card";
import { ItemSelect } from "@/components/live-run/item-select";
import { useNodeLook } from "@/components/live-run/node-look";
import { stepOf, useRun } from "@/components/live-run/run-store";
import { lookOf, StatusIcon } from "@/components/status";

/** A node of the run's version, painted with where it stands. */
export function RunNode({ id, data, selected }: NodeProps<CanvasNode>) {
  const { status, skipped, ...look } = useNodeLook(id);
  return <NodeCard flow={data.flow} selected={selected} faded={status === undefined || skipped} {...look} />;
}

/** A container of the run's version; chooses which of its items the nodes inside speak of. */
export function RunGroup({ id, data, selected }: NodeProps<CanvasNode>) {
  const status = useRun((run) => stepOf(run, id)?.status);
  return (
    <GroupFrame
      flow={data.flow}
      selected={selected}
      // Its room goes to the choice of items.
      subtitle={status ? "" : undefined}
      tone={status === undefined ? undefined : lookOf(status).tone}
      aside={
        <>
          {status && <ItemSelect node={id} />}
          {status && <StatusIcon status={status} size={18} />}
        </>
      }
    />
  );
}
