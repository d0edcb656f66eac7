import { MultiSelect, Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import { useShallow } from "zustand/react/shallow";
import { graphIn, sourceOf } from "@/lib/graph/document";
import { connect, disconnect, idsIn, joinPath, type Kinds, nodeAt, splitPath } from "./document-edits";
import { edit, useEditor } from "./editor-store";

interface Props {
  path: string;
  ports: readonly string[];
  kinds: Kinds;
}

/** Where a step leads: the same as its lines on the canvas, for whoever would rather choose than draw. */
export function NodeConnections({ path, ports, kinds }: Props) {
  const { parent, id } = splitPath(path);
  const ends = useEditor(useShallow(({ document }) => endsOf(document, parent, id, kinds)));
  const names = useEditor(useShallow(({ document }) => idsIn(document, parent, kinds)));
  const targets = useMemo(() => names.filter((name) => name !== id), [names, id]);
  if (ports.length === 0 || targets.length === 0) return null;
  const change = (port: string, next: string[]) => {
    const before = chosenIn(ends, port);
    edit((document) => {
      const gone = before.filter((to) => !next.includes(to));
      const fresh = next.filter((to) => !before.includes(to));
      const cut = gone.reduce(
        (rest, to) => disconnect(rest, path, port, joinPath(parent, to), kinds),
        document,
      );
      return fresh.reduce((rest, to) => connect(rest, path, port, joinPath(parent, to), kinds), cut);
    });
  };
  return (
    <Stack gap="xs" mt="lg" component="section" aria-label="Connections">
      <Text size="sm" fw={560}>
        Then
      </Text>
      {ports.map((port) => (
        <MultiSelect
          key={port}
          size="xs"
          label={ports.length > 1 ? port : undefined}
          aria-label={ports.length > 1 ? undefined : "Next steps"}
          placeholder={chosenIn(ends, port).length === 0 ? "Nothing: the path ends here" : ""}
          data={targets}
          searchable
          value={chosenIn(ends, port)}
          onChange={(next) => change(port, next)}
        />
      ))}
    </Stack>
  );
}

/** Edges of a step as `port>target`: texts, so that it is easily seen whether any changed. */
function endsOf(
  document: Record<string, unknown>,
  parent: string | null,
  id: string,
  kinds: Kinds,
): string[] {
  const container = parent === null ? undefined : nodeAt(document, parent, kinds);
  const setting = container && kinds.get(container.kind)?.graphs[0];
  const graph = parent === null ? document : setting && container?.with?.[setting];
  return graphIn(graph).edges.flatMap((edge) => {
    const { node, port } = sourceOf(edge);
    return node === id ? [`${port}>${edge.to}`] : [];
  });
}

function chosenIn(ends: readonly string[], port: string): string[] {
  return ends.filter((end) => end.startsWith(`${port}>`)).map((end) => end.slice(port.length + 1));
}
