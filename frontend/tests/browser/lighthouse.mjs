// Lighthouse on the pages that are looked at most, signed in; docs/screenshots.py --lighthouse starts the product for it.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const { PERDURE_URL: home, PERDURE_TOKEN: token, CHROMIUM: executablePath } = process.env;
const PORT = 9333;
const LEAST = 0.95;
/** The same page differs by several points from load to load: the one in the middle counts. */
const ROUNDS = 5;
const PAGES = [
  ["list", "/workflows"],
  ["editor", `/workflows/${process.env.NAME_SLUG}/edit`],
  ["inbox", `/inbox?request=${process.env.NAME_REQUEST}`],
];

const folder = await mkdtemp(join(tmpdir(), "perdure-lighthouse-"));
const context = await chromium.launchPersistentContext(join(folder, "profile"), {
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", `--remote-debugging-port=${PORT}`],
});
const page = await context.newPage();
await page.goto(`${home}/login`);
await page.evaluate((given) => localStorage.setItem("perdure-operator-token", given), token);

async function scoresOf(path) {
  const report = join(folder, "report.json");
  const options = [
    `--port=${PORT}`,
    "--preset=desktop",
    "--disable-storage-reset",
    "--quiet",
    "--output=json",
  ];
  const what = ["--only-categories=performance,accessibility", `--output-path=${report}`];
  await promisify(execFile)("npx", ["-y", "lighthouse@12.8.2", home + path, ...options, ...what]);
  const { categories, audits } = JSON.parse(await readFile(report, "utf8"));
  return {
    scores: [categories.performance.score, categories.accessibility.score],
    costs: costsOf(categories, audits),
  };
}

/** What keeps a page from full marks, with its value or the parts of the page that it names. */
function costsOf(categories, audits) {
  const refs = Object.values(categories).flatMap(({ auditRefs }) => auditRefs);
  return refs
    .filter(({ id, weight }) => weight > 0 && audits[id].score !== null && audits[id].score < 1)
    .map(({ id }) => {
      const parts = (audits[id].details?.items ?? [])
        .map(({ node }) => node?.selector)
        .filter(Boolean)
        .slice(0, 3);
      return `  ${id}: ${audits[id].displayValue ?? parts.join(", ")}`;
    });
}

async function middleOf(path) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await scoresOf(path));
  return rounds.sort((a, b) => a.scores[0] - b.scores[0])[(ROUNDS - 1) / 2];
}

let worst = 1;
for (const [name, path] of PAGES) {
  const {
    scores: [performance, accessibility],
    costs,
  } = await middleOf(path);
  worst = Math.min(worst, performance, accessibility);
  process.stdout.write(`${name}: performance ${performance * 100}, accessibility ${accessibility * 100}\n`);
  process.stdout.write(costs.map((cost) => `${cost}\n`).join(""));
}
await context.close();
await rm(folder, { recursive: true, force: true });
process.exit(worst < LEAST ? 1 : 0);
