import { test } from "vitest";
import { startTriage } from "./documents";
import { crash } from "./processes";
import { expectWholeLog, RECOVERY } from "./runs";
import { api, eventually, expectComplaint, visit } from "./stage";

test("a broken connection is said, and nothing of the run is lost or told twice", {
  timeout: RECOVERY,
}, async () => {
  const { id } = await startTriage("Cut off", 260);
  const page = await visit(`/runs/${id}`);
  await page.getByText("Waits for a person:").waitFor();
  await crash("api");
  await page.getByText("Reconnecting").waitFor();
  await eventually(
    async () => (await fetch(`${page.url().split("/runs")[0]}/readyz`).catch(() => null))?.ok,
    60,
  );
  await api(`/runs/${id}/cancel`, { reason: "While nobody could see it" });
  await page.locator("header").getByText("Cancelled").waitFor({ timeout: 40_000 });
  await page.getByText("Reconnecting").waitFor({ state: "detached" });
  await expectWholeLog(page, id);
  await expectComplaint("ERR_");
});
