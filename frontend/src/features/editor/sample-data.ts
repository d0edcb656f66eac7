import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { EvaluatedExpression, RunStep } from "@/api/generated/perdure.schemas";
import { getRun, listRunSteps, listRuns } from "@/api/generated/runs";
import { evaluateExpressions } from "@/api/generated/workflows";
import { runKeys } from "@/api/queries/runs";
import { isRecord } from "@/lib/graph/document";
import { type EditedDocument, type Kinds, nodeAt, splitPath } from "./document-edits";
import { useEditor } from "./editor-store";
import { pinsOf } from "./pins";

/** How many of the latest runs are looked at. */
const RUNS = 4;
const STEPS = 500;

/** What steps gave when they ran last, by path in the document; steps of bodies by their first item. */
export interface Recorded {
  input: unknown;
  outputs: Record<string, unknown>;
  /** Through which port they left. */
  ports: Record<string, string>;
}

/** Values that expressions of a step are tried out with. */
export interface SampleData {
  input: unknown;
  vars: Record<string, unknown>;
  /** By id within the graph of the step. */
  outputs: Record<string, unknown>;
  /** Steps whose output is pinned, rather than what they gave last. */
  pinned: ReadonlySet<string>;
  /** The item at hand, in the body of a foreach. */
  item?: { item: unknown; index: number };
}

export const recordedKey = (slug: string) => [...runKeys.all, "recorded", slug] as const;

/** What the latest runs of a workflow have left behind, tests of single steps among them. */
function recordedQuery(slug: string) {
  return queryOptions({
    queryKey: recordedKey(slug),
    queryFn: ({ signal }) => readRecorded(slug, signal),
    enabled: slug !== "",
    staleTime: 15_000,
  });
}

async function readRecorded(slug: string, signal: AbortSignal): Promise<Recorded> {
  const { items } = await listRuns({ workflow: slug, limit: RUNS }, { signal });
  const runs = await Promise.all(
    items.map(async ({ id }) => {
      const [run, steps] = await Promise.all([
        getRun(id, { signal }),
        listRunSteps(id, { limit: STEPS }, { signal }),
      ]);
      return { input: run.input, steps: steps.items };
    }),
  );
  return recordedIn(runs.reverse());
}

/** The latest round of each step that has given something; of the runs, the latest comes last. */
export function recordedIn(runs: readonly { input: unknown; steps: readonly RunStep[] }[]): Recorded {
  const recorded: Recorded = { input: runs.at(-1)?.input, outputs: {}, ports: {} };
  for (const { path, status, output, port } of runs.flatMap(({ steps }) => steps)) {
    const plain = path.replaceAll(/\[0\]/g, "");
    if (status !== "completed" || plain.includes("[")) continue;
    recorded.outputs[plain] = output;
    recorded.ports[plain] = port ?? "out";
  }
  return recorded;
}

/** What the latest runs of the workflow under edit have left behind. */
export function useRecorded(): Recorded | undefined {
  const slug = useEditor((editor) => editor.slug);
  return useQuery(recordedQuery(slug)).data;
}

/** Pinned data where there is some, else what the latest runs gave. */
export function useSampleData(path: string, kinds: Kinds): SampleData {
  const slug = useEditor((editor) => editor.slug);
  const document = useEditor((editor) => editor.document);
  const { data: recorded, dataUpdatedAt } = useQuery(recordedQuery(slug));
  const { parent } = splitPath(path);
  const plain = useMemo(() => sampleFor(document, path, recorded), [document, path, recorded]);
  const rooms = parent === null ? [] : roomsOf(document, parent, kinds);
  const { data: item } = useQuery({
    queryKey: ["item", slug, dataUpdatedAt, pinsOf(document), rooms] as const,
    queryFn: () => firstItem(document, rooms, recorded),
    enabled: rooms.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  return useMemo(() => (item ? { ...plain, ...item } : plain), [plain, item]);
}

export function sampleFor(
  document: EditedDocument,
  path: string,
  recorded: Recorded | undefined,
): SampleData {
  const { parent } = splitPath(path);
  const outputs = siblingOutputs(parent === null ? "" : `${parent}.`, recorded);
  const pins = parent === null ? pinsOf(document) : {};
  for (const [id, pin] of Object.entries(pins)) outputs[id] = pin.output ?? null;
  return {
    input: recorded?.input ?? exampleOf(document.input),
    vars: parent === null && isRecord(document.vars) ? document.vars : {},
    outputs,
    pinned: new Set(Object.keys(pins)),
    ...(parent === null ? {} : { item: { item: null, index: 0 } }),
  };
}

/** Outputs by id, of the steps in one graph. */
function siblingOutputs(prefix: string, recorded: Recorded | undefined): Record<string, unknown> {
  const inside = Object.entries(recorded?.outputs ?? {})
    .filter(([path]) => path.startsWith(prefix))
    .map(([path, output]) => [path.slice(prefix.length), output] as const);
  return Object.fromEntries(inside.filter(([id]) => !id.includes(".")));
}

/** A container around a step, and what it computes for its body. */
interface Room {
  path: string;
  items: string;
  vars: Record<string, unknown>;
}

/** The containers around a step, the outermost first. */
function roomsOf(document: EditedDocument, parent: string, kinds: Kinds): Room[] {
  const ids = parent.split(".");
  const paths = ids.map((_, index) => ids.slice(0, index + 1).join("."));
  return paths.map((path) => {
    const { items, vars } = nodeAt(document, path, kinds)?.with ?? {};
    return { path, items: typeof items === "string" ? items : "", vars: isRecord(vars) ? vars : {} };
  });
}

/** What a step in a body reads: the first item of each container's list, and the constants of the innermost. */
async function firstItem(
  document: EditedDocument,
  rooms: readonly Room[],
  recorded: Recorded | undefined,
): Promise<Pick<SampleData, "item" | "vars">> {
  let known: Pick<SampleData, "item" | "vars"> = { vars: isRecord(document.vars) ? document.vars : {} };
  for (const { path, items, vars } of rooms) {
    const scope = { ...sampleFor(document, path, recorded), ...known };
    const results = await evaluate(scope, { vars }, items === "" ? {} : { items });
    const list = results.items?.value;
    const given = results.vars?.value;
    known = {
      item: { item: Array.isArray(list) ? (list[0] ?? null) : null, index: 0 },
      vars: isRecord(given) ? given : {},
    };
  }
  return known;
}

/** Fill in templates and expressions with the data at hand. */
export async function evaluate(
  { input, outputs, vars, item }: SampleData | Omit<SampleData, "pinned">,
  templates: Record<string, unknown>,
  expressions: Record<string, string>,
  signal?: AbortSignal,
): Promise<Record<string, EvaluatedExpression>> {
  const read = JSON.stringify([templates, expressions]);
  const wanted = Object.entries(outputs).filter(([id]) => read.includes(id));
  const body = { templates, expressions, input, outputs: Object.fromEntries(wanted), vars, ...item };
  const { results } = await evaluateExpressions(body, signal ? { signal } : {});
  return results;
}

const stamps = new WeakMap<SampleData, number>();
let lastStamp = 0;

/** A short name for the data, which may be large. */
export function stampOf(sample: SampleData | null): number {
  if (sample === null) return 0;
  const known = stamps.get(sample) ?? ++lastStamp;
  stamps.set(sample, known);
  return known;
}

/** Something that fits a JSON Schema, as far as it gives examples and defaults. */
export function exampleOf(schema: unknown): unknown {
  if (!isRecord(schema)) return {};
  if (schema.default !== undefined) return schema.default;
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples[0];
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0];
  if (isRecord(schema.properties))
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, field]) => [name, exampleOf(field)]),
    );
  return PLAIN[String(schema.type)] ?? (schema.type === undefined ? {} : null);
}

const PLAIN: Record<string, unknown> = {
  string: "",
  number: 0,
  integer: 0,
  boolean: false,
  array: [],
  object: {},
};
