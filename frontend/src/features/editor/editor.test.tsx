import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pass, visitPage } from "../../../tests/leaving";
import { Editor } from "./editor";
import { edit, open } from "./editor-store";

vi.mock("./editor-canvas", () => ({ EditorCanvas: () => null }));
vi.mock("./node-panel", () => ({ NodePanel: () => null }));
vi.mock("./yaml-panel", () => ({ YamlPanel: () => null }));

const sent: { document: { name: string }; revision: number }[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  sent.length = 0;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    // Whatever else the editor asks for is still on its way.
    if (!url.endsWith("/draft")) return new Promise(() => undefined);
    const request = JSON.parse(String(init.body));
    sent.push(request);
    if (request.revision === 1) type("Letters");
    return Response.json({ revision: request.revision + 1 });
  });
  open("mails", { name: "Mails" }, 1);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("what is published or tested is stored first, what was typed during the save included", async () => {
  await visitPage("/edit", "/edit", () => <Editor kinds={KINDS} nodeSchema={{}} />);
  type("Letter");
  fireEvent.click(screen.getByRole("button", { name: "Publish" }));
  await pass(300);
  await vi.waitFor(() => expect(screen.getByRole("dialog", { name: "Publish" })).toBeDefined());
  expect(sent).toMatchObject([
    { document: { name: "Letter" }, revision: 1 },
    { document: { name: "Letters" }, revision: 2 },
  ]);
});

const KINDS = new Map();

function type(name: string): void {
  act(() => edit((document) => ({ ...document, name })));
}
