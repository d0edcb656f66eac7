import { expect, test } from "vitest";
import type { McpToolFound, OpenapiOperation } from "@/api/generated/perdure.schemas";
import { changeOf, namesIn, withOperation } from "./found-tools";

const operation = {
  name: "getOrder",
  operation: { name: "getOrder", path: "/orders" },
} as unknown as OpenapiOperation;

test("operations come and go, those changed by hand stay as they are", () => {
  const own = { name: "other", effect: "read" };
  const chosen = withOperation({ url: "u", operations: [own] }, operation, true);
  expect(chosen).toEqual({ url: "u", operations: [own, operation.operation] });
  expect(namesIn(chosen.operations)).toEqual(["other", "getOrder"]);
  expect(withOperation(chosen, operation, false)).toEqual({ url: "u", operations: [own] });
  expect(namesIn("nothing")).toEqual([]);
});

test("a tool that its server describes otherwise is told from one that is as it was", () => {
  const found = (tool: object) =>
    ({ name: "add", tool: { name: "add", ...tool } }) as unknown as McpToolFound;
  const pinned = [
    { name: "add", description: "Adds.", input_schema: { type: "object", a: 1 }, effect: "read" },
  ];
  expect(changeOf(found({ description: "Adds.", input_schema: { a: 1, type: "object" } }), pinned)).toBe(
    "same",
  );
  expect(changeOf(found({ description: "Adds all." }), pinned)).toBe("changed");
  expect(changeOf(found({}), [])).toBe("new");
  expect(changeOf(found({ hints: {} }), [{ name: "add" }])).toBe("same");
});
