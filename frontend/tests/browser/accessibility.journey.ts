import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { beforeAll, test } from "vitest";
import { newAgent, startTriage, unique } from "./documents";
import { api, eventually, expectAccessible, expectComplaint, visit } from "./stage";

interface Shown {
  name: string;
  path: string;
  stranger?: boolean;
  /** Part of a complaint that the page cannot but make. */
  says?: string;
}

/** Every page of the app (src/app/router.test.ts sees to that), and those that the server writes. */
const PAGES: Shown[] = JSON.parse(readFileSync(new URL("pages.json", import.meta.url), "utf8"));

const names: Record<string, string> = {};
let operator: Page;
let stranger: Page;

beforeAll(async () => {
  const [asking, done] = await Promise.all([startTriage("Read aloud", 350), startTriage("Read again", 30)]);
  const open = await eventually(
    async () =>
      (await api<{ items: { id: string }[] }>(`/approvals?run_id=${asking.id}&status=pending`)).items[0],
  );
  const base = await api<{ slug: string }>("/knowledge", { name: unique("Read aloud") });
  const text = "Read {what} aloud.";
  const prompt = await api<{ name: string }>("/prompts", { name: `read-${Date.now()}`, text });
  await api("/memories", { memory: "desk", text: unique("Ada reads."), subject: "ada@example.com" });
  await api("/files", { name: "read.txt", data: "UmVhZA==" });
  const store = { address: "http://127.0.0.1:1", auth: "token" };
  await api("/secret-stores", { name: unique("vault"), settings: store, secret: "of no use" }).catch(
    () => null,
  );
  const agent = await newAgent("Read aloud");
  const chat = await api<{ id: string }>("/chat/sessions", { agent });
  const form = (access: string) =>
    api<{ id: string; path: string }>("/hooks", {
      workflow: asking.slug,
      kind: "form",
      name: unique("Ask"),
      settings: { form: { access, text: "**How much** is it?" } },
    });
  Object.assign(names, { slug: asking.slug, run: asking.id, other: done.id, request: open.id, agent });
  Object.assign(names, { base: base.slug, prompt: prompt.name, chat: chat.id });
  Object.assign(names, { hook: (await form("signed_in")).id, form: (await form("public")).path });
  [operator, stranger] = [
    await visit("/workflows", { stays: true }),
    await visit("/login", { stays: true, stranger: true }),
  ];
});

test.each(PAGES)("$name is for everybody, by day and by night", async ({ path, says, ...shown }) => {
  const page = shown.stranger ? stranger : operator;
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(path.replaceAll(/:([a-z]+)/g, (_, name: string) => names[name] ?? ""));
  await page.locator("main").getByRole("heading").first().waitFor();
  await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
  await expectAccessible(page);
  // By night only the colours are others.
  await page.emulateMedia({ colorScheme: "dark" });
  await page.locator("html:not([data-mantine-color-scheme=light])").waitFor();
  await expectAccessible(page, "color-contrast");
  if (says) await expectComplaint(says);
});
