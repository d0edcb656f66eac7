import { expect, test } from "vitest";
import { fromLocalField, toLocalField } from "./local-time";

test("a moment survives the way through a field, to the minute", () => {
  for (const at of ["2026-03-29T00:59:00.000Z", "2026-12-31T23:30:00.000Z"])
    expect(fromLocalField(toLocalField(at))).toBe(at);
  expect(fromLocalField(toLocalField(null))).toBeNull();
});
