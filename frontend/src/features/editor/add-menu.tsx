import { TextInput } from "@mantine/core";
import { useClickOutside } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { NodeKind } from "@/api/generated/perdure.schemas";
import { KindIcon } from "@/components/graph/kind-icon";
import classes from "./add-menu.module.css";
import type { Kinds } from "./document-edits";
import { foundKinds } from "./palette-search";

export interface AddPlace {
  /** Where the menu opens, in the stage. */
  screen: { x: number; y: number };
  /** Where the step goes, if it is placed by hand. */
  at?: { x: number; y: number };
  /** The container in whose body it stands, if nothing else says so. */
  parent?: string | null;
  /** What it goes on from. */
  after?: { path: string; port?: string };
  /** The edge into which it is put. */
  edge?: { source: string; port: string; target: string };
}

const SIZE = { width: 270, height: 350 } as const;

/** The place nearest to a point where the menu can be seen as a whole. */
export function withRoom({ x, y }: { x: number; y: number }, stage: { width: number; height: number }) {
  return {
    x: Math.max(8, Math.min(x, stage.width - SIZE.width - 8)),
    y: Math.max(8, Math.min(y, stage.height - SIZE.height - 8)),
  };
}

interface Props {
  kinds: Kinds;
  place: AddPlace;
  onAdd: (kind: string, place: AddPlace) => void;
  onClose: () => void;
}

/** Kinds of steps to choose from by name, right where the next step will be. */
export function AddMenu({ kinds, place, onAdd, onClose }: Props) {
  const [text, setText] = useState("");
  const [marked, setMarked] = useState(0);
  const found = useMemo(() => foundKinds(kinds, text), [kinds, text]);
  const box = useClickOutside<HTMLDivElement>(onClose);
  const add = (kind: NodeKind | undefined) => {
    if (!kind) return;
    onClose();
    onAdd(kind.kind, place);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "Escape") onClose();
    else if (event.key === "ArrowDown") setMarked(Math.min(marked + 1, found.length - 1));
    else if (event.key === "ArrowUp") setMarked(Math.max(marked - 1, 0));
    else if (event.key === "Enter") add(found[marked]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={box}
      className={classes.menu}
      role="dialog"
      aria-label="Add a step"
      style={{ left: place.screen.x, top: place.screen.y }}
    >
      <TextInput
        size="xs"
        aria-label="Name of the step"
        aria-controls="add-menu-kinds"
        aria-activedescendant={found[marked] ? `add-${found[marked].kind}` : undefined}
        role="combobox"
        aria-expanded
        placeholder="What comes next?"
        leftSection={<IconSearch size={14} />}
        data-autofocus
        autoFocus
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setMarked(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className={classes.kinds} id="add-menu-kinds" role="listbox" aria-label="Steps">
        {found.map((kind, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the text above
          <div
            key={kind.kind}
            id={`add-${kind.kind}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === marked}
            className={classes.kind}
            onClick={() => add(kind)}
            onMouseMove={() => setMarked(index)}
          >
            <KindIcon name={kind.icon} size={17} />
            <span className={classes.words}>
              <span>{kind.title}</span>
              <span className={classes.what}>{kind.description}</span>
            </span>
          </div>
        ))}
        {found.length === 0 && <p className={classes.none}>No step has this name.</p>}
      </div>
    </div>
  );
}
