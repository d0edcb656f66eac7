import type { Page } from "playwright-core";
import { test } from "vitest";
import { mailAsking, startRun, unique } from "./documents";
import { signIn } from "./people";
import { api, eventually, expectAccessible, HOME, visit } from "./stage";

const TAG = Date.now().toString(36);

async function ada(path: string): Promise<Page> {
  const page = await visit(path, { stranger: true });
  await signIn(page);
  await page.waitForURL(`${HOME}${path}`);
  return page;
}

test("a rule is tried on past requests, made, changed, asked earlier, turned off and deleted", async () => {
  const { id } = await startRun(mailAsking(unique("Answered before")));
  const asked = await eventually(
    async () => (await api<{ items: Asked[] }>(`/approvals?run_id=${id}&status=pending`)).items[0],
  );
  await api(`/approvals/${asked.id}/decide`, { decision: "approved", digest: asked.digest });
  await api("/approval-rules", { name: `First ${TAG}`, expression: "false", decision: "approved" });
  const name = `Second ${TAG}`;
  const page = await ada("/settings/approval-rules");
  await page.getByRole("button", { name: "New rule" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Try it on past requests" }).click();
  await dialog.getByText("Say in CEL which requests it answers.").waitFor();
  await dialog.getByRole("textbox", { name: "Matches if" }).fill(`node == '${asked.path}' && 'x' in payload`);
  await dialog.getByRole("button", { name: "Try it on past requests" }).click();
  await dialog.getByText(/It would have answered 0 of \d+ request/).waitFor();
  await dialog.getByRole("textbox", { name: "Matches if" }).fill(`node == '${asked.path}'`);
  await dialog.getByRole("button", { name: "Try it on past requests" }).click();
  const example = dialog.getByRole("row").filter({ hasText: asked.title });
  await example.getByText("Same").waitFor();
  await expectAccessible(page);
  await dialog.getByLabel("Of these, to a person all the same").fill("25");
  await dialog.getByRole("button", { name: "Create the rule" }).click();
  const rules = page.getByRole("list", { name: "Approval rules" }).getByRole("listitem");
  await rules.filter({ hasText: name }).getByText("25 % go to a person").waitFor();

  await page.getByRole("button", { name: `Ask ${name} earlier` }).click();
  await eventually(async () => (await indexOf(rules, name)) < (await indexOf(rules, `First ${TAG}`)));
  await choose(page, name, "Edit and try");
  await dialog.getByLabel("Reason that it gives").fill("As always");
  await dialog.getByLabel("Why it is changed").fill("People want to know");
  await dialog.getByRole("button", { name: "Save as a new version" }).click();
  await rules.filter({ hasText: name }).getByText("v2").waitFor();
  await choose(page, name, "Versions");
  await dialog.getByText("People want to know").waitFor();
  await dialog.getByRole("button", { name: "Changes of version 2" }).click();
  await dialog.getByText('"reason": "As always"').waitFor();
  await page.keyboard.press("Escape");
  const onOff = page.getByRole("switch", { name: `${name} is on` });
  // It shows the new state when the server has it.
  await onOff.click({ force: true });
  await eventually(
    async () => !(await api<{ items: Ruled[] }>("/approval-rules")).items.find(named(name))?.enabled,
  );
  for (const rule of [name, `First ${TAG}`]) {
    await choose(page, rule, "Delete");
    await dialog.getByRole("button", { name: "Delete", exact: true }).click();
    await eventually(async () => (await rules.filter({ hasText: rule }).count()) === 0);
  }
});

test("a calendar is written as people say hours, and tells when a deadline is over", async () => {
  const name = `Office ${TAG}`;
  const page = await ada("/settings/calendars");
  await page.getByRole("button", { name: "New calendar" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("combobox", { name: "Time zone" }).fill("Europe/Berlin");
  await page.getByRole("option", { name: "Europe/Berlin" }).click();
  await dialog.getByLabel("Hours on monday").fill("nine to five");
  await dialog.getByRole("button", { name: "Create the calendar" }).click();
  await dialog.getByText("Such as 09:00–17:00").waitFor();
  await dialog.getByLabel("Hours on monday").fill("8-12, 13-16");
  await dialog.getByRole("button", { name: "Monday's for all weekdays" }).click();
  await dialog.getByRole("combobox", { name: "Public holidays of" }).fill("Germany");
  await page.getByRole("option", { name: "Germany", exact: true }).click();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Create the calendar" }).click();
  await page.getByText("Mon–Fri 08:00–12:00, 13:00–16:00").waitFor();
  await choose(page, name, "Try a deadline");
  await dialog.getByLabel("Asked at").fill("2026-12-24T12:00");
  await dialog.getByText("Christmas Day").or(dialog.getByText("Erster Weihnachtstag")).first().waitFor();
  await dialog.getByText(/December 28, 2026/).waitFor();
  await page.keyboard.press("Escape");
  await choose(page, name, "Delete");
  await dialog.getByRole("button", { name: "Delete", exact: true }).click();
  await eventually(async () => (await page.getByText(name).count()) === 0);
});

test("somebody says when they are away, and who answers; an admin changes it", async () => {
  const grace = await member(`grace.away.${TAG}@example.com`);
  const page = await ada("/settings/absences");
  await page.getByRole("button", { name: "I will be away" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("Say who answers.").waitFor();
  await dialog.getByLabel("From").fill("2027-08-01T00:00");
  await dialog.getByLabel("To").fill("2027-08-15T00:00");
  await dialog.getByRole("combobox", { name: "Who answers" }).click();
  await page.getByRole("option", { name: new RegExp(grace) }).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  const own = page.getByRole("list", { name: "My absences" }).getByRole("listitem");
  await own.getByText(`${grace} answers`).waitFor();
  await page.getByRole("button", { name: "Change the absence of ada@example.com" }).click();
  await dialog.getByLabel("To").fill("2027-08-20T00:00");
  await dialog.getByRole("button", { name: "Save" }).click();
  await own.getByText(/Aug 20, 2027/).waitFor();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Delete the absence", exact: true }).click();
  await page.getByText("You are not away in the time to come.").waitFor();
});

interface Asked {
  id: string;
  digest: string;
  path: string;
  title: string;
}

interface Ruled {
  name: string;
  enabled: boolean;
}

const named = (name: string) => (rule: Ruled) => rule.name === name;

async function indexOf(rules: ReturnType<Page["locator"]>, text: string): Promise<number> {
  return (await rules.allTextContents()).findIndex((shown) => shown.includes(text));
}

async function choose(page: Page, of: string, action: string): Promise<void> {
  await page.getByRole("button", { name: `Actions of ${of}` }).click();
  await page.getByRole("menuitem", { name: action }).click();
}

/** Somebody who may decide; their address. */
async function member(email: string): Promise<string> {
  const { token } = await api<{ token: string }>("/invitations", { email, role: "operator" });
  const body = JSON.stringify({ token, name: "Grace Hopper", password: "correct horse battery" });
  const headers = { "content-type": "application/json" };
  await fetch(`${HOME}/v1/invitations/accept`, { method: "POST", headers, body });
  return email;
}
