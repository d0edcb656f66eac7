import { Handle, Position } from "@xyflow/react";
import { Fragment, type ReactNode } from "react";
import type { FlowNode } from "@/lib/graph/flow";
import type { Tone } from "../status";
import classes from "./group-frame.module.css";
import { KindIcon } from "./kind-icon";

interface Props {
  flow: FlowNode;
  subtitle?: ReactNode;
  aside?: ReactNode;
  tone?: Tone | undefined;
  selected?: boolean;
  faulty?: boolean;
  connectable?: boolean;
}

/** A node that holds a graph of its own: a frame around it. */
export function GroupFrame({ flow, subtitle, aside, tone, selected, faulty, connectable = false }: Props) {
  const { node, kind, ports } = flow;
  return (
    <div
      className={classes.frame}
      data-tone={tone}
      data-selected={selected || undefined}
      data-faulty={faulty || undefined}
    >
      <Handle type="target" position={Position.Top} className={classes.handle} isConnectable={connectable} />
      <div className={classes.header}>
        <KindIcon name={kind?.icon} />
        <span className={classes.name}>{node.name || node.id}</span>
        <span className={classes.subtitle}>{subtitle ?? kind?.title}</span>
        <span className={classes.aside}>{aside}</span>
      </div>
      {ports.map((port, index) => {
        const left = `${((index + 1) / (ports.length + 1)) * 100}%`;
        return (
          <Fragment key={port}>
            {ports.length > 1 && (
              <span className={classes.port} style={{ left }}>
                {port}
              </span>
            )}
            <Handle
              id={port}
              type="source"
              position={Position.Bottom}
              className={classes.handle}
              style={{ left }}
              isConnectable={connectable}
            />
          </Fragment>
        );
      })}
    </div>
  );
}
