import { expect, test } from "vitest";
import { nodePath, type StepState, stepKey } from "@/lib/run-state";
import { costOf, type OutlineNode, outlineOf, spanOf, statusOf } from "./run-outline";

function step(path: string, iteration = 0, more: Partial<StepState> = {}): StepState {
  const at = (second: number) => new Date(second * 1_000).toISOString();
  return {
    key: stepKey(path, iteration),
    path,
    node: nodePath(path),
    iteration,
    name: path.toUpperCase(),
    status: "completed",
    startedAt: at(iteration),
    endedAt: at(iteration + 1),
    costUsd: 1,
    ...more,
  } as StepState;
}

function outline(...steps: StepState[]): OutlineNode[] {
  return outlineOf({
    order: steps.map(({ key }) => key),
    steps: Object.fromEntries(steps.map((one) => [one.key, one])),
  });
}

function drawn(nodes: OutlineNode[]): unknown[] {
  return nodes.map((node) => (node.children.length > 0 ? [node.label, drawn(node.children)] : node.label));
}

test("steps of a container stand below their items", () => {
  const tree = outline(
    step("first"),
    step("each"),
    step("each[0].send"),
    step("each[1].send"),
    step("each[0].log"),
  );
  expect(drawn(tree)).toEqual([
    "FIRST",
    [
      "EACH",
      [
        ["Item 1", ["EACH[0].SEND", "EACH[0].LOG"]],
        ["Item 2", ["EACH[1].SEND"]],
      ],
    ],
  ]);
});

test("rounds of a loop stand below their node", () => {
  const tree = outline(step("polish"), step("check"), step("polish", 1), step("polish", 2));
  expect(drawn(tree)).toEqual([["POLISH", ["Round 1", "Round 2", "Round 3"]], "CHECK"]);
  expect(tree[0]?.step?.iteration).toBe(2);
});

test("an item stands as its most urgent step does, and lasts as long as all of them", () => {
  const [each] = outline(step("each[0].a"), step("each[0].b", 4, { status: "failed" }));
  const item = each?.children[0] as OutlineNode;
  expect(statusOf(item)).toBe("failed");
  expect(spanOf(item)).toEqual(["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:05.000Z"]);
});

test("what was spent is added up once", () => {
  const tree = outline(
    step("each"),
    step("each[0].send"),
    step("each[1].send"),
    step("loop"),
    step("loop", 1),
  );
  expect(tree.map(costOf)).toEqual([3, 2]);
});
