import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { newDraft } from "./documents";
import { signIn } from "./people";
import { api, eventually, expectAccessible, visit } from "./stage";

interface Draft {
  document: { nodes: { id: string; kind: string }[]; edges: { from: string; to: string }[] };
}

/** Somebody else, in a browser of their own. */
async function colleague(): Promise<Page> {
  const hedy = {
    email: `hedy.${Date.now().toString(36)}@example.com`,
    password: "frequency hopping 1942",
    name: "Hedy Lamarr",
  };
  const { token } = await api<{ token: string }>("/invitations", { email: hedy.email, role: "operator" });
  const { name, password } = hedy;
  await api("/invitations/accept", { token, name, password });
  const page = await visit("/login", { stranger: true });
  await signIn(page, hedy);
  await page.getByRole("heading", { name: "Workflows", level: 1 }).waitFor();
  return page;
}

test("five kinds are put together by mouse and keyboard; somebody else lets the run go on", async () => {
  const slug = await newDraft("Five kinds", { format: "perdure/v1" });
  const page = await visit(`/workflows/${slug}/edit`);
  const panel = page.getByRole("complementary", { name: "Step" });
  const write = async (field: string, text: string) => {
    await panel.getByRole("textbox", { name: field, exact: true }).click();
    await page.keyboard.insertText(text);
  };
  const addByKeys = async (name: string) => {
    await page.getByLabel("Find a step").fill(name);
    await page.keyboard.press("Enter");
  };
  await page.getByText("Begin with a step").waitFor();
  await page.getByRole("button", { name: "LLM" }).click();
  await write("Prompt", "Write about {{ string(input.amount) }} EUR.");
  await addByKeys("transf");
  await write("Value", "amount: '{{ input.amount }}'");
  await addByKeys("branch");
  await panel.getByRole("textbox", { name: "Name", exact: true }).last().click();
  await page.keyboard.insertText("large");
  await write("When", "input.amount > 100.0");
  // Dropped rather than added: then it is connected by choosing where the branch leads.
  await page.getByRole("button", { name: "Approval" }).dragTo(page.locator(".react-flow__pane"), {
    targetPosition: { x: 90, y: 480 },
  });
  await page.locator("[data-id=approval]").waitFor();
  await write("Title", "Pay {{ string(input.amount) }} EUR?");
  await page.locator("[data-id=branch]").click();
  await panel.getByRole("combobox", { name: "large" }).click();
  await page.getByRole("option", { name: "approval" }).click();
  await page.locator("[data-id='branch.large>approval']").waitFor({ state: "attached" });
  await page.keyboard.press("Escape");
  await page.locator("[data-id=approval]").click();
  await addByKeys("outp");
  await write("Value", "paid: '{{ input.amount }}'");
  await page.getByText("No faults").waitFor();
  await page.getByText("Saved", { exact: true }).waitFor();
  const { document } = await api<Draft>(`/workflows/${slug}/draft`);
  expect(document.nodes.map(({ kind }) => kind)).toEqual([
    "llm",
    "transform",
    "branch",
    "approval",
    "output",
  ]);
  expect(document.edges).toHaveLength(4);

  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByLabel("Input", { exact: true }).fill('{"amount": 250}');
  await page.getByRole("button", { name: "Start" }).click();
  await page.waitForURL(/\/runs\//);
  await page.locator("[data-id=approval]").getByRole("img", { name: "Waits for a person" }).waitFor();

  const hedy = await colleague();
  await hedy.goto("/inbox");
  await hedy
    .getByRole("button", { name: /Pay 250 EUR/ })
    .last()
    .click();
  await hedy.getByRole("heading", { name: "Pay 250 EUR?" }).waitFor();
  await expectAccessible(hedy);
  await hedy.getByRole("button", { name: "Approve" }).click();
  await page.locator("header").getByText("Completed").waitFor();
  const id = page.url().split("/runs/")[1]?.split("?")[0];
  const { output } = await eventually(async () => {
    const run = await api<{ status: string; output: unknown }>(`/runs/${id}`);
    return run.status === "completed" && run;
  });
  expect(output).toEqual({ paid: 250 });
});
