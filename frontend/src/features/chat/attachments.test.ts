import { expect, test } from "vitest";
import { refusal, withText } from "./attachments";

test("what is attached stays when the text is written anew", () => {
  const parts = [
    { type: "text", text: "Old" },
    { type: "image", file: "i" },
    { type: "file", name: "n", file: "f" },
  ];
  expect(withText(parts, "New")).toEqual([{ type: "text", text: "New" }, parts[1], parts[2]]);
  expect(withText([{ type: "text" }], "New")).toBe("New");
});

test("what cannot be sent is refused by its name", () => {
  expect(refusal(new File(["a"], "a.txt"))).toBeNull();
  expect(refusal(new File([], "none.txt"))).toBe("none.txt is empty.");
  expect(refusal(new File(["a".repeat(3_000_001)], "big.txt"))).toMatch(/^big\.txt has 3\.0 MB; at most/);
});
