import { expect, test } from "vitest";
import { unique } from "./documents";
import { ended, standsAs, start } from "./runs";
import { api, eventually, expectAccessible, visit } from "./stage";

const EVIL = '<img src=x onerror="globalThis.pwned = 1">[x](javascript:globalThis.pwned=2)';

const SUM = {
  format: "perdure/v1",
  input: { type: "object", properties: { n: { type: "integer" } } },
  nodes: [
    { id: "first", kind: "transform", name: "First", with: { value: "{{ input.n + 1 }}" } },
    { id: "second", kind: "transform", name: "Second", with: { value: "{{ nodes.first.output * 10 }}" } },
    { id: "done", kind: "output", name: "Result", with: { value: { sum: "{{ nodes.second.output }}" } } },
  ],
  edges: [
    { from: "first", to: "second" },
    { from: "second", to: "done" },
  ],
};

/** A draft that is written twice, the first time in two attempts. */
function redrafting(prompt: string) {
  const retry = { max_attempts: 2, initial: "0.2s" };
  const redraft = { name: "redraft", when: "nodes.draft.iteration < 1" };
  return {
    format: "perdure/v1",
    nodes: [
      {
        id: "draft",
        kind: "llm",
        name: "Draft",
        retry,
        with: { model: "default", prompt: `${prompt} [[sim:fault http_503 times=1]]` },
      },
      { id: "good", kind: "branch", name: "Good?", with: { cases: [redraft] } },
      { id: "done", kind: "output", name: "Result", with: { value: "{{ nodes.draft.iteration }}" } },
    ],
    edges: [
      { from: "draft", to: "good" },
      { from: "good.redraft", to: "draft" },
      { from: "good.else", to: "done" },
    ],
  };
}

test("steps, attempts and child runs are found in timeline, tree and log", async () => {
  const { slug: child } = await api<{ slug: string }>("/workflows", { ...SUM, name: unique("Child") });
  const id = await start(
    {
      format: "perdure/v1",
      nodes: [
        {
          id: "flaky",
          kind: "llm",
          name: "Flaky",
          retry: { max_attempts: 3, initial: "1s" },
          with: { model: "default", prompt: `${unique("Ask")} [[sim:fault http_503 times=1]]` },
        },
        {
          id: "each",
          kind: "foreach",
          name: "Every number",
          with: {
            items: "[1, 2, 3]",
            body: {
              nodes: [{ id: "twice", kind: "transform", name: "Twice", with: { value: "{{ item * 2 }}" } }],
            },
          },
        },
        { id: "below", kind: "sub_workflow", name: "Below", with: { workflow: child, input: { n: 1 } } },
      ],
      edges: [
        { from: "flaky", to: "each" },
        { from: "each", to: "below" },
      ],
    },
    "Detailed",
  );
  await ended(id);
  const page = await visit(`/runs/${id}?view=timeline`);
  await page.getByTitle("Attempt 1 of 2").waitFor({ state: "attached" });
  const timeline = page.getByRole("region", { name: "Timeline" });
  const width = () => timeline.evaluate((frame) => frame.scrollWidth / frame.clientWidth);
  await page.getByRole("button", { name: "Wider" }).click();
  await eventually(async () => (await width()) > 1.9);
  await timeline.hover();
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -300);
  await page.keyboard.up("Control");
  await eventually(async () => (await width()) > 3);
  await timeline.press("0");
  await eventually(async () => (await width()) < 1.1);
  await page.getByRole("button", { name: /Flaky/ }).click();
  const step = page.getByRole("complementary", { name: "Step" });
  await step.getByRole("region", { name: "Attempts" }).getByText("503").waitFor();
  await step.getByRole("button", { name: "Recorded events" }).click();
  await step.getByRole("button", { name: /attempt 1 failed/ }).click();
  await step.getByText(/step.retrying, number/).waitFor();
  await expectAccessible(page);
  await page.keyboard.press("Escape");

  await page.getByRole("tab", { name: "Tree" }).click();
  await page.getByText("Item 3").waitFor();
  await page.getByRole("link", { name: child }).waitFor();
  await page.getByText(/2 runs together cost/).waitFor();
  await expectAccessible(page);
  await page.getByRole("tab", { name: "Log" }).click();
  await page.getByText("Problems", { exact: true }).click();
  await eventually(
    async () => (await page.getByRole("region", { name: "Log" }).locator("time").count()) === 1,
  );
  await page.getByRole("textbox", { name: "Find in the log" }).fill("nothing like it");
  await page.getByText("No event fits.").waitFor();
  await expectAccessible(page);
});

test("a run is forked from a step with another result, and put beside the first one", async () => {
  const id = await start(SUM, "Forked", { n: 1 });
  expect((await ended(id)).output).toEqual({ sum: 20 });
  const page = await visit(`/runs/${id}`, { dark: true });
  await page.locator("[data-id=second]").click();
  await page.getByRole("button", { name: "Fork from here" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "Results to change" }).click();
  await page.getByRole("option", { name: /First/ }).click();
  await dialog.getByLabel("Result of First").fill("7");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Fork", exact: true }).click();
  await page.getByText("Forked from").waitFor();
  await page.getByRole("tab", { name: "Input & output" }).click();
  await page.getByText("70", { exact: true }).waitFor();

  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: /Compare/ }).click();
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  await page.getByText("Where they went different ways").waitFor();
  for (const name of ["Graph of this run", "Graph of the other run"]) {
    const graph = page.getByRole("application", { name }).or(page.getByLabel(name)).first();
    await graph.locator("[data-id=second]").getByRole("img", { name: "Completed" }).waitFor();
  }
  const steps = page.getByRole("list", { name: "Steps of both runs" });
  await steps.getByText("result was given").waitFor();
  await steps.getByRole("button", { name: /Second/ }).click();
  await steps.getByText("70").waitFor();
  await expectAccessible(page);
  await page.getByText("All steps", { exact: true }).click();
  await page.waitForURL(/all=yes/);
});

test("the past of a run is played again", async () => {
  const id = await start(redrafting(unique("Draft")), "Replayed");
  await ended(id);
  const page = await visit(`/runs/${id}`);
  await standsAs(page, "done", "Completed");
  await page.getByRole("button", { name: "One event back" }).click();
  await page.locator("header").getByText("Running").waitFor();
  await page.getByRole("button", { name: "Back to now" }).click();
  await page.locator("header").getByText("Completed").waitFor();
  await page.getByRole("slider", { name: "Moment" }).press("Home");
  await eventually(async () => {
    await page.getByRole("button", { name: "One event on" }).click();
    return page.locator("[data-id=draft]").getByRole("img", { name: "Retrying" }).isVisible();
  });
  await page.getByRole("button", { name: "Back to now" }).click();
  await page.getByRole("button", { name: "Play the run again" }).click();
  await page.locator("[data-id=done]").getByRole("img", { name: "Completed" }).waitFor({ state: "detached" });
  await standsAs(page, "done", "Completed");
  await page.getByRole("button", { name: "Play the run again" }).waitFor();
});

test("a loop is drawn, and looked into round by round", async () => {
  const id = await start(
    {
      format: "perdure/v1",
      nodes: [
        {
          id: "count",
          kind: "transform",
          name: "Count",
          with: { value: "{{ nodes.count.output == null ? 1 : nodes.count.output + 1 }}" },
        },
        {
          id: "enough",
          kind: "branch",
          name: "Enough?",
          with: { cases: [{ name: "no", when: "nodes.count.output < 3" }] },
        },
        {
          id: "done",
          kind: "output",
          name: "Result",
          with: { value: { rounds: "{{ nodes.count.output }}" } },
        },
      ],
      edges: [
        { from: "count", to: "enough" },
        { from: "enough.no", to: "count" },
        { from: "enough.else", to: "done" },
      ],
    },
    "Rounds",
  );
  expect((await ended(id)).output).toEqual({ rounds: 3 });
  const page = await visit(`/runs/${id}`);
  await standsAs(page, "done", "Completed");
  const back = page.locator("[data-back]");
  await back.and(page.locator("[data-fate=taken]")).waitFor({ state: "attached" });
  expect(await back.count()).toBe(1);
  await page.locator("[data-id=count]").getByText("3", { exact: true }).waitFor();
  await page.getByRole("tab", { name: "Tree" }).click();
  await page.getByText("3 rounds").first().waitFor();
  await page
    .getByRole("button", { name: /Round 2/ })
    .first()
    .click();
  const step = page.getByRole("complementary", { name: "Step" });
  await step.getByText("2", { exact: true }).first().waitFor();
  await expectAccessible(page);
});

test("what a model writes is read in its node while it is written", async () => {
  const prompt = "[[sim:chunk_delay 0.5]] [[sim:reply One after the other the words of this answer arrive.]]";
  const id = await start(
    {
      format: "perdure/v1",
      nodes: [
        { id: "ask", kind: "approval", name: "May it?", with: { title: "May it?" } },
        { id: "say", kind: "llm", name: "Say", with: { model: "default", prompt } },
      ],
      edges: [{ from: "ask.approved", to: "say" }],
    },
    "Written",
  );
  const page = await visit(`/runs/${id}`);
  await standsAs(page, "ask", "Waits for a person");
  const { items } = await api<Asked>(`/approvals?run_id=${id}&status=pending`);
  const [request] = items;
  await api(`/approvals/${request?.id}/decide`, { decision: "approved", digest: request?.digest });
  const node = page.locator("[data-id=say]");
  await node.getByText(/^One after/).waitFor();
  expect(await node.getByText(/arrive/).count()).toBe(0);
  await standsAs(page, "say", "Completed");
  expect(await node.getByText(/One after/).count()).toBe(0);
});

interface Asked {
  items: { id: string; digest: string }[];
}

test("what comes from outside never comes to life, and fits a phone", async () => {
  const id = await start(
    {
      format: "perdure/v1",
      nodes: [
        { id: "say", kind: "llm", name: EVIL, with: { model: "default", prompt: `[[sim:reply ${EVIL}]]` } },
        { id: "done", kind: "output", name: "Result", with: { value: { html: "{{ nodes.say.output }}" } } },
      ],
      edges: [{ from: "say", to: "done" }],
    },
    "Evil",
    { text: EVIL },
  );
  await ended(id);
  const page = await visit(`/runs/${id}`, { phone: true, dark: true });
  await page.locator("[data-id=say]").waitFor();
  for (const tab of ["Timeline", "Tree", "Log", "Input & output"]) {
    await page.getByRole("tab", { name: tab }).click();
    await page
      .getByText(/onerror|say|completed/)
      .first()
      .waitFor();
    await expectAccessible(page);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  }
  await page.getByRole("tab", { name: "Tree" }).click();
  await page.getByRole("button", { name: /onerror/ }).click();
  await page
    .getByRole("complementary", { name: "Step" })
    .getByText(/onerror/)
    .first()
    .waitFor();
  expect(await page.locator("main img:not([role])").count()).toBe(0);
  expect(await page.locator("[href^=javascript]").count()).toBe(0);
  expect(await page.evaluate(() => Reflect.get(globalThis, "pwned"))).toBeUndefined();
});
