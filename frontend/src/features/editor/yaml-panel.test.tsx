import { MantineProvider } from "@mantine/core";
import { act, render, screen } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { open, setFaults } from "./editor-store";
import { YamlPanel } from "./yaml-panel";
import { toYaml } from "./yaml-text";

const DOCUMENT = { format: "perdure/v1", name: "Mails", nodes: [{ id: "ask", kind: "nonsense" }] };

beforeEach(() => open("mails", DOCUMENT, 1));

test("a fault is marked in the line where it is, and the mark goes with it", () => {
  const lines = toYaml(DOCUMENT).split("\n");
  const line = lines.findIndex((text) => text.includes("nonsense"));
  render(
    <MantineProvider env="test">
      <YamlPanel />
    </MantineProvider>,
  );
  expect(screen.getByRole("textbox", { name: "Document as YAML" }).textContent).toContain("nonsense");
  expect(marked()).toEqual([]);
  const column = (lines[line]?.indexOf("nonsense") ?? 0) + 1;
  const fault = { code: "unknown_kind", node: "ask", field: "kind", message: "No such kind." };
  act(() => setFaults([{ ...fault, line: line + 1, column }]));
  expect(marked()).toEqual(["nonsense"]);
  expect(document.querySelectorAll(".cm-lint-marker-error")).toHaveLength(1);
  act(() => setFaults([]));
  expect(marked()).toEqual([]);
});

function marked(): (string | null)[] {
  return [...document.querySelectorAll(".cm-lintRange-error")].map(({ textContent }) => textContent);
}
