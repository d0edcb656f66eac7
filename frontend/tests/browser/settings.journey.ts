import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { ADA, codeOf, signIn } from "./people";
import { eventually, expectAccessible, expectComplaint, HOME, visit } from "./stage";

// Names of their own, so that the journey can be taken again on the same installation.
const TAG = Date.now().toString(36);
const GRACE = `grace.${TAG}@example.com`;
const KEY = `Nightly import ${TAG}`;
const GROUP = `Refund approvers ${TAG}`;

/** Ada on a page of the settings. */
async function ada(path: string): Promise<Page> {
  const page = await visit(path, { stranger: true });
  await signIn(page);
  await page.waitForURL(`${HOME}${path}`);
  return page;
}

async function done(page: Page, message: string | RegExp): Promise<void> {
  await page.getByRole("alert").filter({ hasText: message }).first().waitFor();
}

test("one's name is changed, and shown at once", async () => {
  const page = await ada("/settings/profile");
  await page.getByLabel("Name", { exact: true }).fill("Ada King");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Ada King" }).waitFor();
  await page.getByLabel("Name", { exact: true }).fill(ADA.name);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: ADA.name }).waitFor();
});

test("a second factor is set up, asked for, and turned off with a recovery code", async () => {
  const page = await ada("/settings/security");
  const section = page.getByRole("region", { name: "Second factor" });
  await section.getByRole("button", { name: "Set it up" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Password", { exact: true }).fill(ADA.password);
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByRole("img", { name: "QR code for the authenticator" }).waitFor();
  await expectAccessible(page);
  const secret = (await dialog.locator("[data-secret] span").first().textContent()) ?? "";
  await dialog.getByLabel("Code").fill(codeOf(secret));
  await dialog.getByRole("button", { name: "Confirm" }).click();
  const shown = dialog.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
  await shown.first().waitFor();
  const codes = await shown.allTextContents();
  expect(codes.length).toBeGreaterThan(5);
  await dialog.getByRole("button", { name: "I have kept them" }).click();
  await section.getByText("On", { exact: true }).waitFor();

  const other = await visit("/login", { stranger: true });
  await signIn(other);
  await other.getByRole("heading", { name: "One more step" }).waitFor();
  await other.getByLabel("Code").fill("000000");
  await other.getByRole("button", { name: "Confirm" }).click();
  await other.getByRole("alert").waitFor();
  await expectComplaint("401");
  await other.getByLabel("Code").fill(codes[0] ?? "");
  await other.getByRole("button", { name: "Confirm" }).click();
  await other.getByRole("heading", { name: "Workflows", level: 1 }).waitFor();

  await page.reload();
  await section.getByText(`${codes.length - 1} recovery codes left`).waitFor();
  await section.getByRole("button", { name: "Turn off" }).click();
  await dialog.getByLabel("Password", { exact: true }).fill(ADA.password);
  await dialog.getByLabel("Code").fill(codes[1] ?? "");
  await dialog.getByRole("button", { name: "Turn off" }).click();
  await section.getByRole("button", { name: "Set it up" }).waitFor();
});

test("other devices are signed out", async () => {
  const other = await visit("/login", { stranger: true });
  await signIn(other);
  await other.getByRole("heading", { name: "Workflows", level: 1 }).waitFor();
  const page = await ada("/settings/security");
  const devices = page.getByRole("region", { name: "Devices" });
  await devices.getByText("This device").waitFor();
  await devices.getByRole("button", { name: "Sign out all others" }).click();
  await done(page, "All other devices are signed out");
  await eventually(async () => (await devices.getByRole("listitem").count()) === 1);
  await other.reload();
  await other.getByRole("heading", { name: "Sign in to Perdure" }).waitFor();
  await expectComplaint("401");
});

test("somebody is invited, joins, gets another role, and is removed", async () => {
  const page = await ada("/settings/members");
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("E-mail").fill(GRACE);
  await dialog.getByRole("button", { name: "Create invitation" }).click();
  const link = (await dialog.locator("[data-secret] span").first().textContent()) ?? "";
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByRole("list", { name: "Invitations" }).getByText(GRACE).waitFor();

  const grace = await visit(link.replace(HOME, ""), { stranger: true });
  await grace.getByRole("heading", { name: /^Join / }).waitFor();
  await expectAccessible(grace);
  await grace.getByLabel("Your name").fill("Grace Brewster");
  await grace.getByLabel("Password", { exact: true }).fill("a moth in the relay");
  await grace.getByRole("button", { name: "Join" }).click();
  await grace.getByRole("heading", { name: "Workflows", level: 1 }).waitFor();
  await grace.goto("/settings/members");
  await grace.getByText(ADA.name).waitFor();
  expect(await grace.getByRole("button", { name: "Invite" }).count()).toBe(0);
  expect(await grace.getByRole("link", { name: "Audit log" }).count()).toBe(0);

  await page.reload();
  const role = page.getByRole("combobox", { name: "Role of Grace Brewster" });
  await role.click();
  await page.getByRole("option", { name: /^Viewer/ }).click();
  await done(page, "Grace Brewster is Viewer now");
  await page.getByRole("button", { name: "Undo" }).click();
  await eventually(async () => (await role.inputValue()) === "Editor");
  await grace.goto(link.replace(HOME, ""));
  await grace.getByText("This invitation is not open").waitFor();
  await expectComplaint("40");

  await page.getByRole("button", { name: "Remove Grace Brewster" }).click();
  await dialog.getByRole("button", { name: "Remove", exact: true }).click();
  await done(page, "Grace Brewster was removed");
  await eventually(async () => (await page.getByText(GRACE).count()) === 0);
});

test("a group is made, filled and deleted", async () => {
  const page = await ada("/settings/groups");
  await page.getByRole("button", { name: "New group" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(GROUP);
  await dialog.getByRole("button", { name: "Create the group" }).click();
  await page.getByRole("button", { name: `0 members of ${GROUP}` }).click();
  await dialog.getByRole("combobox", { name: "Add somebody" }).click();
  await page.getByRole("option", { name: /Ada/ }).click();
  await dialog.getByRole("listitem").getByText("ada@example.com").waitFor();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Take out Ada Lovelace" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await dialog.getByRole("listitem").getByText("ada@example.com").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: `Delete ${GROUP}` }).click();
  await dialog.getByRole("button", { name: "Delete", exact: true }).click();
  await eventually(async () => (await page.getByText(GROUP).count()) === 0);
});

test("an API key works until it is revoked, and is shown once", async () => {
  const page = await ada("/settings/api-keys");
  await page.getByRole("button", { name: "New key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(KEY);
  await dialog.getByRole("button", { name: "Create the key" }).click();
  const key = (await dialog.locator("[data-secret] span").first().textContent()) ?? "";
  await dialog.getByRole("button", { name: "Done" }).click();
  const status = async (path: string) =>
    (await fetch(`${HOME}/v1/${path}`, { headers: { authorization: `Bearer ${key}` } })).status;
  expect(await status("runs")).toBe(200);
  expect(await status("audit")).toBe(403);
  expect(await page.content()).not.toContain(key);
  await page.getByRole("button", { name: `Revoke ${KEY}` }).click();
  await dialog.getByRole("button", { name: "Revoke", exact: true }).click();
  await eventually(async () => (await page.getByRole("listitem").filter({ hasText: KEY }).count()) === 0);
  expect(await status("runs")).toBe(401);
});

test("a credential is stored, never shown again, and deleted", async () => {
  const page = await ada("/settings/credentials");
  await page.getByRole("button", { name: "New credential" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("Not A Name");
  await dialog.getByLabel("Token").fill("sk-1234567890abcdef");
  await dialog.getByRole("button", { name: "Store" }).click();
  await dialog.getByText("Use small letters").waitFor();
  await dialog.getByLabel("Name", { exact: true }).fill("partner-api");
  await dialog.getByRole("button", { name: "Store" }).click();
  await page.getByText("partner-api").waitFor();
  await page.reload();
  await page.getByText("…cdef").waitFor();
  expect(await page.content()).not.toContain("sk-1234567890");
  await page.getByRole("button", { name: "Actions of partner-api" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await dialog.getByText("No workflow uses it.").waitFor();
  await dialog.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("No credential yet").waitFor();
});

test("limits are set and show how much of them is used", async () => {
  const page = await ada("/settings/quotas");
  await page.getByRole("textbox", { name: "Runs at the same time" }).fill("500");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("of 500").waitFor();
  await page.getByRole("textbox", { name: "Runs at the same time" }).fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await eventually(async () => (await page.getByText("of 500").count()) === 0);
});

test("the audit log tells who did it, and is filtered", async () => {
  const page = await ada("/settings/audit");
  const changes = page.getByRole("list", { name: "Changes" });
  await changes.getByText("deleted credential").first().waitFor();
  await page
    .getByRole("textbox", { name: "What was changed" })
    .or(page.getByRole("combobox", { name: "What was changed" }))
    .first()
    .click();
  await page.getByRole("option", { name: "Group" }).click();
  await eventually(async () => (await changes.getByText("deleted credential").count()) === 0);
  await changes.getByRole("button", { name: "Details of group.created" }).first().click();
  await changes.locator(`text=${GROUP} >> visible=true`).first().waitFor();
  await expectAccessible(page);
  await page.getByLabel("Who").fill("nobody@example.com");
  await page.getByText("No change fits.").waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
  await changes.getByText("deleted credential").first().waitFor();
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  await page.getByRole("menuitem", { name: "As CSV" }).click();
  expect((await downloading).suggestedFilename()).toBe("audit.csv");
});
