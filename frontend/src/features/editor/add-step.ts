import { useCallback } from "react";
import { type DocumentNode, isRecord, type Point } from "@/lib/graph/document";
import { portsOf } from "@/lib/graph/flow";
import type { AddPlace } from "./add-menu";
import { isStep } from "./canvas-extras";
import {
  addNode,
  type EditedDocument,
  freshId,
  insertNode,
  joinPath,
  type Kinds,
  placeNodes,
  splitPath,
} from "./document-edits";
import { edit, select, useEditor } from "./editor-store";
import { freePort } from "./free-port";
import { starterOf } from "./node-starter";

type Place = Omit<AddPlace, "screen">;

/** Adds a step where a place says, or behind the one that is selected. */
export function useAddStep(kinds: Kinds) {
  return useCallback(
    (name: string, place: Place = behindSelected()) => {
      const kind = kinds.get(name);
      if (!kind) return;
      let path = "";
      edit((document) => {
        const parent = parentOf(place);
        const node = starterOf(kind, freshId(document, parent, name, kinds));
        path = joinPath(parent, node.id);
        return placed(added(document, parent, node, place, kinds), path, place.at);
      });
      select([path]);
    },
    [kinds],
  );
}

function behindSelected(): Place {
  const path = useEditor.getState().selected.find(isStep);
  return path === undefined ? {} : { after: { path } };
}

function parentOf({ parent, after, edge }: Place): string | null {
  const beside = edge?.source ?? after?.path;
  return beside === undefined ? (parent ?? null) : splitPath(beside).parent;
}

function added(
  document: EditedDocument,
  parent: string | null,
  node: DocumentNode,
  { after, edge }: Place,
  kinds: Kinds,
): EditedDocument {
  if (edge) return insertNode(document, edge, node, kinds, portsOf(node, kinds.get(node.kind))[0]);
  if (!after) return addNode(document, parent, node, kinds);
  const { path, port } = after;
  const from = port === undefined ? freePort(document, path, kinds) : { id: splitPath(path).id, port };
  return addNode(document, parent, node, kinds, from);
}

/** Where everything is placed by hand, a new step stands where the pointer was. */
function placed(document: EditedDocument, path: string, at: Point | undefined): EditedDocument {
  const byHand = isRecord(document.layout) && Object.keys(document.layout).length > 0;
  if (!at || !byHand || splitPath(path).parent !== null) return document;
  return placeNodes(document, { [path]: { x: Math.round(at.x), y: Math.round(at.y) } });
}
