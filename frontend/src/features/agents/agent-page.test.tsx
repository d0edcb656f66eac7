import { fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { closing, pass, visitPage } from "../../../tests/leaving";
import { AgentPage } from "./agent-page";
import type { Edited } from "./use-agent-draft";

vi.mock("./agent-settings", () => ({
  AgentSettings: ({ edited, onChange }: { edited: Edited; onChange: (changes: Partial<Edited>) => void }) => (
    <input
      aria-label="Name"
      value={edited.name}
      onChange={(event) => onChange({ name: event.currentTarget.value })}
    />
  ),
}));

interface Sent {
  name: string;
  revision: number;
}

const SAVED = { saved_by: "Ada", saved_at: "2026-01-01T00:00:00Z" };
const DRAFT = {
  slug: "counter",
  name: "Counter",
  description: null,
  config: {},
  limits: {},
  faults: [],
  ...SAVED,
};
const AGENT = { slug: "counter", name: "Counter", version: null, archived_at: null, versions: [] };
const ME = {
  name: "Bob",
  user: { id: "bob" },
  workspace: { id: "w" },
  permissions: ["workflows:edit", "workflows:publish"],
};
const REFUSED = { title: "Stale", status: 409, code: "stale_revision", detail: "Ada has saved meanwhile." };
const AWAY = { title: "Away", status: 503, code: "unavailable", detail: "The database rests." };

const sent: Sent[] = [];
const tried: { revision: number }[] = [];
let storedDraft: object;
let answer: (request: Sent) => Response | Promise<Response>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  sent.length = 0;
  tried.length = 0;
  answer = stored;
  storedDraft = { ...DRAFT, revision: 1, changed: true };
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const body = init.body ? JSON.parse(String(init.body)) : {};
    if (url.endsWith("/test")) {
      tried.push(body);
      return Response.json(AWAY, { status: 503 });
    }
    if (init.method === "PUT") {
      sent.push(body);
      return answer(body);
    }
    if (url.endsWith("/agents/counter")) return Response.json(AGENT);
    if (url.endsWith("/draft")) return Response.json(storedDraft);
    if (url.endsWith("/me")) return Response.json(ME);
    return Response.json({ items: [], next_cursor: null });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("whoever leaves an agent at once loses nothing, what was typed during the save included", async () => {
  const { navigate, here } = await visitAgent();
  answer = (request) => {
    if (request.revision === 1) type("Counts");
    return stored(request);
  };
  type("Count");
  await navigate("/away");
  expect(sent).toMatchObject([
    { name: "Count", revision: 1 },
    { name: "Counts", revision: 2 },
  ]);
  expect(here()).toBe("/away");
});

test.each([
  [AWAY, "They could not be stored just now.", AWAY.detail],
  [REFUSED, "Somebody else has saved the draft meanwhile", "What Ada did"],
])("who cannot save an agent is asked before the changes are gone", async (problem, asked, said) => {
  const { navigate, here } = await visitAgent();
  answer = () => Response.json(problem, { status: problem.status });
  type("Mine");
  await navigate("/away");
  expect(here()).toBe("/agents/counter");
  screen.getByText((text) => text.includes(asked));
  fireEvent.click(screen.getByText("Stay"));
  await pass(0);
  expect((name() as HTMLInputElement).value).toBe("Mine");
  screen.getByText(said);
  await navigate("/away");
  fireEvent.click(screen.getByText("Leave without saving"));
  await pass(0);
  expect(here()).toBe("/away");
});

test.each([
  ["Keep both", { name: "Mine", config: { model: "theirs" } }],
  ["Keep mine", { name: "Mine", config: {} }],
  ["Take theirs", null],
])("after somebody else has saved the agent, one chooses: %s", async (choice, kept) => {
  await visitAgent();
  storedDraft = { ...DRAFT, config: { model: "theirs" }, revision: 4, changed: true };
  answer = (request) =>
    request.revision === 4 ? stored(request) : Response.json(REFUSED, { status: REFUSED.status });
  type("Mine");
  await pass(1_000);
  fireEvent.click(screen.getByText(choice));
  await pass(0);
  expect(sent.slice(1)).toMatchObject(kept === null ? [] : [{ ...kept, revision: 4 }]);
  expect((name() as HTMLInputElement).value).toBe(kept?.name ?? "Counter");
  expect(screen.queryByText("What Ada did")).toBeNull();
  expect(closing()).toBe(false);
});

test("a tab with an unsaved agent saves on its way, and asks", async () => {
  await visitAgent();
  expect(closing()).toBe(false);
  type("Count");
  expect(closing()).toBe(true);
  await pass(0);
  expect(sent).toMatchObject([{ name: "Count", revision: 1 }]);
  expect(closing()).toBe(false);
});

test("one save of an agent waits for the other, and who tries it out for both", async () => {
  await visitAgent();
  const waiting: (() => void)[] = [];
  answer = (request) => new Promise((resolve) => waiting.push(() => resolve(stored(request))));
  type("C");
  await pass(1_000);
  type("Co");
  fireEvent.change(screen.getByLabelText("Message to the draft"), { target: { value: "Count" } });
  fireEvent.click(screen.getByLabelText("Send"));
  fireEvent.click(screen.getByText("Publish"));
  await pass(0);
  expect(sent.length).toBe(1);
  for (let save = 0; save < 3; save++) {
    waiting.shift()?.();
    await pass(0);
  }
  expect(sent).toMatchObject([
    { name: "C", revision: 1 },
    { name: "Co", revision: 2 },
  ]);
  expect(tried).toMatchObject([{ revision: 3 }]);
});

async function visitAgent() {
  const visit = await visitPage("/agents/counter", "/agents/$slug", AgentPage);
  name();
  return visit;
}

function name(): HTMLElement {
  return screen.getByLabelText("Name");
}

function type(text: string): void {
  fireEvent.change(name(), { target: { value: text } });
}

function stored({ name, revision }: Sent): Response {
  return Response.json({ ...DRAFT, name, revision: revision + 1, changed: true });
}
