import { expect, test } from "vitest";
import { startTriage } from "./documents";
import { api, eventually, expectAccessible, visit } from "./stage";

interface Run {
  status: string;
}

test("a run is watched live, step by step, to its end", async () => {
  const { id, slug } = await startTriage("Watched", 250);
  const page = await visit("/runs");
  await page.getByRole("link", { name: slug }).click();
  await page.getByText("Waits for a person:").waitFor();
  const asking = page.locator("[data-id=ask]");
  await asking.getByRole("img", { name: "Waits for a person" }).waitFor();
  await expectAccessible(page);

  await asking.click();
  const step = page.getByRole("complementary", { name: "Step" });
  await step.getByText("Pay 250 EUR?").waitFor();
  await decide(id);
  await step.getByText("Completed").waitFor();
  await page.locator("[data-id=done]").getByRole("img", { name: "Completed" }).waitFor();
  await page.locator("header").getByText("Completed").waitFor();
  await page.keyboard.press("Escape");

  await page.getByRole("tab", { name: "Timeline" }).click();
  await page.getByRole("button", { name: /Write the answer/ }).click();
  await step.getByText("Tokens", { exact: true }).waitFor();
  await expectAccessible(page);
  await page.getByRole("tab", { name: "Log" }).click();
  await page.getByText("completed, leaves by approved").waitFor();
  await page.getByRole("tab", { name: "Input & output" }).click();
  await page.getByText("paid").waitFor();
});

test("the past of a run can be seen", async () => {
  const { id } = await startTriage("Remembered", 20);
  await eventually(async () => (await api<Run>(`/runs/${id}`)).status === "completed");
  const page = await visit(`/runs/${id}`, { dark: true });
  await page.locator("[data-id=done]").getByRole("img", { name: "Completed" }).waitFor();
  await page.getByRole("slider", { name: "Moment" }).focus();
  await page.keyboard.press("Home");
  await page.locator("[data-id=done]").getByRole("img", { name: "Completed" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Back to now" }).click();
  await page.locator("[data-id=done]").getByRole("img", { name: "Completed" }).waitFor();
  await expectAccessible(page);
});

test("a run is paused, resumed, cancelled, retried and forked", async () => {
  const { id } = await startTriage("Steered", 300);
  const page = await visit(`/runs/${id}`);
  await page.getByText("Waits for a person:").waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByLabel("Reason").fill("Changed our mind");
  await page.getByRole("button", { name: "Cancel the run" }).click();
  await page.locator("header").getByText("Cancelled").waitFor();
  await page.getByRole("button", { name: "Retry" }).click();
  await page.getByText("Waits for a person:").waitFor();
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Fork from a step" }).click();
  await page.getByRole("combobox", { name: "From the step" }).click();
  await page.getByRole("option", { name: /Large/ }).click();
  await page.getByLabel("Input", { exact: true }).fill('{"amount": 5}');
  await page.getByRole("button", { name: "Fork", exact: true }).click();
  await page.getByText("Forked from").waitFor();
  await page.locator("header").getByText("Completed").waitFor();
});

test("the list is filtered, and its address keeps the filter", async () => {
  const { id, slug } = await startTriage("Filtered", 7);
  await eventually(async () => (await api<Run>(`/runs/${id}`)).status === "completed");
  const page = await visit(`/runs?workflow=${slug}`, { phone: true });
  await page.getByRole("link", { name: slug }).waitFor();
  await page.getByText("Failed", { exact: true }).click();
  await page.getByText("No run fits").waitFor();
  expect(page.url()).toContain("status=failed");
  await page.getByRole("button", { name: "Show all runs" }).click();
  await page.getByRole("link", { name: slug }).waitFor();
  await expectAccessible(page);
});

async function decide(run: string): Promise<void> {
  const { items } = await api<{ items: { id: string; digest: string }[] }>(
    `/approvals?run_id=${run}&status=pending`,
  );
  const { id, digest } = items[0] ?? {};
  await api(`/approvals/${id}/decide`, { decision: "approved", digest, data: { amount: 99 } });
}
