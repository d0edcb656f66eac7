// Opens a large draft in the real editor, pans and drags it, and writes what was measured as JSON.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../frontend/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const { URL_OF_PERDURE: home, TOKEN: token, CHROMIUM: executablePath, SLUG: slug, ROUNDS: rounds } = process.env;

const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
const MOVES = 120;

const browser = await chromium.launch({ executablePath, args: FLAGS });
const context = await browser.newContext({ baseURL: home, viewport: { width: 1400, height: 880 } });
await context.addInitScript((known) => localStorage.setItem("perdure-operator-token", known), token);
const page = await context.newPage();

const found = { open: [], load: [], pan: [], drag: [], far: [] };
for (let round = 0; round < Number(rounds); round++) await measure();
await browser.close();
console.log(JSON.stringify(found));

async function measure() {
  await page.goto(`/workflows/${slug}`);
  await page.getByRole("link", { name: "Edit" }).hover();
  await page.waitForTimeout(1_000);
  found.open.push(await untilDrawn(() => page.getByRole("link", { name: "Edit" }).click()));
  await page.goto(`/workflows/${slug}/edit`, { waitUntil: "commit" });
  found.load.push(await untilDrawn(() => null, true));
  await page.waitForTimeout(2_500);
  const pane = await page.locator(".react-flow__pane").boundingBox();
  const free = { x: pane.x + 24, y: pane.y + 320 };
  found.pan.push(await frames(free, ({ x, y }, step) => ({ x: x + step * 2, y: y - (step % 60) * 4 })));
  await page.waitForTimeout(800);
  const card = await page.locator(".react-flow__node").nth(8).boundingBox();
  const grip = { x: card.x + 60, y: card.y + 20 };
  found.drag.push(await frames(grip, ({ x, y }, step) => ({ x: x + step, y: y + (step % 60) * 3 })));
  await page.waitForTimeout(1_500);
  await page.locator(".react-flow__controls-fitview").click();
  await page.waitForTimeout(1_500);
  found.far.push(await frames(free, ({ x, y }, step) => ({ x: x + step * 2, y: y - (step % 60) })));
}

/** Milliseconds until the first steps are painted: from the click, or from the beginning of the load. */
async function untilDrawn(act, fromLoad = false) {
  if (!fromLoad) await page.evaluate(() => addEventListener("click", () => (globalThis.began = performance.now()), { capture: true, once: true }));
  await act();
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        const look = () =>
          document.querySelectorAll(".react-flow__node").length > 8
            ? requestAnimationFrame(() => resolve(performance.now() - (globalThis.began ?? 0)))
            : requestAnimationFrame(look);
        look();
      }),
  );
}

/** Frames per second while the mouse, pressed, goes along a way. */
async function frames(from, at) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.evaluate(() => {
    globalThis.frames = [];
    const count = (time) => {
      globalThis.frames.push(time);
      globalThis.counting = requestAnimationFrame(count);
    };
    globalThis.counting = requestAnimationFrame(count);
  });
  for (let step = 0; step < MOVES; step++) {
    const { x, y } = at(from, step);
    await page.mouse.move(x, y);
    await page.waitForTimeout(8);
  }
  const times = await page.evaluate(() => {
    cancelAnimationFrame(globalThis.counting);
    return globalThis.frames;
  });
  await page.mouse.up();
  return (1_000 * (times.length - 1)) / (times.at(-1) - times[0]);
}
