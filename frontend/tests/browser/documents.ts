import { api } from "./stage";

/** A workflow that branches, loops, asks a person and writes with a model. */
export const TRIAGE = {
  format: "perdure/v1",
  name: "Triage",
  input: {
    type: "object",
    required: ["amount"],
    properties: { amount: { type: "number", title: "Amount in EUR" } },
  },
  nodes: [
    {
      id: "draft",
      kind: "llm",
      name: "Write the answer",
      with: { model: "default", prompt: "Answer about {{ input.amount }} EUR." },
    },
    {
      id: "risky",
      kind: "branch",
      name: "Large?",
      with: { cases: [{ name: "large", when: "input.amount > 100.0" }] },
    },
    {
      id: "ask",
      kind: "approval",
      name: "Ask a person",
      with: {
        title: "Pay {{ string(input.amount) }} EUR?",
        body: '**Please** look at it.\n\n<img src=x onerror="globalThis.pwned = 1">\n\n[click](javascript:globalThis.pwned=2)',
        payload: { amount: "{{ input.amount }}" },
        form: {
          type: "object",
          required: ["amount"],
          properties: {
            amount: { type: "number", title: "Amount in EUR", exclusiveMinimum: 0, default: 1 },
            note: { type: "string", title: "Note" },
          },
        },
        deadline: "7d",
      },
    },
    {
      id: "done",
      kind: "output",
      name: "Result",
      with: {
        value: { paid: "{{ nodes.ask.output == null ? input.amount : nodes.ask.output.data.amount }}" },
      },
    },
  ],
  edges: [
    { from: "draft", to: "risky" },
    { from: "risky.large", to: "ask" },
    { from: "risky.else", to: "done" },
    { from: "ask.approved", to: "done" },
  ],
};

/** A workflow that asks about a mail, whose HTML is hostile; what may be edited, and how it is answered, is given. */
export function mailAsking(title: string, ask: Record<string, unknown> = {}) {
  const html =
    "<h1>Dear Ada</h1><p onclick='top.pwned=1'>We <b>offer</b> <script>top.pwned=1</script>" +
    "<img src='https://spy.example/p.gif' onerror='top.pwned=1'>you a seat.</p>";
  const show = [
    { view: "email", title: "Mail", value: { to: "ada@example.com", subject: "Our offer", html } },
    { view: "table", title: "Lines", value: [{ sku: "A-1", count: 2 }] },
    { view: "diff", title: "Price", before: "Price: 60", after: "Price: 50" },
  ];
  const payload = { amount: 50, mail: { subject: "Our offer" } };
  const config = { title, payload, show, editable: ["amount", "mail"], ...ask };
  return {
    format: "perdure/v1",
    name: title,
    nodes: [
      { id: "ask", kind: "approval", name: "Send it?", with: config },
      { id: "done", kind: "output", name: "Result", with: { value: "{{ nodes.ask.output.payload }}" } },
    ],
    edges: [{ from: "ask.approved", to: "done" }],
  };
}

/** A workflow whose only step fails, and then waits for somebody to mend it. */
export function brokenStep(name: string) {
  const step = {
    id: "calc",
    kind: "code",
    name,
    with: { code: "1 / 0" },
    on_error: "pause",
    retry: { max_attempts: 1 },
  };
  return { format: "perdure/v1", name, nodes: [step] };
}

/** Publish a document and start a run of it. */
export async function startRun(document: object): Promise<Started> {
  const { slug } = await api<{ slug: string }>("/workflows", document);
  const { id } = await api<{ id: string }>("/runs", { workflow: slug, input: {} });
  return { id, slug };
}

interface Started {
  id: string;
  slug: string;
}

/** Publish the workflow under a name that nobody else has, and start a run. */
export async function startTriage(name: string, amount: number): Promise<Started> {
  const { slug } = await api<{ slug: string }>("/workflows", { ...TRIAGE, name: unique(name) });
  const { id } = await api<{ id: string }>("/runs", { workflow: slug, input: { amount } });
  return { id, slug };
}

/** A workflow that has only a draft; gives its slug. */
export async function newDraft(name: string, document: object = TRIAGE): Promise<string> {
  const { slug } = await api<{ slug: string }>("/workflows/drafts", { name: unique(name), document });
  return slug;
}

/** A published agent that computes by itself and runs code after a person was asked; gives its slug. */
export async function newAgent(name: string): Promise<string> {
  const tools = [{ type: "calculator" }, { type: "code", policy: { approve: "always" } }];
  const config = { instructions: "You compute.", tools };
  const made = await api<{ slug: string; revision: number }>("/agents", { name: unique(name), config });
  await api(`/agents/${made.slug}/publish`, { revision: made.revision });
  return made.slug;
}

/** A message after which the simulator acts by a script: what it says and which tools it uses, turn by turn. */
export function scripted(text: string, ...turns: object[]): string {
  return `${text} [[sim:script ${JSON.stringify(turns)}]]`;
}

/** A name that no other journey and no earlier round of this one has taken. */
export function unique(name: string): string {
  return `${name} ${Date.now().toString(36)}`;
}
