import { Handle, Position } from "@xyflow/react";
import type { ReactNode } from "react";
import type { FlowNode } from "@/lib/graph/flow";
import { portOffset, portSlots, sizeOf } from "@/lib/graph/sizes";
import type { Tone } from "../status";
import { KindIcon } from "./kind-icon";
import classes from "./node-card.module.css";

interface Props {
  flow: FlowNode;
  /** Under the name; the title of the kind if nothing is more to the point. */
  subtitle?: ReactNode;
  /** At the right: how it stands. */
  aside?: ReactNode;
  tone?: Tone | undefined;
  selected?: boolean;
  /** Did not run, and will not. */
  faded?: boolean;
  faulty?: boolean;
  connectable?: boolean;
}

/** A place in the card is counted from within its border. */
const BORDER = 1;

/** A node on the canvas. */
export function NodeCard({
  flow,
  subtitle,
  aside,
  tone,
  selected,
  faded,
  faulty,
  connectable = false,
}: Props) {
  const { node, kind, ports } = flow;
  const { width } = sizeOf(flow);
  const slots = portSlots(ports);
  return (
    <div
      className={classes.card}
      data-tone={tone}
      data-selected={selected || undefined}
      data-faded={faded || undefined}
      data-faulty={faulty || undefined}
      data-category={kind?.category}
    >
      <Handle type="target" position={Position.Top} className={classes.handle} isConnectable={connectable} />
      <div className={classes.main}>
        <span className={classes.icon}>
          <KindIcon name={kind?.icon} />
        </span>
        <div className={classes.text}>
          <div className={classes.name}>{node.name || node.id}</div>
          <div className={classes.subtitle}>{subtitle ?? kind?.title ?? node.kind}</div>
        </div>
        {aside}
      </div>
      {slots.length > 0 && (
        <div className={classes.ports}>
          {slots.map((slot) => (
            <span key={slot.port} style={{ width: slot.width }} className={classes.port}>
              {slot.port}
            </span>
          ))}
        </div>
      )}
      {ports.map((port) => (
        <Handle
          key={port}
          id={port}
          type="source"
          position={Position.Bottom}
          className={classes.handle}
          style={{ left: portOffset(ports, port, width) - BORDER }}
          isConnectable={connectable}
        />
      ))}
    </div>
  );
}
