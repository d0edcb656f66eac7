import { expect, test } from "vitest";
import { unique } from "./documents";
import { crash } from "./processes";
import { ended, expectWholeLog, RECOVERY, standsAs, start } from "./runs";
import { visit } from "./stage";

/** Its first call of the model never ends; whoever calls again has an answer at once. */
const stuck = () => ({
  format: "perdure/v1",
  nodes: [
    {
      id: "write",
      kind: "llm",
      name: "Write",
      timeout: "5m",
      with: { model: "default", prompt: `${unique("Tell me")} [[sim:fault hang times=1]]` },
    },
    { id: "done", kind: "output", name: "Result", with: { value: "{{ nodes.write.output }}" } },
  ],
  edges: [{ from: "write", to: "done" }],
});

test("a run recovers under one’s eyes when its worker is killed", { timeout: RECOVERY }, async () => {
  const id = await start(stuck(), "Killed");
  const page = await visit(`/runs/${id}`);
  await standsAs(page, "write", "Running");
  await crash("worker");
  await standsAs(page, "done", "Completed");
  await page.locator("header").getByText("Completed").waitFor();
  expect((await ended(id)).status).toBe("completed");
  await expectWholeLog(page, id);
  await page.getByText("started, attempt 2").waitFor();
});
