import { plural } from "@/lib/format";
import { notifyDone } from "@/lib/notify";
import { type Kinds, nodeAt } from "./document-edits";
import { edit, select, undo, useEditor } from "./editor-store";
import type { Moved } from "./move-steps";

/** Go on with steps in another graph, and say so, with a way back; false if none has moved. */
export function takeOver({ document, paths, cut }: Moved, target: string | null, kinds: Kinds): boolean {
  if (paths.size === 0) return false;
  const before = useEditor.getState().document;
  edit(() => document);
  select([...paths.values()]);
  const name = target === null ? null : nodeAt(before, target, kinds)?.name || target;
  const where = name === null ? "Moved out of its container" : `Moved into ${name}`;
  notifyDone(cut === 0 ? where : `${where}; ${plural(cut, "connection")} cut`, undo);
  return true;
}
