import { ActionIcon } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { EdgeLabelRenderer, type EdgeProps, getSmoothStepPath } from "@xyflow/react";
import { memo, useContext } from "react";
import { type CanvasEdge, FlowEdgeLine } from "@/components/graph/flow-edge";
import { labelPoint } from "@/lib/graph/paths";
import { CanvasActionsContext } from "./canvas-actions";
import classes from "./editor-edge.module.css";
import { enterEdge, leaveEdge, useNearEdge } from "./near-edge";

/** An edge under edit: under the pointer it offers to put a step in, or to be taken away. */
export const EditorEdge = memo(function EditorEdge(props: EdgeProps<CanvasEdge>) {
  const near = useNearEdge(({ id }) => id === props.id);
  return (
    <>
      <FlowEdgeLine {...props} />
      {(near || props.selected) && <Buttons {...props} />}
    </>
  );
});

function Buttons(edge: EdgeProps<CanvasEdge>) {
  const { insert, remove } = useContext(CanvasActionsContext);
  const [, labelX, labelY] = getSmoothStepPath(edge);
  const middle = edge.data?.route ? labelPoint(edge.data.route) : { x: labelX, y: labelY };
  const ends = { source: edge.source, port: edge.sourceHandleId ?? "out", target: edge.target };
  return (
    <EdgeLabelRenderer>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only keeps the buttons in sight */}
      <div
        className={`${classes.buttons} nodrag nopan`}
        style={{ transform: `translate(-50%, -50%) translate(${middle.x}px, ${middle.y}px)` }}
        onMouseEnter={() => enterEdge(edge.id)}
        onMouseLeave={leaveEdge}
      >
        <ActionIcon
          size="sm"
          variant="filled"
          aria-label="Put a step in"
          title="Put a step in"
          onClick={(event) => insert(ends, { x: event.clientX, y: event.clientY })}
        >
          <IconPlus size={14} />
        </ActionIcon>
        <ActionIcon
          size="sm"
          variant="default"
          aria-label="Take the connection away"
          title="Take the connection away"
          onClick={() => remove(ends)}
        >
          <IconX size={14} />
        </ActionIcon>
      </div>
    </EdgeLabelRenderer>
  );
}
