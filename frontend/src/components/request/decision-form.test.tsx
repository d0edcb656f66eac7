import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ApprovalDetail, DecisionOption } from "@/api/generated/perdure.schemas";
import { createQueryClient } from "@/api/query-client";
import { DecisionForm } from "./decision-form";

const DECISIONS: DecisionOption[] = [
  { name: "approved", label: "Approve", needs_reason: false },
  { name: "rejected", label: "Reject", needs_reason: true },
];
const REQUEST = {
  id: "r1",
  run_id: "run",
  title: "Pay?",
  purpose: "approval",
  status: "pending",
  form: null,
  defaults: null,
  payload: { amount: 50, note: "As agreed" },
  editable: ["amount"],
  decisions: DECISIONS,
  digest: "d1",
  may_decide: true,
  why_not: null,
  undo_until: null,
} as unknown as ApprovalDetail;

const sent: { path: string; body: Record<string, unknown> }[] = [];
let answer: () => Response;

beforeEach(() => {
  sent.length = 0;
  answer = () => Response.json({ ...REQUEST, status: "approved" });
  vi.stubGlobal("fetch", async (path: string, { body }: RequestInit) => {
    sent.push({ path, body: JSON.parse(String(body)) });
    return answer();
  });
});

afterEach(() => vi.unstubAllGlobals());

function show(changes: Partial<ApprovalDetail> = {}, held = false) {
  const onDecided = vi.fn();
  render(
    <QueryClientProvider client={createQueryClient()}>
      <MantineProvider>
        <DecisionForm
          request={{ ...REQUEST, ...changes }}
          held={held}
          onDecided={onDecided}
          onReopened={vi.fn()}
        />
      </MantineProvider>
    </QueryClientProvider>,
  );
  return onDecided;
}

const button = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>("button", { name });
const press = (key: string) =>
  act(async () => void fireEvent.keyDown(document.documentElement, { key, code: `Key${key.toUpperCase()}` }));

test("a key brings a decision to the fore, and only the button itself decides", async () => {
  const onDecided = show();
  await press("a");
  expect(document.activeElement).toBe(button("Approve"));
  expect(sent).toEqual([]);
  fireEvent.click(button("Approve"));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]?.path).toContain("/v1/approvals/r1/decide");
  expect(sent[0]?.body).toEqual({ decision: "approved", data: null, reason: null, digest: "d1" });
  expect(onDecided).toHaveBeenCalledWith("r1");
});

test("a decision that needs a reason asks for it first", async () => {
  show();
  fireEvent.click(button("Reject"));
  await screen.findByText("Say why you choose “Reject”.");
  expect(sent).toEqual([]);
  fireEvent.change(screen.getByLabelText("Why"), { target: { value: "Too much." } });
  fireEvent.keyDown(screen.getByLabelText("Why"), { key: "Enter", ctrlKey: true });
  await waitFor(() => expect(sent[0]?.body).toMatchObject({ decision: "rejected", reason: "Too much." }));
});

test("only what may be edited is, and goes along with a yes but not with a no", async () => {
  show();
  await press("e");
  expect(screen.queryByLabelText("note")).toBeNull();
  fireEvent.change(screen.getByLabelText("amount"), { target: { value: "45" } });
  answer = () => Response.json({ code: "conflict", detail: "No." }, { status: 409 });
  fireEvent.click(button(/^Approve/));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]?.body).toMatchObject({ payload: { amount: 45, note: "As agreed" } });
  await screen.findByText("No.");
  expect(button("Approve with 1 edit").disabled).toBe(false);
});

test("whoever may not answer is told why; a question that has changed is held back", () => {
  show({ may_decide: false, why_not: "You have started this run." });
  screen.getByText("You have started this run.");
  expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  show({}, true);
  expect(button("Approve").disabled).toBe(true);
});
