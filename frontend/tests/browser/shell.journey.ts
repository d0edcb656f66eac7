import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { mailAsking, startRun, startTriage, unique } from "./documents";
import { signIn } from "./people";
import { api, eventually, expectAccessible, expectComplaint, HOME, visit } from "./stage";

/** Bytes of compressed script, before anybody opens the editor. */
const FIRST_LOAD = 300_000;

test("the palette finds pages, workflows and actions", async () => {
  const page = await visit("/runs");
  await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  const palette = page.getByPlaceholder("Go to, find, or do …");
  await page.keyboard.press("Control+k");
  await palette.fill("audit");
  await page.getByRole("button", { name: /Audit log/ }).waitFor();
  await expectAccessible(page);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${HOME}/settings/audit`);
  await page.keyboard.press("Control+k");
  await palette.fill("new workflow");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "New workflow" }).getByLabel("Name").fill("By keys alone");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${HOME}/workflows/by-keys-alone*/edit`);
  await page.goto("/inbox");
  await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await palette.fill("keys alone");
  await page
    .getByRole("button", { name: /By keys alone/ })
    .first()
    .waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`${HOME}/workflows/by-keys-alone*`);
  // Of the latest runs it shows the names; any other one is opened by its id.
  await page.keyboard.press("Control+k");
  await palette.fill("0189aa00-0000-7000-8000-00000000abcd");
  await page.getByRole("button", { name: "Open run" }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`${HOME}/runs/0189aa00-0000-7000-8000-00000000abcd`);
  await expectComplaint("404");
});

test("a workspace is made, left and entered again", async () => {
  const page = await visit("/workflows", { stranger: true });
  await signIn(page);
  const switcher = page.getByRole("button", { name: /^Perdure/ });
  await switcher.click();
  await page.getByRole("menuitem", { name: "New workspace" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Difference Engines");
  await page.getByRole("button", { name: "Create and go there" }).click();
  await page.getByText("No workflow yet").waitFor();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Begin with a template" }).waitFor();
  await switcher.click();
  await page.getByRole("menuitem", { name: "Analytical Engines" }).click();
  await page.getByRole("button", { name: /Analytical Engines/ }).waitFor();
});

test("every page is reached by keys, and the focus is seen", async () => {
  const page = await visit("/workflows");
  await page.getByRole("heading", { name: "Workflows", level: 1 }).waitFor();
  await page.keyboard.press("Tab");
  await page.getByRole("link", { name: "Skip to content" }).waitFor();
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
  await page.keyboard.press("Tab");
  const outline = await page.evaluate(() => {
    const focused = document.activeElement;
    return focused ? getComputedStyle(focused).outlineStyle : "nothing is focused";
  });
  expect(outline).toBe("solid");
  for (const [key, name] of [
    ["s", "Settings"],
    ["i", "Inbox"],
    ["r", "Runs"],
    ["w", "Workflows"],
  ] as const) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await page.getByRole("heading", { name, level: 1 }).waitFor();
  }
});

test("whoever looks elsewhere is told of a request, and led to it by a click", async () => {
  const page = await visit("/usage");
  await page.addInitScript(pretendToBeAway);
  await page.clock.install();
  const counted = page.waitForResponse(/approvals\/counts/);
  await page.reload();
  await counted;
  const { id } = await startTriage("Elsewhere", 830);
  await eventually(async () => {
    const { items } = await api<{ items: unknown[] }>(`/approvals?run_id=${id}&status=pending`);
    return items.length > 0;
  });
  await page.clock.fastForward(16_000);
  await page.waitForFunction(() => "told" in globalThis);
  await page.evaluate(() => Reflect.get(globalThis, "told").onclick());
  await page.waitForURL(/\/inbox/);
});

/** A page out of sight, whose user has asked for notifications. */
function pretendToBeAway(): void {
  localStorage.setItem("perdure-desktop-notice", "yes");
  for (const [name, value] of Object.entries({ hidden: true, visibilityState: "hidden" }))
    Object.defineProperty(document, name, { get: () => value });
  globalThis.Notification = class {
    static readonly permission = "granted";
    onclick: (() => void) | null = null;
    constructor() {
      Reflect.set(globalThis, "told", this);
    }
    close(): void {}
  } as unknown as typeof Notification;
}

test("nothing that people write comes to life", async () => {
  const hostile = '<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=2</script>';
  const { slug } = await api<{ slug: string }>("/workflows/drafts", {
    name: hostile,
    tags: ["<b>bold</b>"],
    document: {
      format: "perdure/v1",
      name: hostile,
      description: hostile,
      nodes: [{ id: "a", kind: "transform", name: hostile, with: { value: hostile } }],
      edges: [],
    },
  });
  const page = await visit("/workflows");
  await page.getByText(hostile).first().waitFor();
  for (const path of [`/workflows/${slug}`, `/workflows/${slug}/edit`, "/settings/audit"]) {
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
  }
  expect(await page.evaluate(() => Reflect.get(globalThis, "pwned"))).toBeUndefined();
  await api(`/workflows/${slug}`, undefined, "DELETE").catch(() => null);
});

test("the page allows no script but its own files", async () => {
  const { headers } = await fetch(`${HOME}/workflows`);
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/script-src 'self';/);
  expect(policy).toMatch(/object-src 'none'/);
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  const html = await (await fetch(`${HOME}/workflows`)).text();
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
});

test("the first page needs little script, whichever it is", async () => {
  const title = unique("Little");
  const { id } = await startRun(mailAsking(title));
  await eventually(async () => {
    const { items } = await api<{ items: unknown[] }>(`/approvals?run_id=${id}&status=pending`);
    return items.length > 0;
  });
  const pages: [path: string, shows: (page: Page) => Locator][] = [
    ["/workflows", (page) => page.getByRole("heading", { name: "Workflows", level: 1 })],
    // Markdown, forms and graphs come after the page itself, and only where there are any.
    [`/inbox?q=${encodeURIComponent(title)}`, (page) => page.getByRole("button", { name: "Approve" })],
    [`/runs/${id}?view=log`, (page) => page.getByRole("region", { name: "Log" })],
  ];
  for (const [path, shows] of pages) expect(await scriptOf(path, shows), path).toBeLessThan(FIRST_LOAD);
});

/** Bytes of compressed script with which somebody who has never been here is shown a page. */
async function scriptOf(path: string, shows: (page: Page) => Locator): Promise<number> {
  const page = await visit("about:blank");
  const loaded: Promise<number>[] = [];
  page.on("response", (response) => {
    const request = response.request();
    if (request.resourceType() !== "script") return;
    loaded.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await page.goto(path);
  await shows(page).waitFor();
  await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
  expect(loaded.length).toBeGreaterThan(1);
  return (await Promise.all(loaded)).reduce((sum, size) => sum + size, 0);
}
