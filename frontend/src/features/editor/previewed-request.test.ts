import { expect, test } from "vitest";
import { missingIn, previewedRequest, templatesIn } from "./previewed-request";

const CONFIG = {
  title: "Pay {{ input.amount }}?",
  payload: { amount: "{{ input.amount }}" },
  decisions: [{ name: "later", label: "Ask me later", reason: true }],
  skip: true,
  reason: "on_reject",
  editable: ["amount"],
  form: {},
  deadline: "7d",
};

test("what is filled in is sent, and becomes the request that the step would open", () => {
  expect(Object.keys(templatesIn(CONFIG))).toEqual(["title", "payload"]);
  const filled = { title: value("Pay 12?"), payload: value({ amount: 12 }) };
  const request = previewedRequest(CONFIG, filled);
  expect(request).toMatchObject({
    title: "Pay 12?",
    payload: { amount: 12 },
    form: null,
    editable: ["amount"],
  });
  expect(request.decisions.map(({ name, needs_reason }) => [name, needs_reason])).toEqual([
    ["approved", false],
    ["rejected", true],
    ["skipped", false],
    ["later", true],
  ]);
});

test("what is not known is named once, and the title stands as it is written", () => {
  const missing = { status: "missing", value: null, missing: ["ask"], error: null } as never;
  expect(missingIn({ body: missing, payload: missing })).toEqual(["ask"]);
  expect(previewedRequest(CONFIG, {}).title).toBe("Pay {{ input.amount }}?");
});

function value(given: unknown) {
  return { status: "value", value: given, missing: [], error: null } as never;
}
