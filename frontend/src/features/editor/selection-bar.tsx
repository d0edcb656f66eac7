import { ActionIcon, Menu, Text, Tooltip } from "@mantine/core";
import {
  IconBoxMultiple,
  IconCopy,
  IconCopyPlus,
  IconLayoutAlignBottom,
  IconLayoutAlignCenter,
  IconLayoutAlignLeft,
  IconLayoutAlignMiddle,
  IconLayoutAlignRight,
  IconLayoutAlignTop,
  IconLayoutDistributeHorizontal,
  IconLayoutDistributeVertical,
  IconTrash,
} from "@tabler/icons-react";
import { plural } from "@/lib/format";
import { notifyDone, notifyFailure } from "@/lib/notify";
import type { Arrangement } from "./arrange";
import { groupsOf, isStep, withGroup, withoutExtras } from "./canvas-extras";
import { type Kinds, removeNodes, splitPath } from "./document-edits";
import { edit, select, useEditor } from "./editor-store";
import { MoveMenu } from "./move-menu";
import { clipOf, duplicate } from "./node-clipboard";
import classes from "./selection-bar.module.css";

interface Props {
  kinds: Kinds;
  onArrange: (how: Arrangement) => void;
}

/** What is done with several steps at once. */
export function SelectionBar({ kinds, onArrange }: Props) {
  const selected = useEditor((editor) => editor.selected);
  if (selected.length < 2) return null;
  const steps = selected.filter(isStep);
  return (
    <div className={classes.bar} role="toolbar" aria-label="Selection">
      <Text size="sm" fw={560} px={6} className="numbers">
        {plural(selected.length, "thing")}
      </Text>
      <AlignMenu onArrange={onArrange} disabled={steps.length < 2} />
      <Tool label="Group (Ctrl G)" icon={<IconBoxMultiple size={17} />} onClick={() => groupSteps(steps)} />
      <Tool
        label="Duplicate (Ctrl D)"
        icon={<IconCopyPlus size={17} />}
        onClick={() => duplicate(steps, kinds)}
      />
      <Tool
        label="Copy as text (Ctrl C)"
        icon={<IconCopy size={17} />}
        onClick={() => void copy(steps, kinds)}
      />
      <MoveMenu steps={steps} kinds={kinds} />
      <Tool label="Delete (Del)" icon={<IconTrash size={17} />} onClick={() => removeAll(selected, kinds)} />
    </div>
  );
}

/** Put a frame around steps of the root graph. */
export function groupSteps(paths: readonly string[]): void {
  const ids = paths.filter((path) => isStep(path) && splitPath(path).parent === null);
  if (ids.length === 0) return;
  const index = groupsOf(useEditor.getState().document).length;
  edit((document) => withGroup(document, index, { title: "", nodes: ids }));
  select([`group:${index}`]);
}

/** Take steps, notes and frames away. */
export function removeAll(ids: readonly string[], kinds: Kinds): void {
  edit((document) => withoutExtras(removeNodes(document, ids.filter(isStep), kinds), ids));
  select([]);
}

async function copy(steps: readonly string[], kinds: Kinds): Promise<void> {
  const text = clipOf(useEditor.getState().document, steps, kinds);
  if (text === null) return;
  try {
    await navigator.clipboard.writeText(text);
    notifyDone(`${plural(steps.length, "step")} copied. Paste them here, or into another workflow.`);
  } catch (error) {
    notifyFailure("Nothing was copied", error);
  }
}

const ALIGNMENTS: { how: Arrangement; label: string; icon: React.ReactNode }[] = [
  { how: "left", label: "Left edges", icon: <IconLayoutAlignLeft size={16} /> },
  { how: "center", label: "Centres, in a column", icon: <IconLayoutAlignCenter size={16} /> },
  { how: "right", label: "Right edges", icon: <IconLayoutAlignRight size={16} /> },
  { how: "top", label: "Top edges", icon: <IconLayoutAlignTop size={16} /> },
  { how: "middle", label: "Centres, in a row", icon: <IconLayoutAlignMiddle size={16} /> },
  { how: "bottom", label: "Bottom edges", icon: <IconLayoutAlignBottom size={16} /> },
  { how: "across", label: "Equal gaps across", icon: <IconLayoutDistributeVertical size={16} /> },
  { how: "down", label: "Equal gaps down", icon: <IconLayoutDistributeHorizontal size={16} /> },
];

function AlignMenu({ onArrange, disabled }: { onArrange: (how: Arrangement) => void; disabled: boolean }) {
  return (
    <Menu position="top">
      <Menu.Target>
        <ActionIcon aria-label="Align" title="Align" disabled={disabled}>
          <IconLayoutAlignCenter size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {ALIGNMENTS.map(({ how, label, icon }) => (
          <Menu.Item key={how} leftSection={icon} onClick={() => onArrange(how)}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface ToolProps {
  label: string;
  icon: React.ReactNode;
  onClick: () => void;
}

function Tool({ label, icon, onClick }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={onClick}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
