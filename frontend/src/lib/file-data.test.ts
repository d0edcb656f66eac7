import { expect, test } from "vitest";
import { base64Of, bytes } from "./file-data";

test("a file becomes base64", async () => {
  expect(await base64Of(new Blob(["Hello"]))).toBe("SGVsbG8=");
  expect(await base64Of(new Blob([]))).toBe("");
});

test("sizes are told as people say them", () => {
  expect([0, 420, 1_200, 99_500, 3_000_000].map(bytes)).toEqual([
    "0 B",
    "420 B",
    "1.2 kB",
    "100 kB",
    "3.0 MB",
  ]);
});
