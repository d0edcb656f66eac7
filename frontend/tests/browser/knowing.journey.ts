import { expect, test } from "vitest";
import { unique } from "./documents";
import { expectAccessible, visit } from "./stage";

const HANDBOOK =
  "# Refunds\n\nA refund is paid within fourteen days.\n\n# Parcels\n\nParcels leave every morning.\n";
const OPENAPI = {
  openapi: "3.1.0",
  info: { title: "Orders" },
  servers: [{ url: "https://orders.example.com" }],
  paths: {
    "/orders": { get: { operationId: "listOrders" }, delete: { operationId: "dropOrders" } },
    "/pictures": { post: { requestBody: { required: true, content: { "image/png": {} } } } },
  },
};

test("documents are taken in and found with where they stand; facts are kept and forgotten", async () => {
  const page = await visit("/knowledge", { dark: true });
  const name = unique("Handbook");
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "New knowledge base" }).click();
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name }).waitFor();
  await page
    .locator("input[type=file]")
    .setInputFiles({ name: "Refunds.md", mimeType: "text/markdown", buffer: Buffer.from(HANDBOOK) });
  const documents = page.getByRole("list", { name: "Documents" });
  await documents.getByText("Refunds.md").waitFor();
  await documents.getByText("Completed").waitFor();
  await page.getByLabel("Question").fill("How long does a refund take?");
  await page.keyboard.press("Enter");
  const passages = page.getByRole("list", { name: "Passages" });
  await passages.getByText("[1] Refunds.md, Refunds").waitFor();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Actions of Refunds.md" }).click();
  await page.getByRole("menuitem", { name: "Show its pieces" }).click();
  await dialog.getByText("Parcels leave every morning.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Actions of Refunds.md" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await documents.waitFor({ state: "detached" });

  await page.goto("/memories");
  const person = `${unique("ada").replace(" ", ".")}@example.com`;
  await page.getByRole("button", { name: "Add a fact" }).click();
  await dialog.getByLabel("Fact").fill(`${person} likes paper.`);
  await dialog.getByLabel("Memory").fill("desk");
  await dialog.getByLabel("About whom").fill(person);
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText(`${person} likes paper.`).waitFor();
  await page.getByRole("button", { name: "Forget a person" }).click();
  await dialog.getByLabel("Who").fill(person);
  await dialog.getByRole("button", { name: "Forget" }).click();
  await page.getByText("1 fact forgotten.").waitFor();
  await page.getByText(`${person} likes paper.`).waitFor({ state: "detached" });
});

test("a prompt has versions, labels and differences, and an agent takes it; an API becomes tools", async () => {
  const page = await visit("/prompts");
  const name = unique("greeting").replaceAll(" ", "-");
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "New prompt" }).click();
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("textbox", { name: "Text" }).fill("Greet {person}.");
  await dialog.getByRole("button", { name: "Create" }).click();
  await page.getByText("Variables: person.").waitFor();
  await page.getByRole("button", { name: "Labels of version 1" }).click();
  await page.getByRole("menuitem", { name: "Make it production" }).click();
  await page.getByRole("button", { name: "Take the label production away" }).waitFor();
  await page.getByRole("button", { name: "New version" }).click();
  await dialog.getByRole("textbox", { name: "Text" }).fill("Greet {person} in a {tone} tone.");
  await dialog.getByLabel("What is new").fill("A tone.");
  await dialog.getByRole("button", { name: "Save the version" }).click();
  await page.getByRole("tab", { name: "Differences" }).click();
  await page.getByText("New variables: tone.").waitFor();
  await expectAccessible(page);

  await page.goto("/agents?begin=new");
  await dialog.getByLabel("Name").fill(unique("Prompted"));
  await dialog.getByRole("button", { name: "Create" }).click();
  await page.getByText("From the prompts").click();
  await page.getByRole("combobox", { name: "Prompt" }).click();
  await page.getByRole("option", { name }).click();
  await page.getByLabel("{person}").fill("Ada");
  await page.getByRole("button", { name: "Add a tool" }).click();
  await dialog.getByRole("button", { name: /^OpenAPI/ }).click();
  await dialog.getByText("Text", { exact: true }).click();
  await dialog.getByRole("textbox", { name: "Description" }).fill(JSON.stringify(OPENAPI));
  await dialog.getByRole("button", { name: "Read it" }).click();
  await dialog.getByText("its body is neither JSON nor a form").waitFor();
  await dialog.getByRole("checkbox", { name: /listOrders/ }).check();
  await dialog.getByText("Chosen: listOrders.").waitFor();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByText("1 tool").waitFor();
  await page.getByText("Saved", { exact: true }).waitFor();
  await page.goto(`/prompts/${name}`);
  await page.getByRole("tab", { name: "Used by" }).click();
  await page.getByText(`${name}@production`).waitFor();
  expect(await page.getByRole("list", { name: "Used by" }).getByRole("listitem").count()).toBe(1);
});
