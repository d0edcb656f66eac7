import { Button } from "@mantine/core";
import { IconPinFilled, IconPlus } from "@tabler/icons-react";
import type { NodeProps } from "@xyflow/react";
import { memo, useContext } from "react";
import type { CanvasNode } from "@/components/graph/elements";
import { GroupFrame } from "@/components/graph/group-frame";
import { NodeCard } from "@/components/graph/node-card";
import { ItemSelect } from "@/components/live-run/item-select";
import { useNodeLook } from "@/components/live-run/node-look";
import { stepOf, useRun } from "@/components/live-run/run-store";
import { lookOf, StatusIcon } from "@/components/status";
import { graphIn, isRecord } from "@/lib/graph/document";
import { CanvasActionsContext } from "./canvas-actions";
import { useDropTarget } from "./drop-target";
import classes from "./editor-node.module.css";
import { useEditor } from "./editor-store";

/** A node under edit. */
export const EditorNode = memo(function EditorNode({ id, data, selected }: NodeProps<CanvasNode>) {
  const faults = useEditor((editor) => editor.faultsByNode[id]?.length ?? 0);
  const { tone, subtitle, aside } = useNodeLook(id);
  return (
    <NodeCard
      flow={data.flow}
      selected={selected}
      faulty={faults > 0}
      tone={tone}
      subtitle={subtitle}
      aside={
        <>
          <Marks id={id} faults={faults} />
          {aside}
        </>
      }
      connectable
    />
  );
});

/** A node under edit that holds a graph of its own. */
export const EditorGroup = memo(function EditorGroup({ id, data, selected }: NodeProps<CanvasNode>) {
  const faults = useEditor((editor) => editor.faultsByNode[id]?.length ?? 0);
  const status = useRun((run) => stepOf(run, id)?.status);
  const receives = useDropTarget((target) => target.id === id);
  const { node, kind } = data.flow;
  const body = graphIn(node.with?.[kind?.graphs[0] ?? ""]);
  return (
    <>
      <GroupFrame
        flow={data.flow}
        selected={selected || receives}
        faulty={faults > 0}
        tone={status === undefined ? undefined : lookOf(status).tone}
        aside={
          <>
            <Marks id={id} faults={faults} />
            {status && <ItemSelect node={id} />}
            {status && <StatusIcon status={status} size={18} />}
          </>
        }
        connectable
      />
      {body.nodes.length === 0 && <FirstStep id={id} />}
    </>
  );
});

function FirstStep({ id }: { id: string }) {
  const { fill } = useContext(CanvasActionsContext);
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<IconPlus size={14} />}
      className={`${classes.first} nodrag`}
      onClick={(event) => {
        const { left, bottom } = event.currentTarget.getBoundingClientRect();
        fill(id, { x: left, y: bottom + 6 });
      }}
    >
      First step
    </Button>
  );
}

function Marks({ id, faults }: { id: string; faults: number }) {
  const pinned = useEditor(({ document }) => isRecord(document.pins) && id in document.pins);
  return (
    <>
      {pinned && (
        <span role="img" aria-label="Output pinned" title="Output pinned" className={classes.pin}>
          <IconPinFilled size={14} aria-hidden />
        </span>
      )}
      <FaultCount count={faults} />
    </>
  );
}

function FaultCount({ count }: { count: number }) {
  if (count === 0) return null;
  const said = count === 1 ? "1 fault" : `${count} faults`;
  return (
    <span className={classes.faults} role="img" aria-label={said} title={said}>
      {count}
    </span>
  );
}
