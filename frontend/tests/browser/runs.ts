import type { Page } from "playwright-core";
import { unique } from "./documents";
import { api, eventually } from "./stage";

interface Run {
  id: string;
  status: string;
  output: unknown;
}

/** Publish a workflow under a name of its own and start a run; its id. */
export async function start(document: object, name: string, input: object = {}): Promise<string> {
  const { slug } = await api<{ slug: string }>("/workflows", { ...document, name: unique(name) });
  return (await api<{ id: string }>("/runs", { workflow: slug, input })).id;
}

/** A run that is over. */
export function ended(run: string, seconds = 30): Promise<Run> {
  return eventually(async () => {
    const shown = await api<Run>(`/runs/${run}`);
    return ["completed", "failed", "cancelled"].includes(shown.status) && shown;
  }, seconds);
}

/** Wait until a node stands in a certain way. */
export const standsAs = (page: Page, node: string, status: string) =>
  page
    .locator(`[data-id=${node}]`)
    .getByRole("img", { name: status, exact: true })
    .waitFor({ timeout: 60_000 });

/** Lines of the log, in order; none may be missing, none there twice. */
export async function expectWholeLog(page: Page, run: string): Promise<void> {
  const { items } = await api<{ items: { type: string }[] }>(`/runs/${run}/events?limit=1000`);
  const told = items.filter(({ type }) => type !== "step.delta").length;
  await page.getByRole("tab", { name: "Log" }).click();
  const lines = page.getByRole("region", { name: "Log" }).locator("time");
  await eventually(async () => (await lines.count()) === told);
}

/** Processes come up again in their own time, on a busy machine even more so. */
export const RECOVERY = 180_000;
