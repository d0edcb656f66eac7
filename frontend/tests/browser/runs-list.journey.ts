import { expect, test } from "vitest";
import { startTriage, TRIAGE, unique } from "./documents";
import { api, eventually, expectAccessible, visit } from "./stage";

interface Runs {
  items: { id: string; status: string }[];
}

test("an operation on many runs is seen beforehand, and then happens to exactly these", async () => {
  const { id, slug } = await startTriage("Many", 310);
  for (const amount of [320, 5]) await api("/runs", { workflow: slug, input: { amount } });
  const listed = () => api<Runs>(`/runs?workflow=${slug}`);
  await eventually(async () => (await listed()).items.some(({ status }) => status === "completed"));
  await eventually(
    async () => (await api<Runs>(`/approvals?run_id=${id}&status=pending`)).items.length === 1,
  );
  const page = await visit(`/runs?workflow=${slug}`);
  await page.getByRole("checkbox", { name: "Choose all that are listed" }).check();
  const bar = page.getByRole("toolbar", { name: "Chosen runs" });
  await bar.getByText("3 runs chosen").waitFor();
  await bar.getByRole("button", { name: "Cancel", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("2 runs of 3 would be changed").waitFor();
  await dialog.getByText(/2 open requests/).waitFor();
  await expectAccessible(page);
  await dialog.getByLabel("Reason").fill("Not needed any more");
  await dialog.getByRole("button", { name: "Cancel 2 runs" }).click();
  const jobs = page.getByRole("list", { name: "Operations on many runs" });
  await jobs.getByText("Cancelling: 2 of 2 runs done").waitFor();
  await expectAccessible(page);
  await eventually(async () => (await page.locator("tbody").getByText("Cancelled").count()) === 2);
  const { items } = await listed();
  expect(items.map(({ status }) => status).sort()).toEqual(["cancelled", "cancelled", "completed"]);
  await jobs.getByRole("button", { name: "Seen" }).first().click();
});

test("a run that begins elsewhere appears in the list by itself", async () => {
  const { slug } = await api<{ slug: string }>("/workflows", { ...TRIAGE, name: unique("Appears") });
  const page = await visit(`/runs?workflow=${slug}`, { dark: true });
  await page.getByText("No run fits").waitFor();
  await api("/runs", { workflow: slug, input: { amount: 330 } });
  const row = page.getByRole("row").filter({ hasText: slug });
  await row.getByText("Running").waitFor();
  await row.getByText(/Pay 330 EUR/).waitFor();
  await expectAccessible(page);
});

test("a filter is given a name and found again", async () => {
  const { slug } = await startTriage("Kept", 8);
  const page = await visit(`/runs?workflow=${slug}`);
  await page.getByRole("button", { name: "More filters" }).click();
  await page.getByRole("combobox", { name: "Started", exact: true }).click();
  await page.getByRole("option", { name: "Last 24 hours" }).click();
  await page.waitForURL(/since=24h/);
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Save this filter" }).click();
  await page.getByLabel("Name of the filter").fill("Mine of today");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await page.waitForURL((url) => url.search === "");
  await page.reload();
  await page.getByRole("button", { name: "Mine of today", exact: true }).click();
  await page.waitForURL((url) => url.search.includes("since=24h") && url.search.includes(slug));
  await page.getByRole("link", { name: slug }).waitFor();
  await page.getByRole("button", { name: "Forget the filter Mine of today" }).click();
  await page.getByRole("button", { name: "Save this filter" }).waitFor();
});
