import { temporal } from "zundo";
import { create } from "zustand";
import type { FaultProblem } from "@/api/generated/perdure.schemas";
import type { SaveState } from "@/components/autosave/use-saves";
import { groupBy } from "@/lib/collections";
import type { EditedDocument } from "./document-edits";
import type { DraftConflict } from "./draft-conflict";

interface Editor {
  slug: string;
  document: EditedDocument;
  /** Revision on top of which the next save goes. */
  revision: number;
  /** The document of that revision. */
  base: EditedDocument;
  save: SaveState;
  /** Why the last save failed. */
  failure: string | null;
  conflict: DraftConflict | null;
  selected: readonly string[];
  /** A field that somebody wants to see, of the selected step or of the document; each time another object. */
  jump: { of: "step" | "document"; field: string } | null;
  faults: FaultProblem[];
  /** Faults by path of the node. */
  faultsByNode: Record<string, FaultProblem[]>;
}

/** Changes of the same thing that follow each other this fast are undone together, such as the letters of a word. */
const TOGETHER = 1_500;

let lastChange = { of: "", at: 0 };
let belongsToLast = false;

/** The one document under edit. Only the document itself is undone and redone. */
export const useEditor = create<Editor>()(
  temporal(
    (): Editor => ({
      slug: "",
      document: {},
      revision: 0,
      base: {},
      save: "saved",
      failure: null,
      conflict: null,
      selected: [],
      jump: null,
      faults: [],
      faultsByNode: {},
    }),
    {
      limit: 200,
      partialize: ({ document }) => ({ document }),
      equality: (one, other) => one.document === other.document,
      handleSet:
        (keep) =>
        (...past: Parameters<typeof keep>) => {
          if (!belongsToLast) keep(...past);
        },
    },
  ),
);

/** Begin with a stored draft; nothing of an earlier document can be undone into it. */
export function open(slug: string, document: EditedDocument, revision: number): void {
  useEditor.setState({
    slug,
    document,
    revision,
    base: document,
    save: "saved",
    failure: null,
    conflict: null,
    selected: [],
    jump: null,
    faults: [],
    faultsByNode: {},
  });
  useEditor.temporal.getState().clear();
  lastChange = { of: "", at: 0 };
}

/**
 * Change the document.
 *
 * @param of what is changed, if letter by letter; without it the change is undone by itself
 */
export function edit(change: (document: EditedDocument) => EditedDocument, of = ""): void {
  const before = useEditor.getState().document;
  const document = change(before);
  if (document === before) return;
  const now = Date.now();
  belongsToLast = of !== "" && of === lastChange.of && now - lastChange.at < TOGETHER;
  lastChange = { of, at: now };
  useEditor.setState({ document, save: "unsaved" });
  belongsToLast = false;
}

/** Go on from what somebody else has stored, with a document that takes their changes into account. */
export function settle(
  stored: { revision: number; document: EditedDocument },
  document: EditedDocument,
): void {
  useEditor.setState({ revision: stored.revision, base: stored.document, conflict: null, save: "unsaved" });
  edit(() => document);
}

type Unsaved = Pick<Editor, "document" | "revision" | "base">;

/** What it takes to go on later with changes that are not stored. */
export function unsaved(): Unsaved {
  const { document, revision, base } = useEditor.getState();
  return { document, revision, base };
}

/** Go on with changes of an earlier session, on top of the revision from which they were made. */
export function takeUp({ document, revision, base }: Unsaved): void {
  useEditor.setState({ revision, base });
  edit(() => document);
}

export function undo(): void {
  useEditor.temporal.getState().undo();
  useEditor.setState({ save: "unsaved" });
}

export function redo(): void {
  useEditor.temporal.getState().redo();
  useEditor.setState({ save: "unsaved" });
}

export function select(paths: readonly string[]): void {
  const before = useEditor.getState().selected;
  const same = before.length === paths.length && before.every((path, index) => path === paths[index]);
  if (!same) useEditor.setState({ selected: paths, jump: null });
}

/** Select the node of a fault, and go to its field; the settings of the document are opened for a fault of its own. */
export function jumpTo({ node, field }: FaultProblem): void {
  select(node ? [node] : []);
  if (node) useEditor.setState({ jump: field ? { of: "step", field } : null });
  else useEditor.setState({ jump: { of: "document", field: field ?? "" } });
}

export function setFaults(faults: FaultProblem[]): void {
  const byNode = groupBy(faults, (fault) => fault.node ?? "");
  useEditor.setState({ faults, faultsByNode: Object.fromEntries(byNode) });
}
