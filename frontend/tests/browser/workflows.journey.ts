import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { startTriage } from "./documents";
import { api, eventually, expectAccessible, HOME, visit } from "./stage";

const DOCUMENT = `format: perdure/v1
name: Pasted greeting
nodes:
  - id: greet
    kind: transform
    with: {value: hello}
`;

// Of its own, so that the journey can be taken again on the same installation.
const TAG = `Findable ${Date.now().toString(36)}`;
const LABEL = `label-${Date.now().toString(36)}`;

async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((given) => {
    const data = new DataTransfer();
    data.setData("text/plain", given);
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
  }, text);
}

async function drop(page: Page, name: string, text: string): Promise<void> {
  const data = await page.evaluateHandle(
    ([file, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content ?? ""], file ?? "", { type: "application/yaml" }));
      return transfer;
    },
    [name, text],
  );
  const list = page.getByRole("list", { name: "Workflows" });
  await list.dispatchEvent("dragover", { dataTransfer: data });
  await page.getByText("Drop it to import the workflow").waitFor();
  await list.dispatchEvent("drop", { dataTransfer: data });
}

test("a template becomes a workflow, is published, and runs", async () => {
  const page = await visit("/workflows");
  await page.getByRole("link", { name: "Templates" }).click();
  await page.getByRole("heading", { name: "Templates" }).waitFor();
  await page.getByRole("button", { name: "Content", exact: true }).click();
  expect(await page.getByRole("list", { name: "Templates" }).getByRole("listitem").count()).toBe(2);
  await page.getByRole("button", { name: /Translate a text/ }).click();
  const dialog = page.getByRole("dialog", { name: "Translate a text" });
  await dialog.getByText("Are the names there?").waitFor();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Use this template" }).click();
  await page.waitForURL(`${HOME}/workflows/translate-a-text*/edit`);
  const slug = /workflows\/(.*)\/edit/.exec(page.url())?.[1] ?? "";
  const { revision } = await api<{ revision: number }>(`/workflows/${slug}/draft`);
  await api(`/workflows/${slug}/publish`, { revision, note: "As it comes" });
  await page.goto(`/workflows/${slug}`);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("dialog").getByLabel("Text").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Start", exact: true }).click();
  await page.waitForURL(`${HOME}/runs/*`);
  await page.locator("header").getByText("Completed").waitFor();
});

test("a document is imported by paste and by drop, and its faults are told before", async () => {
  const page = await visit("/workflows");
  await page.getByRole("heading", { name: "Workflows", level: 1 }).waitFor();
  await page.getByRole("list", { name: "Workflows" }).waitFor();
  await paste(page, "a text about nodes");
  expect(await page.getByRole("dialog").count()).toBe(0);
  await paste(page, DOCUMENT);
  const dialog = page.getByRole("dialog", { name: "Import a workflow" });
  await dialog.getByText("It is sound").waitFor();
  await expectAccessible(page);
  await dialog.getByLabel("Document").fill(DOCUMENT.replace("transform", "transfrom"));
  await dialog.getByText(/1 fault/).waitFor();
  await page.keyboard.press("Escape");
  await drop(page, "greeting.yaml", DOCUMENT.replace("Pasted", "Dropped"));
  await dialog.getByText("It is sound").waitFor();
  await dialog.getByRole("button", { name: "Import" }).click();
  await page.waitForURL(`${HOME}/workflows/dropped-greeting*/edit`);
});

test("workflows are searched, tagged, archived, and brought back by an undo", async () => {
  const { slug } = await startTriage(TAG, 9);
  const page = await visit("/workflows");
  await page.getByRole("list", { name: "Workflows" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type(TAG.toLowerCase());
  const rows = page.getByRole("list", { name: "Workflows" }).locator("> li");
  await eventually(async () => (await rows.count()) === 1);
  await rows.getByRole("img", { name: /^The last run: 1 / }).waitFor();
  await rows.getByText(/^operator, /).waitFor();
  await rows.getByRole("button", { name: /^Actions of / }).click();
  await page.getByRole("menuitem", { name: "Tags" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Tags").fill(LABEL);
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Save" }).click();
  await rows.getByRole("button", { name: LABEL }).click();
  // Until the list of the label alone has come, rows are those of the search before.
  await Promise.all([page.waitForResponse(/\/v1\/workflows\?/), page.getByLabel("Search").fill("")]);
  await eventually(async () => (await rows.count()) === 1);
  await rows.getByRole("button", { name: /^Actions of / }).click();
  await page.getByRole("menuitem", { name: "Archive" }).click();
  await page.getByText("No workflow fits").waitFor();
  await page.getByText(/was archived/).waitFor();
  await page.getByRole("button", { name: "Undo" }).last().click();
  await page.getByRole("link", { name: TAG }).waitFor();
  // The row may be back before the server has answered.
  await eventually(
    async () => (await api<{ archived_at: unknown }>(`/workflows/${slug}`)).archived_at === null,
  );
});
