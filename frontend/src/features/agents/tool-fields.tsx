import { MultiSelect, Select, TagsInput } from "@mantine/core";
import type { FieldProps, RegistryFieldsType, RegistryWidgetsType, UiSchema, WidgetProps } from "@rjsf/utils";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { createContext, useContext, useState } from "react";
import { agentsQuery } from "@/api/queries/agents";
import { basesQuery } from "@/api/queries/knowledge";
import { workflowsQuery } from "@/api/queries/workflows";
import { JsonInput } from "@/components/json-input";
import { CONNECTION_FIELDS } from "@/components/schema-form/connection-fields";
import { isRecord } from "@/lib/graph/document";
import { credentialsQuery } from "./agent-queries";
import type { ToolType } from "./tool-types";

/** Names of the agent's other tools, which code may call. */
export const NamesOfTools = createContext<readonly string[]>([]);

const LONG = 500;

/** What has an editor of its own beside the form, and so is not in it. */
const ELSEWHERE: Record<string, readonly string[]> = {
  openapi: ["operations"],
  mcp: ["tools", "pin", "url", "server", "credential"],
};

/** Whether a setting has an editor of its own. */
export function isElsewhere(type: string, name: string): boolean {
  return ELSEWHERE[type]?.includes(name) ?? false;
}

/** The schema of the settings that the form is about. */
export function formSchema({ type, schema }: ToolType): Record<string, unknown> {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  return {
    ...schema,
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !isElsewhere(type, name))),
    required: required.filter((name) => !isElsewhere(type, String(name))),
  };
}

/** How the fields of the settings of a tool are edited: by their hints, or by what their schema says. */
export function uiOf({ type, schema, hints }: ToolType): UiSchema {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => !isElsewhere(type, name))
      .map(([name, field]) => [name, fieldUi(name, isRecord(field) ? field : {}, hints[name])]),
  );
}

const BY_HINT: Record<string, UiSchema> = {
  text: { "ui:widget": "textarea" },
  "json-schema": { "ui:field": "json" },
  workflow: { "ui:widget": "workflow" },
  agent: { "ui:widget": "agent" },
  knowledge: { "ui:field": "knowledge" },
  people: { "ui:field": "words" },
  tools: { "ui:field": "tools" },
  connection: { "ui:field": "connection" },
  connection_actions: { "ui:field": "connectionActions" },
};

function fieldUi(name: string, field: Record<string, unknown>, hint?: Record<string, unknown>): UiSchema {
  const widget = String(hint?.widget ?? "");
  if (widget === "credential")
    return { "ui:widget": "credential", "ui:options": { types: hint?.types as string[] } };
  if (BY_HINT[widget]) return BY_HINT[widget];
  const open = field.type === undefined || (field.type === "object" && !isRecord(field.properties));
  if (open) return { "ui:field": "json" };
  if (field.type === "array" && isRecord(field.items) && field.items.type === "string")
    return { "ui:field": "words" };
  const long = field.type === "string" && typeof field.maxLength === "number" && field.maxLength > LONG;
  return long && field.format !== "uri" && name !== "url" ? { "ui:widget": "textarea" } : {};
}

function CredentialWidget({ id, label, schema, value, rawErrors, options, onChange }: WidgetProps) {
  const { data } = useQuery(credentialsQuery);
  const types = Array.isArray(options.types) ? options.types : [];
  const fitting = (data ?? []).filter(({ type }) => types.length === 0 || types.includes(type));
  return (
    <Chosen
      {...{ id, label, value, rawErrors, onChange }}
      description={schema.description}
      data={fitting.map(({ name }) => ({ value: name, label: name }))}
      none="None"
    />
  );
}

function WorkflowWidget({ id, label, schema, value, rawErrors, onChange }: WidgetProps) {
  const { data } = useInfiniteQuery(workflowsQuery());
  const known = data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Chosen
      {...{ id, label, value, rawErrors, onChange }}
      description={schema.description}
      data={known.map(({ slug, name }) => ({ value: slug, label: name }))}
      none="Choose"
    />
  );
}

function AgentWidget({ id, label, schema, value, rawErrors, onChange }: WidgetProps) {
  const { data } = useInfiniteQuery(agentsQuery());
  const known = data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Chosen
      {...{ id, label, value, rawErrors, onChange }}
      description={schema.description}
      data={known.map(({ slug, name }) => ({ value: slug, label: name }))}
      none="Choose"
    />
  );
}

interface ChosenProps {
  id: string;
  label: string;
  description: string | undefined;
  value: unknown;
  rawErrors?: string[] | undefined;
  data: { value: string; label: string }[];
  none: string;
  onChange: (value: string | undefined) => void;
}

/** One of many by its name; what is chosen stays to be seen although it is not among them any more. */
function Chosen({ id, label, description, value, rawErrors, data, none, onChange }: ChosenProps) {
  const chosen = typeof value === "string" ? value : null;
  const gone = chosen !== null && !data.some((one) => one.value === chosen);
  return (
    <Select
      id={id}
      label={label}
      description={description}
      error={rawErrors?.join(" ")}
      placeholder={none}
      searchable
      clearable
      clearButtonProps={{ "aria-label": `No ${label.toLowerCase()}` }}
      data={gone ? [{ value: chosen, label: chosen }, ...data] : data}
      value={chosen}
      onChange={(next) => onChange(next ?? undefined)}
    />
  );
}

function KnowledgeField(props: FieldProps) {
  const { data } = useInfiniteQuery(basesQuery);
  const known = data?.pages.flatMap(({ items }) => items) ?? [];
  return <Several {...props} choices={known.map(({ slug, name }) => ({ value: slug, label: name }))} />;
}

function ToolsField(props: FieldProps) {
  const names = useContext(NamesOfTools);
  return <Several {...props} choices={names.map((name) => ({ value: name, label: name }))} />;
}

interface SeveralProps extends FieldProps {
  choices: { value: string; label: string }[];
}

function Several({ formData, schema, name, fieldPathId, rawErrors, onChange, choices }: SeveralProps) {
  const value = Array.isArray(formData) ? formData.map(String) : [];
  const gone = value.filter((one) => !choices.some((choice) => choice.value === one));
  return (
    <MultiSelect
      id={fieldPathId.$id}
      label={schema.title ?? name}
      description={schema.description}
      error={rawErrors?.join(" ")}
      searchable
      data={[...choices, ...gone.map((one) => ({ value: one, label: one }))]}
      value={value}
      onChange={(next) => onChange(next, fieldPathId.path)}
    />
  );
}

function WordsField({ formData, schema, name, fieldPathId, rawErrors, onChange }: FieldProps) {
  return (
    <TagsInput
      id={fieldPathId.$id}
      label={schema.title ?? name}
      description={schema.description}
      error={rawErrors?.join(" ")}
      value={Array.isArray(formData) ? formData.map(String) : []}
      onChange={(next) => onChange(next.length === 0 ? undefined : next, fieldPathId.path)}
    />
  );
}

function JsonField({ formData, schema, name, fieldPathId, onChange }: FieldProps) {
  const [text, setText] = useState(formData === undefined ? "" : JSON.stringify(formData, null, 2));
  return (
    <JsonInput
      label={schema.title ?? name}
      description={schema.description ?? ""}
      minRows={3}
      value={text || (schema.type === "object" ? "{}" : "null")}
      onChange={(next) => {
        setText(next);
        try {
          const value: unknown = JSON.parse(next);
          onChange(value ?? undefined, fieldPathId.path);
        } catch {
          // It is told beneath the field.
        }
      }}
    />
  );
}

export const WIDGETS: RegistryWidgetsType = {
  credential: CredentialWidget,
  workflow: WorkflowWidget,
  agent: AgentWidget,
};
export const FIELDS: RegistryFieldsType = {
  ...CONNECTION_FIELDS,
  json: JsonField,
  knowledge: KnowledgeField,
  tools: ToolsField,
  words: WordsField,
};
