import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { leave } from "@/api/leave";
import { endSession, signInPerson, useSession } from "@/api/session";
import { closing, pass, visitPage } from "../../../tests/leaving";
import { edit, open, useEditor } from "./editor-store";
import { KeptDraft } from "./kept-draft";
import { useAutosave } from "./use-autosave";

interface Sent {
  url: string;
  document: { name?: string };
  revision: number;
  keepalive: boolean;
}

const sent: Sent[] = [];
let answer: (request: Sent) => Response | Promise<Response>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  sent.length = 0;
  answer = ({ revision }) => Response.json({ revision: revision + 1 });
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    if (url.endsWith("/me"))
      return Response.json({ name: "Ada", workspace: { id: "w" }, user: { id: "ada" } });
    if (!url.endsWith("/draft")) return new Response(null, { status: 204 });
    const request = { url, ...JSON.parse(String(init.body)), keepalive: init.keepalive === true } as Sent;
    sent.push(request);
    return answer(request);
  });
  open("mails", { name: "Mails" }, 1);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a draft is saved once nothing was changed for a moment", async () => {
  await visitEditor();
  type("M");
  await pass(600);
  type("Ma");
  await pass(600);
  expect(sent).toEqual([]);
  await pass(400);
  expect(sent).toMatchObject([
    { url: "/v1/workflows/mails/draft", document: { name: "Ma" }, revision: 1, keepalive: true },
  ]);
  expect(useEditor.getState()).toMatchObject({ save: "saved", revision: 2 });
});

test("whoever leaves at once loses nothing, what was typed during the save included", async () => {
  const { navigate, here } = await visitEditor();
  answer = (request) => {
    if (request.revision === 1) type("Mail");
    return Response.json({ revision: request.revision + 1 });
  };
  type("Mai");
  await navigate("/away");
  expect(here()).toBe("/away");
  expect(sent).toMatchObject([
    { url: "/v1/workflows/mails/draft", document: { name: "Mai" }, revision: 1 },
    { url: "/v1/workflows/mails/draft", document: { name: "Mail" }, revision: 2 },
  ]);
});

test("who cannot save is asked before the changes are gone", async () => {
  const { navigate, here } = await visitEditor();
  answer = () => Response.json({ title: "Away", status: 503, code: "unavailable" }, { status: 503 });
  type("Mine");
  await navigate("/away");
  expect(here()).toBe("/edit");
  fireEvent.click(screen.getByRole("button", { name: "Stay" }));
  await pass(0);
  expect(useEditor.getState()).toMatchObject({ save: "failed", document: { name: "Mine" } });
  await navigate("/away");
  fireEvent.click(screen.getByRole("button", { name: "Leave without saving" }));
  await pass(0);
  expect(here()).toBe("/away");
});

test("two who ask for a save at the same time do not get into each other's way", async () => {
  const { flush } = await visitEditor();
  let release = () => undefined as undefined;
  answer = ({ revision }) =>
    new Promise((resolve) => {
      release = () => void resolve(Response.json({ revision: revision + 1 })) as undefined;
    });
  type("M");
  const first = flush();
  await pass(0);
  type("Ma");
  const others = [flush(), flush()];
  release();
  await pass(0);
  release();
  await pass(0);
  expect(await Promise.all([first, ...others])).toEqual([false, true, true]);
  expect(sent.map(({ revision }) => revision)).toEqual([1, 2]);
});

test("a tab that is closed saves on its way, and asks while anything is unsaved", async () => {
  await visitEditor();
  expect(closing()).toBe(false);
  // In bytes, which for other letters than those of English are more than one each.
  type("€".repeat(25_000));
  expect(closing()).toBe(true);
  await pass(0);
  // Too large to outlive the page, so it is sent while the browser asks.
  expect(sent).toMatchObject([{ revision: 1, keepalive: false }]);
  expect(closing()).toBe(false);
});

test("who signs out loses nothing, and is asked if it cannot be stored", async () => {
  await visitEditor();
  signInPerson("token");
  type("Last");
  void leave();
  await pass(0);
  expect(sent).toMatchObject([{ document: { name: "Last" }, revision: 1 }]);
  expect(useSession.getState().state).toBe("out");
  signInPerson("token");
  answer = () => Response.json({ title: "Away", status: 503, code: "unavailable" }, { status: 503 });
  type("Later");
  void leave();
  await pass(0);
  expect(useSession.getState().state).toBe("in");
  fireEvent.click(screen.getByRole("button", { name: "Stay" }));
  void leave();
  await pass(0);
  fireEvent.click(screen.getByRole("button", { name: "Leave without saving" }));
  await pass(0);
  expect(useSession.getState().state).toBe("out");
  expect(sessionStorage.length).toBe(0);
});

test("what was not stored when the session ended is offered when the person is back", async () => {
  const { unmount } = await visitEditor();
  signInPerson("token");
  type("Lost");
  act(() => endSession(true));
  unmount();
  expect(sent).toEqual([]);
  signInPerson("token");
  open("mails", { name: "Mails" }, 4);
  await visitEditor();
  fireEvent.click(screen.getByRole("button", { name: "Put them back" }));
  await pass(1_000);
  // Somebody may have saved meanwhile, so it goes on top of what it was made from.
  expect(sent).toMatchObject([{ document: { name: "Lost" }, revision: 1 }]);
  expect(sessionStorage.length).toBe(0);
});

/** The editor as far as saving goes, with a page beside it. */
async function visitEditor() {
  let flush: () => Promise<boolean> = async () => false;
  function Page() {
    flush = useAutosave();
    return <KeptDraft save={flush} />;
  }
  return { flush: () => flush(), ...(await visitPage("/edit", "/edit", Page)) };
}

function type(name: string): void {
  act(() => edit((document) => ({ ...document, name })));
}
