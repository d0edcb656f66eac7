import { expect, test } from "vitest";
import type { Hook } from "@/api/generated/perdure.schemas";
import { hookContentOf, hookDraftOf, hookSettingsOf } from "./hook-draft";

const HOOK: Hook = {
  id: "1",
  workflow: "w",
  kind: "webhook",
  name: "Shop",
  version: 3,
  settings: {
    signature: "stripe",
    tolerance: 60,
    max_bytes: 10_000,
    per_minute: 5,
    delivery_id: "body.event",
    filter: "body.n > 1",
    input: { n: "{{ body.n }}" },
    answer: { mode: "wait", seconds: 20 },
    form: { access: "public", title: "T", text: "x", button: "Go", thanks: "Bye" },
  },
  enabled: false,
  path: "/hooks/x",
  has_secret: true,
  created_at: "",
  created_by: "",
  updated_at: "",
  updated_by: "",
};

test("what a form shows of a hook is what it says again", () => {
  const draft = hookDraftOf(HOOK);
  const { name, version, enabled, settings } = HOOK;
  expect(hookContentOf(draft)).toEqual({ name, version, enabled, settings });
  expect(hookContentOf({ ...draft, secret: "s3cret-s3cret" }).secret).toBe("s3cret-s3cret");
});

test("a form is signed by nobody, and answers with its page", () => {
  const settings = hookSettingsOf({ ...hookDraftOf(HOOK), kind: "form" });
  expect(settings).toMatchObject({ signature: "none", delivery_id: null, answer: { mode: "at_once" } });
  expect(hookContentOf({ ...hookDraftOf(undefined), kind: "form", secret: "x" })).not.toHaveProperty(
    "secret",
  );
});

test("a mapping that is no JSON gives no settings", () => {
  expect(hookSettingsOf({ ...hookDraftOf(undefined), mapping: "{{ body }}" })).toBeNull();
});
