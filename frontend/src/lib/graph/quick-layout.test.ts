import { expect, test } from "vitest";
import type { NodeKind } from "@/api/generated/perdure.schemas";
import { flowOf } from "./flow";
import { quickLayout } from "./quick-layout";

const KINDS = new Map([["foreach", { kind: "foreach", graphs: ["body"] } as unknown as NodeKind]]);

test("each step stands below those from which one comes; loops do no harm", () => {
  const nodes = ["a", "b", "c", "d"].map((id) => ({ id, kind: "t" }));
  const edges = ["a>b", "a>c", "b>d", "c>d", "d>a"].map((edge) => {
    const [from, to] = edge.split(">");
    return { from, to };
  });
  const { nodes: places } = quickLayout(flowOf({ nodes, edges }, KINDS));
  expect(places.a?.y).toBeLessThan(places.b?.y ?? 0);
  expect(places.b?.y).toBe(places.c?.y);
  expect(places.c?.y).toBeLessThan(places.d?.y ?? 0);
  expect(Math.abs((places.b?.x ?? 0) - (places.c?.x ?? 0))).toBeGreaterThanOrEqual(places.b?.width ?? 0);
});

test("a container is as large as what is in it", () => {
  const body = { nodes: ["x", "y"].map((id) => ({ id, kind: "t" })), edges: [{ from: "x", to: "y" }] };
  const { nodes } = quickLayout(flowOf({ nodes: [{ id: "each", kind: "foreach", with: { body } }] }, KINDS));
  const inner = nodes["each.y"];
  expect((inner?.y ?? 0) + (inner?.height ?? 0)).toBeLessThan(nodes.each?.height ?? 0);
});
