import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { newDraft, TRIAGE, unique } from "./documents";
import { api, eventually, expectAccessible, expectComplaint, visit } from "./stage";

interface Draft {
  slug: string;
  revision: number;
  document: {
    nodes: { id: string; kind: string; name?: string; with: Record<string, unknown> }[];
    edges: unknown[];
    layout?: object;
  };
}

const draftOf = (slug: string) => api<Draft>(`/workflows/${slug}/draft`);

const nameOfStep = (page: Page) =>
  page.getByRole("complementary", { name: "Step" }).getByLabel("Name", { exact: true });

async function savedNodes(slug: string, count: number): Promise<Draft["document"]> {
  return eventually(async () => {
    const { document } = await draftOf(slug);
    return document.nodes.length === count && document;
  });
}

test("a workflow is drawn, put right, published and run", async () => {
  const page = await visit("/workflows");
  const name = unique("Drawn");
  await page.getByRole("button", { name: "New workflow" }).first().click();
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByText("Begin with a step").waitFor();
  await expectAccessible(page);

  await page.getByRole("button", { name: "Transform" }).click();
  const panel = page.getByRole("complementary", { name: "Step" });
  await panel.getByLabel("Name", { exact: true }).fill("Greet");
  await page.getByRole("button", { name: /fault/ }).waitFor();
  await panel.getByRole("textbox", { name: "Value" }).click();
  await page.keyboard.insertText("{{ 'Hello, ' + input.who }}");
  await page.getByText("No faults").waitFor();
  // The next step goes on from the one that is selected, and is found by name.
  await page.getByLabel("Find a step").fill("outp");
  await page.keyboard.press("Enter");
  await panel.getByRole("textbox", { name: "Value" }).click();
  await page.keyboard.insertText("said: '{{ nodes.transform.output }}'");
  await page.locator("[data-id='transform.out>output']").waitFor({ state: "attached" });
  await page.getByText("Saved", { exact: true }).waitFor();
  await expectAccessible(page);

  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByLabel("What is new").fill("It greets.");
  await expectAccessible(page);
  await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
  await page.getByText("It greets.").waitFor();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByLabel("Input", { exact: true }).fill('{"who": "Ada"}');
  await page.getByRole("button", { name: "Start" }).click();
  await page.locator("header").getByText("Completed").waitFor();
  await page.getByRole("tab", { name: "Input & output" }).click();
  await page.getByText("Hello, Ada").waitFor();
});

test("what is drawn survives a reload, and every change can be undone", async () => {
  const slug = await newDraft("Undone");
  const page = await visit(`/workflows/${slug}/edit`);
  await page.locator("[data-id=risky]").click();
  await page.keyboard.press("Delete");
  // At once: what is not stored yet is stored on the way out.
  await page.reload();
  await savedNodes(slug, 3);
  await page.locator("[data-id=draft]").waitFor();
  expect(await page.locator("[data-id=risky]").count()).toBe(0);
  await page.locator("[data-id=draft]").click();
  await page.keyboard.press("Control+d");
  await page.locator("[data-id=draft_2]").waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.locator("[data-id=draft_2]").waitFor({ state: "detached" });
  await page.locator("[data-id=draft]").click();
  await page.getByRole("complementary", { name: "Step" }).getByLabel("Id").fill("letter");
  await page.keyboard.press("Enter");
  await page.locator("[data-id=letter]").waitFor();
  const undo = page.getByRole("button", { name: /^Undo/ });
  await undo.click();
  await page.locator("[data-id=draft]").waitFor();
  await undo.click();
  await page.locator("[data-id=draft_2]").waitFor();
  await undo.click();
  await page.locator("[data-id=draft_2]").waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Redo/ }).click();
  await page.locator("[data-id=draft_2]").waitFor();
  await savedNodes(slug, 4);
});

test("what is too large to be stored on the way out holds the reload up, until it is stored", async () => {
  const slug = await newDraft("Large", { ...TRIAGE, vars: { terms: "What holds for all. ".repeat(3_500) } });
  const page = await visit(`/workflows/${slug}/edit`);
  await page.locator("[data-id=draft]").click();
  await nameOfStep(page).fill("Written last");
  const asked = page.waitForEvent("dialog");
  await page.evaluate(() => setTimeout(() => location.reload()));
  const question = await asked;
  expect(question.type()).toBe("beforeunload");
  await question.dismiss();
  await page.getByText("Saved", { exact: true }).waitFor();
  await page.reload();
  await page.locator("[data-id=draft]").getByText("Written last").waitFor();
});

test("whoever leaves the editor takes nothing unsaved along, or is asked", async () => {
  const slug = await newDraft("Left");
  const page = await visit(`/workflows/${slug}/edit`, { expects: "Failed to load resource" });
  await page.locator("[data-id=draft]").click();
  await nameOfStep(page).fill("First");
  await page.getByRole("link", { name: "History" }).click();
  await page.getByRole("link", { name: "Edit" }).click();
  await page.locator("[data-id=draft]").getByText("First").waitFor();
  expect((await draftOf(slug)).document.nodes[0]?.name).toBe("First");

  await page.route("**/draft", (route) =>
    route.request().method() === "PUT" ? route.abort() : route.continue(),
  );
  await page.locator("[data-id=draft]").click();
  await nameOfStep(page).fill("Second");
  await page.getByRole("link", { name: "History" }).click();
  const asking = page.getByRole("dialog", { name: "Your last changes are not saved" });
  await asking.waitFor();
  await expectAccessible(page);
  await asking.getByRole("button", { name: "Stay" }).click();
  await page.unrouteAll();
  await page.getByRole("button", { name: /try again/ }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  expect((await draftOf(slug)).document.nodes[0]?.name).toBe("Second");
});

test("text and drawing follow each other", async () => {
  const slug = await newDraft("Text");
  const page = await visit(`/workflows/${slug}/edit`, { dark: true });
  await page.getByRole("button", { name: "YAML" }).click();
  const text = page.getByRole("textbox", { name: "Document as YAML" });
  await text.getByText("Write the answer").waitFor();
  await text.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText("format: perdure/v1\nname: Text\nnodes:\n  - {id: only, kind: nonsense}\n");
  await page.locator("[data-id=only]").waitFor();
  await page.getByRole("button", { name: "1 fault", exact: true }).click();
  await page
    .getByText(/nonsense/)
    .last()
    .waitFor();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await savedNodes(slug, 1);
  await page.getByRole("button", { name: "Output" }).click();
  await text.getByText("kind: output").waitFor();
});

test("a step is moved by mouse, connected by mouse, and tidied up", async () => {
  const slug = await newDraft("Moved", {
    ...TRIAGE,
    nodes: [TRIAGE.nodes[0], TRIAGE.nodes[3]],
    edges: [],
  });
  const page = await visit(`/workflows/${slug}/edit`);
  const card = page.locator("[data-id=draft]");
  const box = await card.boundingBox();
  if (!box) throw new Error("not drawn");
  await page.mouse.move(box.x + 60, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + 60, box.y - 100, { steps: 8 });
  await page.mouse.up();
  await eventually(async () => Object.keys((await draftOf(slug)).document.layout ?? {}).length === 2);
  const from = await card.locator(".react-flow__handle.source").boundingBox();
  const to = await page.locator("[data-id=done] .react-flow__handle.target").boundingBox();
  if (!from || !to) throw new Error("no handles");
  await page.mouse.move(from.x + 4, from.y + 4);
  await page.mouse.down();
  await page.mouse.move(to.x + 4, to.y + 4, { steps: 10 });
  await page.mouse.up();
  await eventually(async () => (await draftOf(slug)).document.edges.length === 1);
  await page.getByRole("button", { name: /^Tidy up/ }).click();
  await eventually(
    async () =>
      (await draftOf(slug)).document.layout === undefined ||
      Object.keys((await draftOf(slug)).document.layout ?? {}).length === 0,
  );
});

test("of two editors the second is told what the first has changed", async () => {
  const slug = await newDraft("Conflict");
  const page = await visit(`/workflows/${slug}/edit`);
  const other = await visit(`/workflows/${slug}/edit`);
  await page.locator("[data-id=draft]").waitFor();
  await other.locator("[data-id=risky]").click();
  await other.keyboard.press("Delete");
  await savedNodes(slug, 3);
  await page.locator("[data-id=draft]").click();
  await nameOfStep(page).fill("Mine");
  const dialog = page.getByRole("dialog");
  const did = dialog.getByRole("region", { name: "What operator did" });
  await did.getByText("Step risky").waitFor();
  await did.locator("[data-id=risky] [data-change=removed]").waitFor();
  await dialog.locator("[data-id=draft] [data-change=changed]").waitFor();
  await expectComplaint("409");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Keep both" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  const both = (await draftOf(slug)).document.nodes;
  expect(both.map(({ id, name }) => name ?? id)).toEqual(["Mine", "Ask a person", "Result"]);
  // Where both have changed the same step, one of them has to stand; the other one can still be taken back.
  await other.reload();
  await other.locator("[data-id=draft]").getByText("Mine").click();
  await nameOfStep(other).fill("Theirs");
  await eventually(async () => (await draftOf(slug)).document.nodes[0]?.name === "Theirs");
  await nameOfStep(page).fill("Ours");
  await dialog.getByText("Both have changed draft").waitFor();
  await expectComplaint("409");
  expect(await dialog.getByRole("button", { name: "Keep both" }).count()).toBe(0);
  await dialog.getByRole("button", { name: "Keep mine" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  expect((await draftOf(slug)).document.nodes[0]?.name).toBe("Ours");
});
