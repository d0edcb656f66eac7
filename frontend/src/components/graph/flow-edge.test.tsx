import { render } from "@testing-library/react";
import { Position, ReactFlowProvider } from "@xyflow/react";
import { expect, test } from "vitest";
import { FlowEdgeLine } from "./flow-edge";

const ENDS = {
  id: "good.redraft>draft",
  source: "good",
  target: "draft",
  sourceX: 100,
  sourceY: 300,
  targetX: 100,
  targetY: 0,
  sourcePosition: Position.Bottom,
  targetPosition: Position.Top,
};

test("an edge that leads back goes beside the steps that it repeats, and is told apart", () => {
  const { line, path } = drawn({ back: true });
  expect(line.dataset.back).toBe("true");
  const across = [...path.matchAll(/[\d.-]+ [\d.-]+/g)].map(([point]) => Number(point.split(" ")[0]));
  // Right of the cards, which reach 118 to each side of their middle.
  expect(Math.max(...across)).toBeGreaterThan(ENDS.sourceX + 118);
});

test("an edge that leads on is none of these, and goes where the layout has found a way", () => {
  const route = [
    { x: 100, y: 300 },
    { x: 100, y: 400 },
  ];
  const { line, path } = drawn({ back: false, route });
  expect(line.dataset.back).toBeUndefined();
  expect(path).toBe("M 100 300 L 100 400");
});

function drawn(data: Parameters<typeof FlowEdgeLine>[0]["data"]) {
  const { container } = render(
    <ReactFlowProvider>
      <svg>
        <title>Edges</title>
        <FlowEdgeLine {...(ENDS as unknown as Parameters<typeof FlowEdgeLine>[0])} data={data} />
      </svg>
    </ReactFlowProvider>,
  );
  const line = container.querySelector("g") as unknown as SVGGElement;
  return { line, path: container.querySelector("path")?.getAttribute("d") ?? "" };
}
