import type { Completion } from "@codemirror/autocomplete";
import { type DocumentNode, isRecord } from "@/lib/graph/document";
import { type EditedDocument, idsIn, joinPath, type Kinds, nodeAt, splitPath } from "./document-edits";
import type { SampleData } from "./sample-data";

const DEEP = 4;
const MANY = 40;
const LONG = 60;

/** Names that an expression of a node may use: the input, what other nodes gave, constants, the item at hand. */
export function scopeOf(
  document: EditedDocument,
  path: string,
  kinds: Kinds,
  sample: SampleData | null,
): Completion[] {
  const { parent, id } = splitPath(path);
  const nodes = idsIn(document, parent, kinds).filter((other) => other !== id);
  const inside = parent !== null;
  const vars = inside ? nodeAt(document, parent, kinds)?.with?.vars : document.vars;
  return unique([
    ...fieldsIn("input", sample?.input),
    ...fieldsOf("input", document.input),
    ...nodes.flatMap((other) => outputsOf(nodeAt(document, joinPath(parent, other), kinds), kinds, sample)),
    ...fieldsIn("vars", sample?.vars).slice(1),
    ...namesOf("vars", vars),
    ...(inside ? [...fieldsIn("item", sample?.item?.item), plain("index", "its place in the list")] : []),
    plain("run.id", "id of the run"),
    plain("run.started_at", "when the run began"),
    plain("run.attempt", "attempt of the run"),
    plain("workspace.id", "id of the workspace"),
  ]);
}

function outputsOf(node: DocumentNode | undefined, kinds: Kinds, sample: SampleData | null): Completion[] {
  if (!node) return [];
  const root = `nodes.${node.id}`;
  const own = isRecord(node.with?.output_schema)
    ? node.with.output_schema
    : kinds.get(node.kind)?.output_schema;
  const said = node.name || node.kind;
  const known = sample !== null && node.id in sample.outputs;
  return [
    ...(known ? fieldsIn(`${root}.output`, sample.outputs[node.id]) : [plain(`${root}.output`, said)]),
    ...fieldsOf(`${root}.output`, own).slice(1),
    plain(`${root}.status`, said),
    plain(`${root}.error`, said),
    plain(`${root}.iteration`, said),
  ];
}

/** A value with a JSON Schema, and its fields. */
function fieldsOf(root: string, schema: unknown): Completion[] {
  const properties = isRecord(schema) && isRecord(schema.properties) ? schema.properties : {};
  return [
    plain(root),
    ...Object.entries(properties).map(([name, field]) => plain(step(root, name), said(field))),
  ];
}

function said(schema: unknown): string | undefined {
  if (!isRecord(schema)) return undefined;
  const { title, type } = schema;
  return typeof title === "string" ? title : typeof type === "string" ? type : undefined;
}

/** A value at hand, and the fields in it, each with what it holds. */
function fieldsIn(root: string, value: unknown, depth = 0): Completion[] {
  if (value === undefined) return [];
  const own = plain(root, preview(value));
  if (!isRecord(value) || depth >= DEEP) return [own];
  const fields = Object.entries(value).slice(0, MANY);
  return [own, ...fields.flatMap(([name, field]) => fieldsIn(step(root, name), field, depth + 1))];
}

function namesOf(root: string, value: unknown): Completion[] {
  return isRecord(value) ? Object.keys(value).map((name) => plain(step(root, name))) : [];
}

function step(root: string, name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `${root}.${name}` : `${root}[${JSON.stringify(name)}]`;
}

function preview(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > LONG ? `${text.slice(0, LONG)} …` : text;
}

function plain(label: string, detail?: string): Completion {
  return detail === undefined ? { label } : { label, detail };
}

/** The first of each name: what is known of a value comes before what only its schema says. */
function unique(completions: Completion[]): Completion[] {
  const seen = new Set<string>();
  return completions.filter(({ label }) => !seen.has(label) && seen.add(label));
}
