import { expect, test } from "vitest";
import { brokenStep, mailAsking, startRun, startTriage, unique } from "./documents";
import { Mailbox } from "./mailbox";
import { api, eventually, expectAccessible, expectComplaint, visit } from "./stage";

interface Run {
  status: string;
  output: unknown;
}

interface Requests {
  items: { id: string; title: string }[];
}

async function requestOf(run: string): Promise<string> {
  const found = await eventually(
    async () => (await api<Requests>(`/approvals?run_id=${run}&status=pending`)).items[0],
  );
  return found.id;
}

async function outputOf(run: string): Promise<unknown> {
  const ended = await eventually(async () => {
    const shown = await api<Run>(`/runs/${run}`);
    return shown.status === "completed" && shown;
  });
  return ended.output;
}

test("a request is approved with two keys, from the list to done", async () => {
  const { id } = await startTriage("Two keys", 410);
  await requestOf(id);
  const page = await visit("/inbox?q=410&sort=newest");
  await page.getByRole("heading", { name: "Pay 410 EUR?" }).waitFor();
  await page.getByLabel("Amount in EUR").waitFor();
  await expectAccessible(page);
  await page.keyboard.press("a");
  await page.keyboard.press("Enter");
  await page.getByText("Approve: Pay 410 EUR?").waitFor();
  expect(await outputOf(id)).toEqual({ paid: 1 });
});

test("a form is filled in, checked, and sent with the decision", async () => {
  const { id } = await startTriage("Form", 520);
  const page = await visit(`/inbox?request=${await requestOf(id)}`, { dark: true });
  await page.getByLabel("Amount in EUR").fill("-3");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByText("This must be more than 0.").waitFor();
  await expectAccessible(page);
  await page.getByLabel("Amount in EUR").fill("77");
  await page.getByRole("button", { name: "Say why" }).click();
  await page.getByLabel("Why").fill("Agreed on the phone.");
  await page.getByRole("button", { name: "Approve" }).click();
  expect(await outputOf(id)).toEqual({ paid: 77 });
  await page.goto("/inbox?view=closed");
  await page
    .getByRole("button", { name: /Pay 520 EUR/ })
    .last()
    .click();
  await page.getByLabel("Decision").getByText("Agreed on the phone.").waitFor();
});

test("whoever is slower is told who was faster", async () => {
  const { id } = await startTriage("Race", 630);
  const request = await requestOf(id);
  const page = await visit(`/inbox?request=${request}`);
  await page.getByLabel("Amount in EUR").waitFor();
  await page.route("**/decide", async (route) => {
    const { digest } = await api<{ digest: string }>(`/approvals/${request}`);
    await api(`/approvals/${request}/decide`, { decision: "rejected", digest, reason: "Too much." });
    await route.continue();
  });
  await page.getByRole("button", { name: "Approve" }).click();
  await page
    .getByText(/was faster/)
    .first()
    .waitFor();
  await expectComplaint("409");
  await page.getByLabel("Decision").getByText("Too much.").waitFor();
});

test("on a phone one request fills the screen, and nothing in it comes to life", async () => {
  const { id } = await startTriage("Phone", 740);
  await requestOf(id);
  const page = await visit("/inbox", { phone: true });
  await page
    .getByRole("button", { name: /Pay 740 EUR/ })
    .last()
    .tap();
  await page.getByText("Please", { exact: true }).waitFor();
  expect(await page.locator("article img, article [href^=javascript]").count()).toBe(0);
  expect(await page.evaluate(() => Reflect.get(globalThis, "pwned"))).toBeUndefined();
  await expectAccessible(page);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBe(0);
  await page.getByRole("button", { name: "Reject" }).tap();
  await page.getByText("Reject: Pay 740 EUR?").waitFor();
  // The pages that people open on the way have a tab in sight; the others are a menu away, by keys as well.
  const tabs = page.getByRole("navigation", { name: "Main" });
  for (const name of [/^Inbox/, "Runs", "Workflows", "Agents"]) {
    const box = await tabs.getByRole("link", { name }).boundingBox();
    expect(box && box.x >= 0 && box.x + box.width <= 390).toBe(true);
  }
  await tabs.getByRole("button", { name: "More" }).press("Enter");
  await page.getByRole("menuitem", { name: "Schedules" }).waitFor();
  await page.getByRole("menuitem", { name: "Usage" }).press("Enter");
  await page.getByRole("heading", { name: "Usage", level: 1 }).waitFor();
});

test("what is edited is shown, goes through with the approval, and can be taken back", async () => {
  const title = unique("Send the offer");
  const { id } = await startRun(mailAsking(title, { undo: "1m", reason: "on_reject" }));
  const page = await visit(`/inbox?request=${await requestOf(id)}`);
  const mail = page.frameLocator("iframe[title='Preview of the mail']");
  await mail.getByRole("heading", { name: "Dear Ada" }).waitFor();
  expect(await mail.locator("script, img[src], [onclick], [onerror]").count()).toBe(0);
  expect(await page.evaluate(() => Reflect.get(globalThis, "pwned"))).toBeUndefined();
  await page.keyboard.press("e");
  await page.getByLabel("amount").fill("45");
  await page.getByLabel("Your edits").getByText("45").waitFor();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Approve with 1 edit" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("heading", { name: title }).waitFor();
  // A no must say why; the key leads there, and Ctrl+Enter sends it.
  await page.getByRole("button", { name: "Reject" }).click();
  await page.getByLabel("Why").fill("Too cheap.");
  await page.keyboard.press("Control+Enter");
  await page.getByText(`Reject: ${title}`).waitFor();
});

test("a question that changes while it is looked at is shown anew before it can be answered", async () => {
  const title = unique("Pay the bill");
  const { id } = await startRun(mailAsking(title));
  const request = await requestOf(id);
  const page = await visit(`/inbox?request=${request}`, { dark: true });
  await page.getByRole("button", { name: "Approve" }).waitFor();
  const payload = { amount: 5_000, mail: { subject: "Our offer" } };
  await api(`/approvals/${request}/revise`, { payload, why: "A zero was missing." });
  await page.getByText("The question has changed since you saw it").waitFor();
  await page.getByText("A zero was missing.").first().waitFor();
  await page.getByLabel("Change of amount").getByText("5000").waitFor();
  expect(await page.getByRole("button", { name: "Approve" }).isDisabled()).toBe(true);
  await expectAccessible(page);
  await page.getByRole("button", { name: "I have seen it" }).click();
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByText(`Approve: ${title}`).waitFor();
  expect(await outputOf(id)).toEqual(payload);
});

test("two people answer one after the other, each at their own screen", async () => {
  const title = unique("Move the money");
  const [ada, bob] = [await newMember("Grace"), await newMember("Bob")];
  const { id } = await startRun(mailAsking(title, { needs: 2, assignees: { users: [ada, bob] } }));
  const request = await requestOf(id);
  const [first, second] = [
    await atInbox(ada, `?request=${request}`),
    await atInbox(bob, `?request=${request}`),
  ];
  await first.getByText("0 of 2 answers").waitFor();
  await first.getByRole("button", { name: "Claim" }).click();
  await second.getByText(/has claimed this request/).waitFor();
  await first.getByRole("button", { name: "Release" }).click();
  await second.getByRole("button", { name: "Claim" }).waitFor();
  await second.getByLabel("Comment").fill("Is the account right?");
  await second.getByRole("button", { name: "Ask who wants this" }).click();
  await first.getByText("Is the account right?").waitFor();
  await first.keyboard.press("a");
  await first.keyboard.press("Enter");
  await second.getByText("1 of 2 answers").waitFor();
  await second.getByRole("button", { name: "Approve" }).click();
  await first.goto(`/inbox?view=decided_by_me&request=${request}`);
  await first
    .getByLabel("Decision")
    .getByText(/Approve by/)
    .waitFor();
  expect(await outputOf(id)).toEqual({ amount: 50, mail: { subject: "Our offer" } });
});

test("requests are gone through, commented on, refused and handed on by keys alone", async () => {
  const [title, name] = [unique("Keys alone"), unique("Barbara")];
  const [grace, barbara] = [await newMember("Grace"), await newMember(name)];
  const asking = mailAsking(title, { assignees: { users: [grace] } });
  const ids: string[] = [];
  for (const _ of ["first", "second"]) ids.push(await requestOf((await startRun(asking)).id));
  const page = await atInbox(grace, `?q=${encodeURIComponent(title)}`);
  const shown = (index: number) => page.waitForURL((url) => url.searchParams.get("request") === ids[index]);
  await shown(0);
  await page.keyboard.press("j");
  await shown(1);
  await page.keyboard.press("x");
  await page.getByText("1 request selected").waitFor();
  await page.keyboard.press("x");
  await page.keyboard.press("k");
  await shown(0);
  await page.getByLabel("Comment").waitFor();
  await page.keyboard.press("c");
  await page.keyboard.type("Why twice?");
  await page.keyboard.press("Control+Enter");
  await page.getByText("Why twice?", { exact: true }).waitFor();
  await page.getByLabel("Comment").blur();
  await page.keyboard.press("r");
  await page.keyboard.press("Enter");
  await page.getByText(`Reject: ${title}`).waitFor();
  await shown(1);
  await page.getByRole("button", { name: "More about this request" }).press("Enter");
  await page.getByRole("menuitem", { name: "Hand to somebody" }).press("Enter");
  await page.getByRole("combobox", { name: "Member" }).fill(name);
  await page.getByRole("option", { name }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Hand over" }).press("Enter");
  await page.getByText("Handed over.").waitFor();
  const operator = await visit(`/inbox?view=open&request=${ids[1]}`);
  await operator.getByRole("button", { name: "More about this request" }).press("Enter");
  await operator.getByRole("menuitem", { name: "Ask others" }).press("Enter");
  await operator.getByRole("combobox", { name: "Members, groups or roles" }).pressSequentially("role:admin");
  await operator.keyboard.press("ArrowDown");
  await operator.keyboard.press("Enter");
  await operator.getByRole("button", { name: "Ask", exact: true }).press("Enter");
  await operator.getByText("Others are asked now.").waitFor();
  const asked = await atInbox(barbara, `?request=${ids[1]}`);
  await asked.getByRole("button", { name: "Approve" }).waitFor();
});

test("several requests get one answer, and are found by a word", async () => {
  const title = unique("Batch");
  const runs = [await startRun(mailAsking(title)), await startRun(mailAsking(title))];
  for (const { id } of runs) await requestOf(id);
  const page = await visit("/inbox");
  await page.getByLabel("Search requests").fill(title);
  await page.waitForURL(/[?&]q=/);
  for (const place of [0, 1])
    await page
      .getByRole("checkbox", { name: `Select ${title}` })
      .nth(place)
      .check();
  await page.getByText("2 requests selected").waitFor();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Approve 2" }).click();
  await page.getByText("2 requests decided.").waitFor();
  for (const { id } of runs) await outputOf(id);
});

test("a filter is kept under a name, with how much it holds", async () => {
  const title = unique("Kept");
  await requestOf((await startRun(mailAsking(title, { priority: "urgent" }))).id);
  const page = await visit(`/inbox?priority=urgent&q=${encodeURIComponent(title)}`);
  await page.getByRole("button", { name: "Keep this view" }).click();
  await page.getByLabel("Name of the view").fill(title);
  await page.getByRole("button", { name: "Keep", exact: true }).click();
  const kept = page.getByRole("link", { name: title });
  await kept.getByText("1", { exact: true }).waitFor();
  await page.getByRole("button", { name: `Delete the view ${title}` }).click();
  await kept.waitFor({ state: "detached" });
});

test("a failed step is mended and tried again", async () => {
  const name = unique("Work it out");
  const { id } = await startRun(brokenStep(name));
  const page = await visit(`/inbox?view=interventions&request=${await requestOf(id)}`, { dark: true });
  await page.getByText("Tried once.").waitFor();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Edit the input and try again" }).click();
  await page.getByRole("textbox", { name: /^code/i }).fill("42");
  await page.getByRole("button", { name: "Edit the input and try again" }).click();
  await page.getByText(`Edit the input and try again: ${name} failed`).waitFor();
  await outputOf(id);
});

test("an answer that needs nothing else moves on at once, and says so if somebody was faster", async () => {
  const title = unique("Quick");
  const { id } = await startRun(mailAsking(title));
  const request = await requestOf(id);
  const page = await visit(`/inbox?request=${request}`);
  await page.getByRole("button", { name: "Approve" }).waitFor();
  await page.route("**/decide", async (route) => {
    const { digest } = await api<{ digest: string }>(`/approvals/${request}`);
    await api(`/approvals/${request}/decide`, { decision: "rejected", digest });
    await route.continue();
  });
  await page.keyboard.press("a");
  await page.keyboard.press("Enter");
  await page.getByText(`${title}: operator was faster`).waitFor();
  await expectComplaint("409");
});

test("whoever is asked answers by the link in their mail, once, without signing in", async () => {
  const mailbox = new Mailbox();
  const mail = { host: "127.0.0.1", port: await mailbox.open(), security: "none", sender: "bot@example.com" };
  const channel = await api<{ id: string }>("/notifications/channels", {
    name: "Mails",
    kind: "email",
    mail,
  });
  const [title, grace] = [unique("Sign the lease"), await newMember("Grace")];
  const { id } = await startRun(mailAsking(title, { assignees: { users: [grace] } }));
  const link = await mailbox.find(grace, /\/link\/pdl_[\w-]+/);
  mailbox.close();
  await api(`/notifications/channels/${channel.id}`, undefined, "DELETE");
  const page = await visit(link, { stranger: true, phone: true });
  await page.getByRole("heading", { name: title }).waitFor();
  expect(await page.evaluate(() => document.scripts.length)).toBe(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await expectAccessible(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await expectAccessible(page, "color-contrast");
  await page.getByLabel(/^Reason/).fill("As agreed.");
  await page.getByRole("button", { name: "Approve" }).tap();
  await page.getByRole("heading", { name: "Your answer counts" }).waitFor();
  await outputOf(id);
  await page.goto(link);
  await page.getByRole("heading", { name: "This link was used already" }).waitFor();
  await expectAccessible(page);
  await expectComplaint("40");
});

const PASSWORD = "correct horse battery";

/** Somebody who has joined the workspace; their address. */
async function newMember(name: string): Promise<string> {
  const email = `${unique(name).replaceAll(" ", "-").toLowerCase()}@example.com`;
  const { token } = await api<{ token: string }>("/invitations", { email, role: "operator" });
  await api("/invitations/accept", { token, name, password: PASSWORD });
  return email;
}

/** The inbox, with a request open, on the screen of somebody who has signed in. */
async function atInbox(email: string, search: string) {
  const page = await visit(`/inbox${search}`, { stranger: true });
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("article", { name: "Request" }).waitFor();
  return page;
}
