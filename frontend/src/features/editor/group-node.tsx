import { ActionIcon, Tooltip } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { type NodeProps, NodeToolbar, Position } from "@xyflow/react";
import { memo } from "react";
import { type GroupNode as Data, type NodeGroup, withGroup } from "./canvas-extras";
import { COLORS, ColorDots } from "./color-dots";
import { edit, select } from "./editor-store";
import classes from "./group-node.module.css";

/** A named frame around steps; whoever drags it by its name moves them all. */
export const GroupNode = memo(function GroupNode({ id, data, selected }: NodeProps<Data>) {
  const { index, group } = data;
  const change = (changes: Partial<NodeGroup>, of = "") =>
    edit((document) => withGroup(document, index, { ...group, ...changes }), of);
  const remove = () => {
    select([]);
    edit((document) => withGroup(document, index, null));
  };
  return (
    <div
      className={classes.frame}
      data-color={group.color ?? COLORS.at(-1)}
      data-selected={selected || undefined}
    >
      <NodeToolbar isVisible={selected} position={Position.Top} align="end" className={classes.tools}>
        <ColorDots value={group.color ?? "gray"} onChange={(color) => change({ color })} />
        <Tooltip label="Take the frame away; the steps stay">
          <ActionIcon size="sm" aria-label="Ungroup" onClick={remove}>
            <IconTrash size={14} />
          </ActionIcon>
        </Tooltip>
      </NodeToolbar>
      <div className={classes.head}>
        {selected ? (
          <input
            className={`${classes.title} nodrag`}
            aria-label="Name of the group"
            placeholder="Name"
            // Its own while it is written: what comes back through the canvas is a few letters late.
            defaultValue={group.title}
            onChange={(event) => change({ title: event.currentTarget.value }, id)}
          />
        ) : (
          <span className={classes.title}>{group.title || "Group"}</span>
        )}
      </div>
    </div>
  );
});
