import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { startTriage } from "./documents";
import { api, eventually, visit } from "./stage";

test("what is exported can be imported again, as JSON too", async () => {
  const { slug } = await startTriage("Round trip", 3);
  const page = await visit("/workflows");
  await page.getByLabel("Search").fill(slug);
  await eventually(async () => (await page.getByRole("button", { name: /^Actions of / }).count()) === 1);
  const downloading = page.waitForEvent("download");
  await page
    .getByRole("button", { name: /^Actions of / })
    .first()
    .click();
  await page.getByRole("menuitem", { name: "Export as YAML" }).click();
  const yaml = await readFile(await (await downloading).path(), "utf8");
  const again = await api<{ slug: string; document: unknown; faults: unknown[] }>("/workflows/import", yaml);
  const before = await api<{ document: unknown }>(`/workflows/${slug}/versions/1`);
  expect(again.faults).toEqual([]);
  expect(again.document).toEqual(before.document);
  const json = await api<{ document: unknown }>("/workflows/import", before.document);
  expect(json.document).toEqual(before.document);
});
