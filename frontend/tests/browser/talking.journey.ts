import { expect, test } from "vitest";
import { scripted, unique } from "./documents";
import { api, expectAccessible, visit } from "./stage";

const WORDS = Array.from({ length: 100 }, (_, place) => `word${place}`).join(" ");
const PYTHON = { tools: [{ name: "run_python", arguments: { code: "6 * 7" } }], text: "I have to run code." };

test("an agent is given a tool by keyboard, asks before it uses it, and speaks on through a reload", async () => {
  const page = await visit("/agents");
  await page.getByRole("button", { name: "New agent" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(unique("Careful"));
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Add a tool" }).click();
  await dialog.getByLabel("Search tools").fill("sandbox");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Edit Python" }).click();
  await dialog.getByLabel("When a person is asked").click();
  await page.getByRole("option", { name: "Each time" }).click();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Add a guardrail" }).click();
  await page.getByRole("menuitem", { name: "Personal data" }).click();
  await page.getByRole("group", { name: "Personal data" }).waitFor();
  // What guardrails look at is held back until they have; here the words are to be seen as they come.
  await page.getByRole("button", { name: "Take Personal data away" }).click();
  await page.getByText("asks a person each time").waitFor();
  await page.getByRole("button", { name: "Publish" }).click();
  await dialog.getByRole("button", { name: "Publish" }).click();
  await page.getByText("v1", { exact: true }).waitFor();
  await page.getByRole("link", { name: "Chat" }).click();

  const say = page.getByLabel("Message", { exact: true });
  await say.fill(`${scripted("Compute.", PYTHON, { text: WORDS })} [[sim:chunk_delay 0.1]]`);
  await page.keyboard.press("Enter");
  const request = page.getByRole("article", { name: "Request" });
  await request.getByText("6 * 7").waitFor();
  // The agent is at work: what is said now, it hears before its next turn.
  await say.fill("Be brief.");
  await page.keyboard.press("Enter");
  await page.getByText("Be brief.").waitFor();
  await request.getByRole("button", { name: "Approve" }).click();
  const answer = page.locator("li[data-author=agent]");
  await answer.getByText(/word3\b/).waitFor();
  await page.reload();
  await answer.getByText(/word5\b/).waitFor();
  expect(await answer.getByText(/word99\b/).count()).toBe(0);
  await answer.getByText(/word99\b/).waitFor();
  await page.getByRole("button", { name: "Regenerate" }).waitFor();
  expect(await answer.getByText(WORDS, { exact: true }).count()).toBe(1);
  expect(await page.getByText("Be brief.").count()).toBe(1);
  await page.getByRole("region", { name: "Tool run_python" }).getByRole("button").click();
  await page.getByRole("region", { name: "Result" }).getByText("42").waitFor();

  await page.locator("input[type=file]").setInputFiles([
    { name: "dot.png", mimeType: "image/png", buffer: Buffer.from(DOT, "base64") },
    { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("Tea is a plant.") },
  ]);
  await page.getByRole("button", { name: "Take note.txt away" }).waitFor();
  await say.fill("[[sim:reply Seen.]] Look at this");
  await page.keyboard.press("Enter");
  await page.getByText("Seen.", { exact: true }).waitFor();
  const attached = page.getByRole("list", { name: "Attached" });
  await attached.getByRole("img", { name: "dot.png" }).waitFor();
  const download = page.waitForEvent("download");
  await attached.getByRole("button", { name: "note.txt" }).click();
  expect((await download).suggestedFilename()).toBe("note.txt");
  await expectAccessible(page);

  await page.getByRole("button", { name: "Actions of the conversation" }).click();
  await page.getByRole("menuitem", { name: "Hand to somebody" }).click();
  await dialog.getByLabel("Who answers").click();
  await page.getByRole("option").first().click();
  await dialog.getByRole("button", { name: "Hand over" }).click();
  await page.getByRole("button", { name: "Hand back" }).waitFor();
});

/** A picture of one dot. */
const DOT =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

test("agents, knowledge and prompts are a few letters away", async () => {
  const name = unique("Findable");
  await api("/agents", { name });
  const page = await visit("/runs");
  await page.getByRole("heading", { name: "Runs" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("textbox", { name: "Search or do" }).fill(name);
  await page
    .getByRole("button", { name: new RegExp(`^${name}`) })
    .first()
    .waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name }).waitFor();
});
