import { expect, test } from "vitest";
import { expectAccessible, expectComplaint, HOME, visit } from "./stage";

const PASSWORD = "correct horse battery";

test("a fresh installation is set up, left, and entered again", async () => {
  const page = await visit("/", { stranger: true });
  await page.getByRole("link", { name: "Set it up" }).click();
  await page.getByLabel("Your name").fill("Ada Lovelace");
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByLabel("Password", { exact: true }).fill("short");
  await page.getByLabel("Workspace").fill("Analytical Engines");
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByText("Use 10 characters or more.").waitFor();
  await expectAccessible(page);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByRole("heading", { name: "Workflows", level: 1 }).waitFor();

  await page.reload();
  await page.getByRole("button", { name: "Ada Lovelace" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByLabel("Password", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").waitFor();
  await expectComplaint("401");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Workflows", level: 1 }).waitFor();
});

test("whoever is not signed in comes back to where they wanted to go", async () => {
  const page = await visit("/runs?status=failed", { stranger: true });
  await page.getByRole("button", { name: "Use the operator’s token instead" }).click();
  await page.getByLabel("Operator’s token").fill("not the token");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("This is not the token of this server.").waitFor();
  await expectComplaint("401");
  await page.getByLabel("Operator’s token").fill(process.env.PERDURE_TOKEN ?? "");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(`${HOME}/runs?status=failed`);
  await page.getByText("No run fits").waitFor();
});

test("the login page leads nowhere else", async () => {
  const page = await visit("/login?next=//evil.example/");
  await page.waitForURL(`${HOME}/workflows`);
});

test("everything is a few keys away", async () => {
  const page = await visit("/workflows");
  await page.getByRole("heading", { name: "Workflows", level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("Go to, find, or do …").fill("inbo");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${HOME}/inbox`);
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await page.waitForURL(`${HOME}/runs`);
  await page.keyboard.press("Shift+?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await expectAccessible(page);
});

test("an address that leads nowhere says so", async () => {
  const page = await visit("/runs/no-such-run", { dark: true });
  await page.getByText("There is nothing here").waitFor();
  expect(await page.getByRole("alert").textContent()).toMatch(/Request\s*\w+/);
  await expectComplaint("404");
  await page.goto("/nowhere");
  await page.getByText("No page has this address.").waitFor();
  await expectAccessible(page);
});
