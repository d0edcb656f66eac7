import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";

/** Where the product under test is, and the token of its operator. */
export const HOME = required("PERDURE_URL");
const TOKEN = required("PERDURE_TOKEN");
const SHOTS = process.env.PERDURE_SHOTS;

// Chromium's own chatter is off: the machine's network is closed, and root needs no sandbox of its own.
export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
const contexts: BrowserContext[] = [];
/** Of people who stay until the end of the journey. */
const lasting: BrowserContext[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: required("CHROMIUM"), args: FLAGS });
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail" && SHOTS) await photograph(task.name);
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  // No page may say anything to the console that its user would have to worry about.
  expect(complaints.splice(0)).toEqual([]);
});

afterAll(() => browser?.close());

interface Visit {
  dark?: boolean;
  phone?: boolean;
  /** Nobody is signed in; by default it is the operator. */
  stranger?: boolean;
  /** Part of a complaint that the page cannot but make. */
  expects?: string | null;
  /** For the whole journey instead of one test. */
  stays?: boolean;
}

/** A person at a browser of their own. */
export async function visit(
  path: string,
  { dark = false, phone = false, stranger = false, expects = null, stays = false }: Visit = {},
): Promise<Page> {
  const context = await browser.newContext({
    baseURL: HOME,
    colorScheme: dark ? "dark" : "light",
    viewport: phone ? { width: 390, height: 844 } : { width: 1360, height: 850 },
    hasTouch: phone,
    reducedMotion: "reduce",
  });
  (stays ? lasting : contexts).push(context);
  context.setDefaultTimeout(20_000);
  if (!stranger)
    // Frames without an origin of their own have no storage, and need none.
    await context.addInitScript((token) => {
      if (globalThis.origin !== "null") localStorage.setItem("perdure-operator-token", token);
    }, TOKEN);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type())) return;
    const said = `${message.text()} (${message.location().url})`;
    if (expects === null || !said.includes(expects)) complaints.push(said);
  });
  await page.goto(path);
  return page;
}

/** What was said to the console and is part of what is tested. */
export async function expectComplaint(part: string): Promise<void> {
  const own = () => complaints.filter((complaint) => complaint.includes(part));
  await eventually(async () => own().length > 0, 5);
  for (const complaint of own()) complaints.splice(complaints.indexOf(complaint), 1);
}

/** Ask the API, as the operator. */
export async function api<Answer>(
  path: string,
  body?: unknown,
  method = body === undefined ? "GET" : "POST",
): Promise<Answer> {
  const isText = typeof body === "string";
  const response = await fetch(`${HOME}/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      "content-type": isText ? "application/yaml" : "application/json",
    },
    body: isText ? body : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

interface AxeResult {
  violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[];
}

/** Nothing on the page keeps people with disabilities from using it; or nothing that only some rules look for. */
export async function expectAccessible(page: Page, ...rules: string[]): Promise<void> {
  // Evaluated rather than put into the page, which allows no foreign script.
  await page.evaluate(AXE);
  // Colours that are on their way are neither those of before nor those that will be read.
  await page.evaluate(async () => {
    const changing = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.allSettled(changing.map(({ finished }) => finished));
  });
  const result = await page.evaluate(
    (only) =>
      // Not into frames: what stands in them is not ours, and sandboxed ones refuse to be asked.
      (globalThis as unknown as { axe: { run: (options: object) => Promise<AxeResult> } }).axe.run({
        iframes: false,
        ...(only.length > 0 ? { runOnly: only } : {}),
        // Off by default, and asked for by whoever measures a page.
        rules: { "label-content-name-mismatch": { enabled: true }, "target-size": { enabled: true } },
      }),
    rules,
  );
  const serious = result.violations.filter(
    ({ id, impact }) => impact === "serious" || impact === "critical" || id === "heading-order",
  );
  const told = serious.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")}: ${failureSummary}`),
  );
  expect(told).toEqual([]);
}

/** Wait for something that only the server knows. */
export async function eventually<Value>(
  look: () => Promise<Value | undefined | false | null>,
  seconds = 30,
): Promise<Value> {
  const until = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > until) throw new Error(`not within ${seconds} seconds: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function photograph(name: string): Promise<void> {
  const pages = [...contexts, ...lasting].flatMap((context) => context.pages());
  const file = name.replaceAll(/[^a-z0-9]+/gi, "-");
  await Promise.all(
    pages.map((page, index) => page.screenshot({ path: `${SHOTS}/${file}-${index}.png` }).catch(() => null)),
  );
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run this through pytest tests/browser`);
  return value;
}
