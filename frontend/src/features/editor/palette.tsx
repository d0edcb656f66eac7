import { TextInput } from "@mantine/core";
import { IconNote, IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { NodeKind } from "@/api/generated/perdure.schemas";
import { KindIcon } from "@/components/graph/kind-icon";
import { groupBy } from "@/lib/collections";
import type { Kinds } from "./document-edits";
import classes from "./palette.module.css";
import { foundKinds } from "./palette-search";

const ORDER = ["ai", "logic", "data", "people", "io"];
const LABELS: Record<string, string> = {
  ai: "Models",
  logic: "Logic",
  data: "Data",
  people: "People",
  io: "Outside world",
};

interface Props {
  kinds: Kinds;
  onAdd: (kind: string) => void;
  onNote: () => void;
}

/** Kinds of nodes to drag onto the canvas, or to add behind what is selected. */
export function Palette({ kinds, onAdd, onNote }: Props) {
  const [text, setText] = useState("");
  const groups = useMemo(() => grouped(kinds, text.trim().toLowerCase()), [kinds, text]);
  const first = useMemo(() => foundKinds(kinds, text)[0], [kinds, text]);
  return (
    <section className={classes.palette} aria-label="Steps">
      <TextInput
        size="xs"
        aria-label="Find a step"
        placeholder="Add a step"
        leftSection={<IconSearch size={14} />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !first) return;
          onAdd(first.kind);
          setText("");
        }}
      />
      <div className={classes.groups}>
        {groups.map(([category, items]) => (
          <div key={category}>
            <h2 className={classes.category}>{LABELS[category] ?? category}</h2>
            {items.map((kind) => (
              <PaletteItem key={kind.kind} kind={kind} onAdd={onAdd} />
            ))}
          </div>
        ))}
        {text === "" && (
          <div>
            <h2 className={classes.category}>Canvas</h2>
            <button type="button" className={classes.item} onClick={onNote}>
              <IconNote size={17} stroke={1.6} aria-hidden />
              Note
            </button>
          </div>
        )}
      </div>
    </section>
  );
}

interface ItemProps {
  kind: NodeKind;
  onAdd: (kind: string) => void;
}

function PaletteItem({ kind, onAdd }: ItemProps) {
  return (
    <button
      type="button"
      className={classes.item}
      draggable
      title={kind.description}
      onDragStart={(event) => {
        event.dataTransfer.setData("application/x-perdure-kind", kind.kind);
        event.dataTransfer.effectAllowed = "copy";
      }}
      onClick={() => onAdd(kind.kind)}
    >
      <KindIcon name={kind.icon} size={17} />
      {kind.title}
    </button>
  );
}

function grouped(kinds: Kinds, text: string): [string, NodeKind[]][] {
  const found = foundKinds(kinds, text);
  const groups = groupBy(found, ({ category }) => category);
  return [...groups].sort(([one], [other]) => rank(one) - rank(other));
}

function rank(category: string): number {
  const place = ORDER.indexOf(category);
  return place < 0 ? ORDER.length : place;
}
