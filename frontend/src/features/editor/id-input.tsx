import { TextInput } from "@mantine/core";
import { useState } from "react";
import { idsIn, type Kinds, renameNode, splitPath } from "./document-edits";
import { edit, select, useEditor } from "./editor-store";

const ID = /^[a-z][a-z0-9_]{0,62}$/;

interface IdProps {
  path: string;
  kinds: Kinds;
}

/** The id counts when the field is left: half an id would break every expression that reads the node. */
export function IdInput({ path, kinds }: IdProps) {
  const { parent, id } = splitPath(path);
  const [text, setText] = useState(id);
  const taken = text !== id && idsIn(useEditor.getState().document, parent, kinds).includes(text);
  const problem = taken
    ? "Another step has this id."
    : ID.test(text)
      ? null
      : "Small letters, digits and _, beginning with a letter.";
  const rename = () => {
    if (text === id || problem !== null) return;
    edit((document) => renameNode(document, path, text, kinds));
    select([parent === null ? text : `${parent}.${text}`]);
  };
  return (
    <TextInput
      label="Id"
      value={text}
      error={problem}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={rename}
      onKeyDown={(event) => event.key === "Enter" && rename()}
    />
  );
}
