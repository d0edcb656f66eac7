import { expect, test } from "vitest";
import { actionWords, filterOf, NO_FIELDS } from "./audit-filter";

test("empty fields filter nothing", () => expect(filterOf(NO_FIELDS)).toEqual({}));

test("the last day counts as a whole", () => {
  const { since, until } = filterOf({ ...NO_FIELDS, from: "2026-03-01", to: "2026-03-02" });
  expect(Date.parse(until ?? "") - Date.parse(since ?? "")).toBe(2 * 86_400_000);
});

test("texts are trimmed", () => {
  expect(filterOf({ ...NO_FIELDS, actor: " ada ", subject: "workflow", subjectId: " x " })).toEqual({
    actor: "ada",
    subject_kind: "workflow",
    subject_id: "x",
  });
});

test("actions are said in words", () => {
  expect(actionWords("workflow.published")).toBe("published workflow");
  expect(actionWords("api_key.created")).toBe("created api key");
});
