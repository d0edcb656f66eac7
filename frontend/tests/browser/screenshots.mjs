import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const { PERDURE_URL: home, PERDURE_TOKEN: token, CHROMIUM: executablePath, INTO: into } = process.env;

/** Every page, those for people on the way on a phone too. */
const SEEN = JSON.parse(readFileSync(new URL("pages.json", import.meta.url), "utf8"));
const ON_A_PHONE = ["run", "inbox"];
const PAGES = SEEN.flatMap((page) =>
  ON_A_PHONE.includes(page.name) ? [page, { ...page, name: `${page.name}-phone`, phone: true }] : [page],
);

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });

async function shoot({ name, path, stranger = false, phone = false }, theme) {
  const context = await browser.newContext({
    baseURL: home,
    colorScheme: theme,
    viewport: phone ? { width: 390, height: 780 } : { width: 1280, height: 800 },
    reducedMotion: "reduce",
  });
  if (!stranger)
    await context.addInitScript((given) => localStorage.setItem("perdure-operator-token", given), token);
  const page = await context.newPage();
  await page.goto(path.replaceAll(/:([a-z]+)/g, (_, key) => process.env[`NAME_${key.toUpperCase()}`] ?? ""));
  await page.locator("main").getByRole("heading").first().waitFor();
  await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
  await page.waitForTimeout(2_500);
  await page.screenshot({ path: `${into}/${name}-${theme}.png` });
  await context.close();
}

const only = process.env.ONLY ? process.env.ONLY.split(",") : null;
for (const page of PAGES)
  for (const theme of ["light", "dark"])
    if (only === null || only.includes(`${page.name}-${theme}`)) await shoot(page, theme);
await browser.close();
