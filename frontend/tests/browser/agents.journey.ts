import { expect, test } from "vitest";
import { newAgent, scripted, unique } from "./documents";
import { api, eventually, expectAccessible, visit } from "./stage";

const PYTHON = { tools: [{ name: "run_python", arguments: { code: "6 * 7" } }], text: "I have to run code." };

test("an agent is made, given a tool, tried out, published, changed and brought back", async () => {
  const page = await visit("/agents");
  const name = unique("Counting");
  await page.getByRole("button", { name: "New agent" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill(name);
  await page.getByLabel("What it has to do").fill("You count.");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByText("Without tools it can only think and talk.").waitFor();
  await page.getByRole("button", { name: "Add a tool" }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Calculator/ })
    .click();
  await page.getByRole("button", { name: "Edit Calculator" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("sums");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Done" }).click();
  await page
    .getByLabel("Message to the draft")
    .fill(
      scripted(
        "Count.",
        { tools: [{ name: "sums", arguments: { expression: "2*21" } }] },
        { text: "It is **42**." },
      ),
    );
  await page.keyboard.press("Enter");
  const tests = page.getByRole("list", { name: "Tests" });
  await tests.getByRole("region", { name: "Tool sums" }).getByRole("button").click();
  await tests.getByRole("region", { name: "Result" }).getByText("42").waitFor();
  await tests.getByText("It is 42.").waitFor();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Publish" }).click();
  await dialog.getByLabel("What is new").fill("It counts.");
  await dialog.getByRole("button", { name: "Publish" }).click();
  await page.getByText("v1", { exact: true }).waitFor();
  const slug = page.url().split("/agents/")[1] ?? "";
  await page.getByRole("textbox", { name: "Instructions" }).fill("You count backwards.");
  await page.getByText("Saved", { exact: true }).waitFor();
  await eventually(async () => {
    const { config } = await api<{ config: { instructions: string } }>(`/agents/${slug}/draft`);
    return config.instructions === "You count backwards.";
  });
  await page.getByRole("tab", { name: "Versions" }).click();
  await page.getByText("It counts.").waitFor();
  await page.getByRole("button", { name: "Restore version 1" }).click();
  await page.getByRole("tab", { name: "Settings" }).click();
  await page.getByText("You count.", { exact: true }).waitFor();
});

test("a conversation streams, asks in its midst, survives a reload, and branches", async () => {
  const slug = await newAgent("Talking");
  const page = await visit(`/agents/${slug}/chat`, { dark: true });
  const say = page.getByLabel("Message", { exact: true });
  const evil = 'Hello <img src=x onerror="globalThis.pwned=1">';
  await say.fill(scripted(evil, PYTHON, { text: "It is 42 <script>globalThis.pwned=1</script>" }));
  await page.keyboard.press("Enter");
  await page.getByText("I have to run code.", { exact: true }).waitFor();
  const request = page.getByRole("article", { name: "Request" });
  await request.getByText("6 * 7").waitFor();
  await expectAccessible(page);
  await page.reload();
  await page.getByText("I have to run code.", { exact: true }).waitFor();
  expect(await page.getByText("I have to run code.", { exact: true }).count()).toBe(1);
  await request.getByRole("button", { name: "Approve" }).click();
  await page
    .getByText(/It is 42/)
    .last()
    .waitFor();
  await page.getByRole("button", { name: "Regenerate" }).waitFor();
  expect(await request.count()).toBe(0);
  expect(await page.evaluate(() => (globalThis as { pwned?: number }).pwned)).toBeUndefined();

  await page.getByRole("button", { name: "Edit the message" }).click();
  await page.getByRole("textbox", { name: "Message" }).first().fill("[[sim:reply Another way.]] Again");
  await page.getByRole("button", { name: "Send" }).first().click();
  await page.getByText("Another way.", { exact: true }).waitFor();
  await page.getByText("2/2").waitFor();
  await page.getByRole("button", { name: "Previous version" }).click();
  await page.getByText("I have to run code.", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Next version" }).click();
  await page.getByText("Another way.", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Regenerate" }).click();
  await eventually(async () => (await page.getByText("2/2").count()) === 2);
  await page.getByRole("button", { name: "Regenerate" }).waitFor();

  await page.getByRole("button", { name: "Actions of the conversation" }).click();
  await page.getByRole("menuitem", { name: "Answer myself" }).click();
  await say.fill("A person speaks.");
  await page.keyboard.press("Enter");
  await page.getByText("A person speaks.").waitFor();
  await page.getByRole("button", { name: "Hand back" }).click();
  await page.getByRole("button", { name: "Hand back" }).waitFor({ state: "detached" });
  await expectAccessible(page);
});

test("a phone is enough to talk", async () => {
  const slug = await newAgent("Small");
  const page = await visit(`/agents/${slug}/chat`, { phone: true });
  await page.getByLabel("Message", { exact: true }).fill("[[sim:reply Small words.]] Hello");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Small words.", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Conversations" }).click();
  await page.getByRole("dialog").getByRole("link", { name: /Hello/ }).waitFor();
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBe(0);
});
