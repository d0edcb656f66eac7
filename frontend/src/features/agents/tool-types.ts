import type { ToolType as Described } from "@/api/generated/perdure.schemas";
import { isRecord } from "@/lib/graph/document";

/** A tool that an agent is given, as its settings hold it. */
export interface ToolUse {
  type: string;
  name?: string;
  settings?: Record<string, unknown>;
  policy?: ToolPolicy;
}

export interface ToolPolicy {
  approve?: "always" | "never" | "when";
  when?: string;
  remember?: boolean;
}

export interface ToolType {
  type: string;
  title: string;
  description: string;
  icon: string;
  effect: string;
  /** JSON Schema of its settings, made plain. */
  schema: Record<string, unknown>;
  /** How fields are edited, by name. */
  hints: Record<string, Record<string, unknown>>;
  /** Settings without which it cannot be used. */
  required: readonly string[];
  /** Names of its tools, as far as they do not follow from settings. */
  tools: readonly string[];
}

type Schema = Record<string, unknown>;

const TITLES: Record<string, string> = {
  http: "HTTP request",
  mcp: "MCP server",
  sql: "SQL",
  openapi: "OpenAPI",
};

/** A type of tools by its name, where nothing else is known of it: `web_search` is `Web search`. */
export function toolTitle(type: string): string {
  const words = type.replaceAll("_", " ");
  return TITLES[type] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** A type of tools for the form of its settings. */
export function toolTypeOf(described: Described): ToolType {
  const { type, title, description, icon, effect, hints, definitions } = described;
  const schema = plainSchema(described.settings_schema, described.settings_schema);
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  return {
    type,
    title,
    description,
    icon,
    effect,
    schema,
    hints: hints as Record<string, Record<string, unknown>>,
    required,
    tools: definitions.map(({ name }) => name),
  };
}

/** Types in which all words occur, by title, description and the names of their tools. */
export function fittingTypes(types: readonly ToolType[], text: string): ToolType[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return types.filter(({ type, title, description, tools }) => {
    const said = `${type} ${title} ${description} ${tools.join(" ")}`.toLowerCase();
    return words.every((word) => said.includes(word));
  });
}

/** A schema for a form: no references, no choice of being null, no defaults that would be written down. */
export function plainSchema(raw: unknown, root: Schema): Schema {
  // A form would fill a list up to its `minItems` with empty entries.
  const { default: _, minItems: __, title, ...schema } = resolved(raw, root);
  const choices = Array.isArray(schema.anyOf) ? schema.anyOf.map((one) => resolved(one, root)) : null;
  if (choices) {
    const { anyOf: ___, ...beside } = schema;
    return { ...plainSchema(chosen(choices), root), ...beside };
  }
  const properties = isRecord(schema.properties) ? schema.properties : null;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, field]) => [
          name,
          { ...plainSchema(field, root), title: titleOf(name) },
        ]),
      ),
    }),
    ...(isRecord(schema.items) && { items: plainSchema(schema.items, root) }),
    ...(typeof title === "string" && !properties && { title }),
  };
}

/** Of several kinds of values the one that a form can hold: text rather than a number or an object. */
function chosen(choices: Schema[]): Schema {
  const real = choices.filter(({ type }) => type !== "null");
  return real.find(({ type }) => type === "string") ?? real[0] ?? {};
}

function resolved(raw: unknown, root: Schema): Schema {
  if (!isRecord(raw)) return {};
  if (typeof raw.$ref !== "string") return raw;
  const defs = isRecord(root.$defs) ? root.$defs : {};
  const { $ref, ...beside } = raw;
  return { ...resolved(defs[String($ref).split("/").at(-1) ?? ""], root), ...beside };
}

function titleOf(name: string): string {
  const words = name.replaceAll("_", " ");
  return (words.charAt(0).toUpperCase() + words.slice(1)).replace(/\b(url|json|id|sql|mb)\b/gi, (word) =>
    word.toUpperCase(),
  );
}

/** When a person is asked before a tool is used, in a few words; null for what is usual. */
export function policyWords({ policy }: ToolUse): string | null {
  switch (policy?.approve) {
    case "always":
      return "asks a person each time";
    case "never":
      return "never asks";
    case "when":
      return `asks if ${policy.when ?? "…"}`;
    default:
      return null;
  }
}

const EFFECTS: Record<string, string> = {
  pure: "computes only",
  read: "reads",
  write: "changes things",
  irreversible: "cannot be taken back",
};

/** What a tool may change, in a few words; null if that follows from its settings. */
export function effectWords(effect: string): string | null {
  return EFFECTS[effect] ?? null;
}
