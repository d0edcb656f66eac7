import { Checkbox, NumberInput, Select } from "@mantine/core";
import type { RegistryFieldsType, RegistryWidgetsType, WidgetProps } from "@rjsf/utils";
import { useQuery } from "@tanstack/react-query";
import { listCredentials } from "@/api/generated/credentials";
import { CodeEditor } from "@/components/code/code-editor";
import type { CodeLanguage } from "@/components/code/extensions";
import { CONNECTION_FIELDS } from "@/components/schema-form/connection-fields";
import { ExpressionField } from "./expression-field";
import { SchemaBuilderField } from "./schema-builder";
import { CountField, GroupField, PairsField, VariantField } from "./structured-fields";
import { ValueField } from "./value-field";

function codeWidget(language: CodeLanguage, singleLine: boolean, hint?: string) {
  return function CodeWidget({ id, label, schema, value, required, rawErrors, onChange }: WidgetProps) {
    const field = {
      id,
      label,
      description: schema.description,
      required: required ?? false,
      error: rawErrors?.join(" "),
      language,
      singleLine,
      placeholder: hint,
      value: typeof value === "string" ? value : value === undefined || value === null ? "" : String(value),
      onChange: (text: string) => onChange(text === "" ? undefined : text),
    };
    return language === "python" ? <CodeEditor {...field} /> : <ExpressionField {...field} />;
  };
}

function CredentialWidget({ id, label, schema, value, onChange }: WidgetProps) {
  const { data } = useQuery({
    queryKey: ["credentials"],
    queryFn: ({ signal }) => listCredentials({}, { signal }),
  });
  const names = data?.items.map(({ name }) => name) ?? [];
  return (
    <Select
      id={id}
      label={label}
      description={schema.description}
      placeholder="None"
      clearable
      searchable
      data={typeof value === "string" && !names.includes(value) ? [value, ...names] : names}
      value={typeof value === "string" ? value : null}
      onChange={(name) => onChange(name ?? undefined)}
    />
  );
}

function YesWidget({ id, label, schema, value, rawErrors, onChange }: WidgetProps) {
  return (
    <Checkbox
      id={id}
      label={label}
      description={schema.description}
      error={rawErrors?.join(" ")}
      checked={value === true}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

function ChoiceWidget({ id, label, schema, value, required, rawErrors, onChange }: WidgetProps) {
  const words = (schema.enum ?? []).filter((word) => typeof word === "string");
  return (
    <Select
      id={id}
      label={label}
      description={schema.description}
      error={rawErrors?.join(" ")}
      required={required ?? false}
      data={words.map((word) => ({ value: word, label: word.replaceAll("_", " ") }))}
      value={typeof value === "string" ? value : null}
      allowDeselect={false}
      onChange={(word) => word !== null && onChange(word)}
    />
  );
}

function AmountWidget({ id, label, schema, value, required, rawErrors, onChange }: WidgetProps) {
  return (
    <NumberInput
      id={id}
      label={label}
      description={schema.description}
      error={rawErrors?.join(" ")}
      required={required ?? false}
      allowDecimal={schema.type === "number"}
      value={typeof value === "number" ? value : ""}
      onChange={(next) => onChange(typeof next === "number" ? next : undefined)}
    />
  );
}

export const WIDGETS: RegistryWidgetsType = {
  expression: codeWidget("expression", true, "an expression, such as input.amount > 100"),
  line: codeWidget("template", true),
  template: codeWidget("template", false, "Text; {{ … }} holds an expression"),
  prompt: codeWidget("markdown", false, "Markdown; {{ … }} holds an expression"),
  python: codeWidget("python", false),
  credential: CredentialWidget,
  yes: YesWidget,
  choice: ChoiceWidget,
  amount: AmountWidget,
};

export const FIELDS: RegistryFieldsType = {
  ...CONNECTION_FIELDS,
  value: ValueField,
  group: GroupField,
  variant: VariantField,
  count: CountField,
  pairs: PairsField,
  jsonSchema: SchemaBuilderField,
};
