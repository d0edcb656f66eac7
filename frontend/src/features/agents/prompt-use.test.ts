import { expect, test } from "vitest";
import { promptUse, writtenUse } from "./prompt-use";

test("a prompt in the place of a text is read and written", () => {
  const written = { $prompt: "support@staging", variables: { tone: "friendly" } };
  const use = promptUse(written);
  expect(use).toEqual({ name: "support", at: "staging", variables: { tone: "friendly" } });
  expect(use && writtenUse(use)).toEqual(written);
  expect(promptUse({ $prompt: "support" })).toEqual({ name: "support", at: "production", variables: {} });
  expect(writtenUse({ name: "a", at: "3", variables: { x: "" } })).toEqual({ $prompt: "a@3" });
  expect(promptUse("You help.")).toBeNull();
});
