import { ActionIcon, Autocomplete, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import type { FieldProps } from "@rjsf/utils";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { ComponentType } from "react";
import { isRecord } from "@/lib/graph/document";
import type { FormPlan, Variants } from "./config-schema";
import { ExpressionField } from "./expression-field";
import classes from "./structured-fields.module.css";
import { ValueField, ValueInput } from "./value-field";

/** What the plan of the form says about a field. */
function optionsOf<Options>(uiSchema: FieldProps["uiSchema"]): Options {
  return (uiSchema?.["ui:options"] ?? {}) as unknown as Options;
}

/** Settings that belong together; as text, if somebody has written anything else, such as an expression. */
export function GroupField(props: FieldProps) {
  const { formData, registry, uiSchema } = props;
  const { plan } = optionsOf<{ plan: FormPlan }>(uiSchema);
  if (formData !== undefined && formData !== null && !isRecord(formData)) return <ValueField {...props} />;
  const SchemaField = registry.fields.SchemaField as ComponentType<FieldProps>;
  return <SchemaField {...props} schema={plan.schema} uiSchema={plan.uiSchema} />;
}

/** One of several kinds of objects: first which, then its fields. */
export function VariantField(props: FieldProps) {
  const { formData, registry, uiSchema, schema, fieldPathId, onChange } = props;
  const { by, choices } = optionsOf<{ variants: Variants }>(uiSchema).variants;
  if (formData !== undefined && formData !== null && !isRecord(formData)) return <ValueField {...props} />;
  const data = isRecord(formData) ? formData : {};
  const chosen = choices.find(({ name }) => name === data[by]);
  const SchemaField = registry.fields.SchemaField as ComponentType<FieldProps>;
  return (
    <Stack gap="xs">
      <Select
        id={`${fieldPathId.$id}_${by}`}
        label={schema.title || "Kind"}
        data={choices.map(({ name }) => ({ value: name, label: wordOf(name) }))}
        value={chosen?.name ?? null}
        placeholder="Choose"
        onChange={(name) => name && onChange({ ...data, [by]: name }, fieldPathId.path)}
      />
      {chosen && (
        <SchemaField
          key={chosen.name}
          {...props}
          schema={{ ...chosen.plan.schema, title: "" }}
          uiSchema={chosen.plan.uiSchema}
        />
      )}
    </Stack>
  );
}

/** A number, or a word that stands for one. */
export function CountField({
  formData,
  schema,
  name,
  uiSchema,
  fieldPathId,
  rawErrors,
  onChange,
}: FieldProps) {
  const { words } = optionsOf<{ words: string[] }>(uiSchema);
  return (
    <Autocomplete
      id={fieldPathId.$id}
      label={schema.title ?? name}
      description={schema.description}
      error={rawErrors?.join(" ")}
      data={words}
      value={formData === undefined || formData === null ? "" : String(formData)}
      onChange={(text) => onChange(countIn(text), fieldPathId.path)}
    />
  );
}

/** Names, each with a value: headers, constants. */
export function PairsField(props: FieldProps) {
  const { formData, schema, name, fieldPathId, rawErrors, onChange } = props;
  if (formData !== undefined && formData !== null && !isRecord(formData)) return <ValueField {...props} />;
  const pairs = Object.entries(isRecord(formData) ? formData : {});
  const label = schema.title ?? name;
  const change = (next: [string, unknown][]) =>
    onChange(next.length === 0 ? undefined : Object.fromEntries(next), fieldPathId.path);
  return (
    <section id={fieldPathId.$id} aria-label={label}>
      <Text size="sm" fw={560}>
        {label}
      </Text>
      {schema.description && (
        <Text size="xs" c="dimmed">
          {schema.description}
        </Text>
      )}
      <Stack gap={8} mt={6}>
        {pairs.map(([key, value], index) => (
          <Pair
            // biome-ignore lint/suspicious/noArrayIndexKey: the name itself changes while it is typed
            key={index}
            name={key}
            value={value}
            taken={(other) => pairs.some(([known], place) => known === other && place !== index)}
            onChange={(pair) => change(pairs.map((known, place) => (place === index ? pair : known)))}
            onRemove={() => change(pairs.filter((_, place) => place !== index))}
          />
        ))}
        <Group>
          <Button
            size="compact-sm"
            variant="light"
            leftSection={<IconPlus size={14} />}
            onClick={() => change([...pairs, [freshName(pairs), ""]])}
          >
            Add
          </Button>
        </Group>
        {rawErrors?.map((error) => (
          <Text key={error} size="xs" c="red">
            {error}
          </Text>
        ))}
      </Stack>
    </section>
  );
}

interface PairProps {
  name: string;
  value: unknown;
  taken: (name: string) => boolean;
  onChange: (pair: [string, unknown]) => void;
  onRemove: () => void;
}

function Pair({ name, value, taken, onChange, onRemove }: PairProps) {
  const isText = typeof value === "string";
  return (
    <div className={classes.pair}>
      <Group gap={4} wrap="nowrap" mb={6}>
        <TextInput
          size="xs"
          flex={1}
          aria-label="Name"
          value={name}
          onChange={(event) => {
            const next = event.currentTarget.value;
            if (!taken(next)) onChange([next, value]);
          }}
        />
        <ActionIcon size="sm" aria-label={`Remove ${name}`} onClick={onRemove}>
          <IconTrash size={14} />
        </ActionIcon>
      </Group>
      {isText ? (
        <ExpressionField
          label={`Value of ${name}`}
          hideLabel
          language="template"
          value={value}
          onChange={(text) => onChange([name, text])}
        />
      ) : (
        <ValueInput
          label={`Value of ${name}`}
          hideLabel
          value={value}
          onChange={(next) => onChange([name, next ?? ""])}
        />
      )}
    </div>
  );
}

function freshName(pairs: readonly [string, unknown][]): string {
  const taken = new Set(pairs.map(([name]) => name));
  for (let number = 1; ; number++) if (!taken.has(`name_${number}`)) return `name_${number}`;
}

function countIn(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
}

function wordOf(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
