import { ActionIcon } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { type NodeProps, NodeResizer, NodeToolbar, Position } from "@xyflow/react";
import { memo, useEffect, useRef, useState } from "react";
import { Markdown } from "@/components/markdown";
import { type NoteNode as Data, NOTE, type Note, withNote } from "./canvas-extras";
import { COLORS, ColorDots } from "./color-dots";
import { edit, select } from "./editor-store";
import classes from "./note-node.module.css";
import { SizeSteps } from "./size-steps";

const LEAST = { width: 120, height: 60 } as const;

/** A sticky note: Markdown, written in place. */
export const NoteNode = memo(function NoteNode({ data, selected, id }: NodeProps<Data>) {
  const { index, note } = data;
  const [writing, setWriting] = useState(note.text === "");
  const area = useWritingFocus(writing);
  const change = (changes: Partial<Note>, of = "") =>
    edit((document) => withNote(document, index, { ...note, ...changes }), of);
  const remove = () => {
    select([]);
    edit((document) => withNote(document, index, null));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: there is a button for the same
    <div
      className={classes.note}
      data-color={note.color ?? COLORS[0]}
      data-selected={selected || undefined}
      onDoubleClick={() => setWriting(true)}
    >
      <NodeResizer
        isVisible={selected}
        minWidth={LEAST.width}
        minHeight={LEAST.height}
        lineClassName={classes.line ?? ""}
        handleClassName={classes.corner ?? ""}
        onResizeEnd={(_, { x, y, width, height }) =>
          change({ x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) })
        }
      />
      <NodeToolbar isVisible={selected} position={Position.Top} align="start" className={classes.tools}>
        <ColorDots value={note.color ?? null} onChange={(color) => change({ color })} />
        <SizeSteps
          width={note.width ?? NOTE.width}
          height={note.height ?? NOTE.height}
          least={LEAST}
          onChange={(size) => change(size, `${id} size`)}
        />
        <ActionIcon size="sm" aria-label="Write" onClick={() => setWriting(true)}>
          <IconPencil size={14} />
        </ActionIcon>
        <ActionIcon size="sm" aria-label="Delete note" onClick={remove}>
          <IconTrash size={14} />
        </ActionIcon>
      </NodeToolbar>
      {writing ? (
        <textarea
          ref={area}
          className={`${classes.text} nodrag nowheel`}
          aria-label="Note"
          placeholder="Write a note. Markdown works."
          // Its own while it is written: what comes back through the canvas is a few letters late.
          defaultValue={note.text}
          onChange={(event) => change({ text: event.currentTarget.value }, id)}
          onBlur={(event) => setWriting(event.currentTarget.value === "")}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        />
      ) : (
        <div className={`${classes.shown} nowheel`}>
          <Markdown text={note.text} />
        </div>
      )}
    </div>
  );
});

/** Until the canvas has measured a node, nothing in it can have the focus. */
const MEASURED = 60;

/** Whoever asks for a note wants to write it, and nowhere else. */
function useWritingFocus(writing: boolean) {
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (!writing) return;
    area.current?.focus({ preventScroll: true });
    const timer = setTimeout(() => area.current?.focus({ preventScroll: true }), MEASURED);
    return () => clearTimeout(timer);
  }, [writing]);
  return area;
}
