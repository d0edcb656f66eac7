import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { IconTransferIn } from "@tabler/icons-react";
import { type EditedDocument, type Kinds, splitPath, unplaceNodes } from "./document-edits";
import { useEditor } from "./editor-store";
import { containersIn, isWithin, moveSteps } from "./move-steps";
import { takeOver } from "./take-over";

interface Props {
  steps: readonly string[];
  kinds: Kinds;
}

/** Moves steps into the body of a container, or out of it; dragging does the same. */
export function MoveMenu({ steps, kinds }: Props) {
  const document = useEditor((editor) => editor.document);
  const targets = targetsOf(document, steps, kinds);
  if (targets.length === 0) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Tooltip label="Move into …">
          <ActionIcon aria-label="Move into …">
            <IconTransferIn size={16} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflow: "auto" }}>
        {targets.map(({ path, name }) => (
          <Menu.Item key={path ?? ""} onClick={() => move(steps, path, kinds)}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface Target {
  path: string | null;
  name: string;
}

/** Graphs in which the steps do not stand yet, and which are not part of them. */
function targetsOf(document: EditedDocument, steps: readonly string[], kinds: Kinds): Target[] {
  const graphs = [{ path: null, name: "Out, to the workflow" }, ...containersIn(document, kinds)];
  return graphs.filter(
    ({ path }) =>
      steps.some((step) => splitPath(step).parent !== path) && !steps.some((step) => isWithin(path, step)),
  );
}

/** Where steps stood says nothing about another graph, so that they get a free place there. */
function move(steps: readonly string[], target: string | null, kinds: Kinds): void {
  const moved = moveSteps(useEditor.getState().document, steps, target, kinds);
  takeOver({ ...moved, document: unplaceNodes(moved.document, [...moved.paths.values()]) }, target, kinds);
}
