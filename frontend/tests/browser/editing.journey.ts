import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { newDraft } from "./documents";
import { api, eventually, expectAccessible, visit } from "./stage";

const GREETING = {
  format: "perdure/v1",
  name: "Greeting",
  input: { type: "object", properties: { who: { type: "string" } } },
  nodes: [
    { id: "greet", kind: "transform", name: "Greet", with: { value: { text: "Hello, {{ input.who }}" } } },
    { id: "shout", kind: "transform", name: "Shout", with: { value: "{{ nodes.greet.output.text }}!" } },
  ],
  edges: [{ from: "greet", to: "shout" }],
};

interface Draft {
  slug: string;
  revision: number;
  document: {
    nodes: { id: string; name?: string; with: Record<string, unknown> }[];
    edges: { from: string; to: string }[];
    notes?: { text: string; height?: number }[];
    groups?: { nodes: string[] }[];
    pins?: Record<string, { output: unknown }>;
    layout?: Record<string, { x: number }>;
  };
}

const draftOf = async (slug: string) => (await api<Draft>(`/workflows/${slug}/draft`)).document;

test("steps are chosen where they will be: by Tab, in an edge, behind a port", async () => {
  const slug = await newDraft("Chosen", GREETING);
  const page = await visit(`/workflows/${slug}/edit`);
  await page.locator("[data-id=shout]").click();
  await page.keyboard.press("Tab");
  const menu = page.getByRole("dialog", { name: "Add a step" });
  await menu.waitFor();
  await expectAccessible(page);
  await page.keyboard.type("outp");
  await page.keyboard.press("Enter");
  await page.locator("[data-id='shout.out>output']").waitFor({ state: "attached" });

  const above = await page.locator("[data-id=greet]").boundingBox();
  const below = await page.locator("[data-id=shout]").boundingBox();
  if (!above || !below) throw new Error("not drawn");
  await page.mouse.move(above.x + above.width / 2, (above.y + above.height + below.y) / 2);
  await page.getByRole("button", { name: "Put a step in" }).click();
  await menu.getByRole("combobox").fill("wait");
  await page.keyboard.press("Enter");
  await page.locator("[data-id='greet.out>wait']").waitFor({ state: "attached" });
  await page.locator("[data-id='wait.out>shout']").waitFor({ state: "attached" });
  expect(await page.locator("[data-id='greet.out>shout']").count()).toBe(0);

  await stand(page, ["greet", "wait", "shout", "output"]);
  const port = await page.locator("[data-id=greet] .react-flow__handle.source").boundingBox();
  if (!port) throw new Error("no port");
  await page.mouse.move(port.x + 4, port.y + 4);
  await page.mouse.down();
  await page.mouse.move(port.x - 220, port.y + 60, { steps: 6 });
  await page.mouse.up();
  await menu.getByRole("option", { name: /^Code/ }).click();
  await page.locator("[data-id='greet.out>code']").waitFor({ state: "attached" });
  await eventually(async () => (await draftOf(slug)).nodes.length === 5);
});

/** Waits until steps stand below one another with room between, and stay there: the layout has made place for them. */
async function stand(page: Page, ids: string[]): Promise<void> {
  let before = "";
  await eventually(async () => {
    const boxes = await Promise.all(ids.map((id) => page.locator(`[data-id=${id}]`).boundingBox()));
    const stays = JSON.stringify(boxes) === before;
    before = JSON.stringify(boxes);
    const bottoms = [0, ...boxes.map((box) => (box ? box.y + box.height : 0))];
    return stays && boxes.every((box, at) => box && box.y > (bottoms[at] ?? 0) + 10);
  });
}

test("a step is tested, its output pinned, and the next one tried out with it", async () => {
  const slug = await newDraft("Tried", GREETING);
  const page = await visit(`/workflows/${slug}/edit`);
  await page.locator("[data-id=greet]").click();
  await page.getByRole("tab", { name: "Test" }).click();
  await page.getByLabel("What it reads").fill('{"input": {"who": "Ada"}}');
  await page.getByRole("button", { name: "Test this step" }).click();
  const outcome = page.getByRole("region", { name: "Outcome" });
  await outcome.getByText("Completed").waitFor();
  await outcome.getByText("Hello, Ada").waitFor();
  await outcome.getByRole("button", { name: "Pin this output" }).click();
  await page.locator("[data-id=greet]").getByRole("img", { name: "Output pinned" }).waitFor();
  await expectAccessible(page);
  await page.locator("[data-id=shout]").click();
  await page.getByRole("textbox", { name: "Value" }).click();
  await page.getByRole("status", { name: "Comes to" }).getByText("Hello, Ada!").waitFor();
  // What the pinned step gave is suggested, with what it holds.
  await page.keyboard.press("Control+a");
  await page.keyboard.type("x {{ nodes.greet.output.t");
  await page.locator(".cm-tooltip-autocomplete").getByText("nodes.greet.output.text").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText("'{{ nodes.greet.output.text }}?'");
  await eventually(async () => (await draftOf(slug)).pins?.greet?.output !== undefined);
  await page.getByText("Saved", { exact: true }).waitFor();

  await page.getByRole("tab", { name: "Test" }).click();
  await page.getByRole("button", { name: "Run from here" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Start" }).click();
  // The test is watched where it is drawn.
  const bar = page.getByRole("region", { name: "Test run" });
  await bar.getByText("Completed").waitFor();
  await page.locator("[data-id=shout]").getByRole("img", { name: "Completed" }).waitFor();
  await page.getByRole("region", { name: "In this test" }).getByText("Hello, Ada?").waitFor();
  await expectAccessible(page);
  await page.getByRole("tab", { name: "Settings" }).click();
  await page.getByRole("complementary", { name: "Step" }).getByLabel("Name", { exact: true }).fill("Cry");
  await bar.getByText("Changed since").waitFor();
  await bar.getByRole("link", { name: "Open the run" }).click();
  await page.waitForURL(/\/runs\//);
  const id = page.url().split("/runs/")[1]?.split("?")[0];
  expect(await api(`/runs/${id}`)).toMatchObject({ trigger: "test", output: "Hello, Ada?" });
});

test("steps are dragged into the body of a foreach and out of it again", async () => {
  const each = {
    id: "each",
    kind: "foreach",
    name: "Every guest",
    with: { items: "[1]", body: { nodes: [] } },
  };
  const layout = { greet: { x: 0, y: 0 }, shout: { x: 0, y: 160 }, each: { x: 320, y: 0 } };
  const slug = await newDraft("Dragged", { ...GREETING, nodes: [...GREETING.nodes, each], layout });
  const page = await visit(`/workflows/${slug}/edit`);
  const drag = async (id: string, to: { x: number; y: number }) => {
    const box = await page.locator(`[data-id="${id}"]`).boundingBox();
    if (!box) throw new Error(`${id} is not drawn`);
    await page.mouse.move(box.x + 60, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 8 });
    await page.mouse.up();
  };
  const frame = await page.locator("[data-id=each]").boundingBox();
  if (!frame) throw new Error("no frame");
  await drag("greet", { x: frame.x + 80, y: frame.y + 80 });
  await page.getByText("Moved into Every guest; 1 connection cut").waitFor();
  await page.locator("[data-id='each.greet']").waitFor();
  await eventually(async () => (await draftOf(slug)).nodes.length === 2);
  await page.getByRole("button", { name: "Undo", exact: true }).click();
  await page.locator("[data-id=greet]").waitFor();
  await page.locator("[data-id='greet.out>shout']").waitFor({ state: "attached" });
  await page.getByRole("button", { name: /^Redo/ }).click();
  await page.locator("[data-id='each.greet']").waitFor();
  await drag("each.greet", { x: frame.x - 100, y: frame.y + 300 });
  await page.locator("[data-id=greet]").waitFor();
  await eventually(async () => (await draftOf(slug)).nodes.length === 3);
  // The same without a mouse.
  await page.getByRole("button", { name: "Move into …" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Every guest" }).press("Enter");
  await page.locator("[data-id='each.greet']").waitFor();
  await expectAccessible(page);
});

test("several things at once are aligned, framed, noted, and all of it comes back", async () => {
  const slug = await newDraft("Arranged", GREETING);
  const page = await visit(`/workflows/${slug}/edit`);
  await page.locator("[data-id=greet]").waitFor();
  await page.getByRole("button", { name: "Note", exact: true }).click();
  const note = page.getByRole("textbox", { name: "Note" });
  await eventually(async () => note.evaluate((area) => area === globalThis.document.activeElement));
  await page.keyboard.type("**Mind** <img src=x onerror='globalThis.pwned=1'>");
  await note.press("Escape");
  await page.getByText("Mind", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Taller" }).press("Enter");
  await eventually(async () => (await draftOf(slug)).notes?.[0]?.height === 140);
  await page.locator("[data-id=greet]").click();
  await page.locator("[data-id=shout]").click({ modifiers: ["Shift"] });
  const bar = page.getByRole("toolbar", { name: "Selection" });
  await bar.getByRole("button", { name: "Align" }).click();
  await page.getByRole("menuitem", { name: "Left edges" }).click();
  await eventually(async () => {
    const { layout } = await draftOf(slug);
    return layout?.greet !== undefined && layout.greet.x === layout.shout?.x;
  });
  await bar.getByRole("button", { name: /^Group/ }).click();
  await page.getByRole("textbox", { name: "Name of the group" }).fill("Talk");
  await eventually(async () => (await draftOf(slug)).groups?.[0]?.nodes.length === 2);
  await expectAccessible(page);
  expect(await page.evaluate(() => (globalThis as { pwned?: number }).pwned)).toBeUndefined();
  const undo = page.getByRole("button", { name: /^Undo/ });
  while (await undo.isEnabled()) await undo.click();
  await eventually(async () => {
    const { notes, groups, layout } = await draftOf(slug);
    return !notes?.length && !groups?.length && !Object.keys(layout ?? {}).length;
  });
});

test("steps go as text from one workflow into another", async () => {
  const from = await newDraft("From", GREETING);
  const to = await newDraft("To", { ...GREETING, nodes: [GREETING.nodes[0]], edges: [] });
  const page = await visit(`/workflows/${from}/edit`);
  await page.locator("[data-id=greet]").click();
  await page.locator("[data-id=shout]").click({ modifiers: ["Shift"] });
  await page.keyboard.press("Control+c");
  await page.goto(`/workflows/${to}/edit`);
  await page.locator("[data-id=greet]").waitFor();
  await page.keyboard.press("Control+v");
  await page.locator("[data-id='greet_2.out>shout']").waitFor({ state: "attached" });
  const { nodes } = await eventually(async () => {
    const document = await draftOf(to);
    return document.nodes.length === 3 && document;
  });
  expect(nodes.map(({ id }) => id)).toEqual(["greet", "greet_2", "shout"]);
});

test("a fault leads to its field, and an approval can be seen before it is asked", async () => {
  const ask = {
    id: "ask",
    kind: "approval",
    name: "<b>Ask</b>",
    with: {
      title: "Pay {{ input.who }}?",
      body: '**Now**\n\n<img src=x onerror="globalThis.pwned = 1">\n\n[go](javascript:globalThis.pwned=2)',
      show: [{ view: "table", value: "{{ nodes.nobody.output }}" }],
    },
  };
  const nodes = [...GREETING.nodes, ask];
  const slug = await newDraft("Asked", { ...GREETING, nodes, limits: { max_steps: 0 } });
  const page = await visit(`/workflows/${slug}/edit`, { dark: true });
  const hasFocus = (field: Locator) =>
    eventually(() => field.evaluate((node) => node === globalThis.document.activeElement));
  await page.getByRole("button", { name: "2 faults", exact: true }).click();
  await page.getByText("document · limits.max_steps").click();
  await hasFocus(page.getByLabel("Most steps", { exact: true }));
  await expectAccessible(page);
  await page.getByRole("button", { name: "2 faults", exact: true }).click();
  await page
    .getByText(/nobody/)
    .last()
    .click();
  const field = page.locator("#root_show_0_value");
  await field.waitFor();
  await hasFocus(field);
  await page.getByRole("button", { name: "Preview what the approver will see" }).click();
  const preview = page.getByRole("article", { name: "Preview of the request" });
  await preview.getByText("Now", { exact: true }).waitFor();
  await preview.getByRole("button", { name: "Reject" }).click();
  await preview.getByText("Here nothing is decided.").waitFor();
  await expectAccessible(page);
  expect(await page.evaluate(() => (globalThis as { pwned?: number }).pwned)).toBeUndefined();
  expect(await preview.locator("img, a[href^='javascript']").count()).toBe(0);
});

test("the history tells what each version changed, and brings one back", async () => {
  const slug = await newDraft("Versions", GREETING);
  const publish = async (note: string, document?: object) => {
    const { revision } = await api<Draft>(`/workflows/${slug}/draft`);
    const saved = document
      ? await api<Draft>(`/workflows/${slug}/draft`, { document, revision }, "PUT")
      : { revision };
    await api(`/workflows/${slug}/publish`, { revision: saved.revision, note });
  };
  await publish("It shouts.");
  const [greet] = GREETING.nodes;
  await publish("It only greets.", {
    ...GREETING,
    nodes: [{ ...greet, with: { value: { text: "Hi, {{ input.who }}" } } }],
    edges: [],
  });
  const page = await visit(`/workflows/${slug}/edit`);
  await page.getByRole("link", { name: "History" }).click();
  await page.getByRole("button", { name: /^Version 2/ }).click();
  const changes = page.getByRole("list", { name: "Changes" });
  await changes.getByText("shout", { exact: true }).waitFor();
  await changes.getByText("Hi, {{ input.who }}").waitFor();
  await page.locator("[data-id=shout] [data-change=removed]").waitFor();
  await page.locator("[data-id=greet] [data-change=changed]").waitFor();
  await expectAccessible(page);
  await page.getByRole("button", { name: /^Version 1/ }).click();
  await page.getByRole("button", { name: "Restore version 1" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
  await page.waitForURL(/\/edit$/);
  await page.locator("[data-id=shout]").waitFor();
  expect((await draftOf(slug)).nodes).toHaveLength(2);
});
