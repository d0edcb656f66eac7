import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { ReactFlowProvider } from "@xyflow/react";
import { expect, test } from "vitest";
import { canvasEdges, canvasNodes } from "@/components/graph/elements";
import { createRunStore, RunStoreProvider } from "@/components/live-run/run-store";
import { flowOf } from "@/lib/graph/flow";
import { quickLayout } from "@/lib/graph/quick-layout";
import type { Kinds } from "./document-edits";
import { EditorCanvas } from "./editor-canvas";

const KINDS = new Map([["llm", { kind: "llm", graphs: [] }]]) as unknown as Kinds;

test.each([
  [15, 0],
  [16, 16],
])("of %i steps, an overview draws %i", async (count, drawn) => {
  const nodes = Array.from({ length: count }, (_, index) => ({ id: `s${index}`, kind: "llm" }));
  const flow = flowOf({ nodes }, KINDS);
  const layout = quickLayout(flow);
  render(
    <MantineProvider env="test">
      <RunStoreProvider value={createRunStore()}>
        <ReactFlowProvider>
          <EditorCanvas
            flow={flow}
            layout={layout}
            nodes={canvasNodes(flow, layout)}
            edges={canvasEdges(flow, layout)}
            kinds={KINDS}
            onDropKind={() => undefined}
            onAddAt={() => undefined}
          />
        </ReactFlowProvider>
      </RunStoreProvider>
    </MantineProvider>,
  );
  await screen.findByRole("application", { name: "Workflow" });
  const line = screen.queryByRole("img", { name: "Overview" })?.querySelector("path")?.getAttribute("d");
  expect(line?.match(/M/g)?.length ?? 0).toBe(drawn);
});
