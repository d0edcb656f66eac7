import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { startTriage } from "./documents";
import { api, eventually, expectAccessible, visit } from "./stage";

interface Report {
  totals: { runs: number; tokens_in: number; tokens_out: number };
}

test("what was spent is seen at a glance, told apart, and taken along", async () => {
  const { id, slug } = await startTriage("=Spent", 9);
  await eventually(async () => (await api<{ status: string }>(`/runs/${id}`)).status === "completed");
  const page = await visit(`/usage?workflow=${slug}`);
  const { totals } = await api<Report>(`/workspace/usage/report?workflow=${slug}`);
  const tile = (name: string) =>
    page.getByRole("list", { name: "Totals" }).getByRole("button", { name: new RegExp(`^${name}`) });
  await tile("Tokens")
    .getByText(String(totals.tokens_in + totals.tokens_out))
    .waitFor();
  await expectAccessible(page);
  await tile("Runs").click();
  await page.getByRole("heading", { name: "Runs by day" }).waitFor();
  await page.getByRole("region", { name: /^Chart/ }).focus();
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("status").getByText("1", { exact: true }).first().waitFor();
  await expectAccessible(page);
  await tile("Spend").click();
  await page.getByText("By model", { exact: true }).click();
  await page.getByRole("region", { name: "By model" }).getByRole("row").nth(1).waitFor();

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  await page.getByRole("menuitem", { name: "CSV by workflow and day" }).click();
  const lines = (await readFile(await (await saved).path(), "utf8")).trim().split("\r\n");
  expect(lines[0]).toBe(
    "day,workflow,name,runs,completed,failed,tokens_in,tokens_out,cost_usd,waited_seconds,requests",
  );
  expect(lines[1]).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\d,${slug},'=Spent [^,]+,1,1,0,`));
});

test("usage suits the dark and a phone", async () => {
  const page = await visit("/usage?days=90&metric=waiting", { dark: true, phone: true });
  await page.getByRole("heading", { name: "Waiting for people by day" }).waitFor();
  await expectAccessible(page);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBe(0);
  await page.getByRole("link", { name: "Runs" }).tap();
  await page.waitForURL(/runs/);
});
