import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import type { FieldProps } from "@rjsf/utils";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { type FieldType, fieldsIn, type SimpleField, schemaOf } from "./schema-fields";
import classes from "./structured-fields.module.css";
import { ValueInput } from "./value-field";

const TYPES: { value: FieldType; label: string }[] = [
  { value: "text", label: "Text" },
  { value: "number", label: "Number" },
  { value: "whole", label: "Whole number" },
  { value: "yes", label: "Yes or no" },
  { value: "choice", label: "Choice" },
  { value: "date", label: "Date" },
  { value: "list", label: "List" },
  { value: "group", label: "Group" },
];

interface Props {
  id?: string;
  label: string;
  description?: string | undefined;
  error?: string | undefined;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** A JSON Schema as a list of fields; as YAML if it says more than such a list can, or if somebody prefers it. */
export function SchemaBuilder({ id, label, description, error, value, onChange }: Props) {
  const [asText, setAsText] = useState(false);
  const fields = fieldsIn(value);
  const text = asText || fields === null;
  const change = (next: SimpleField[]) => onChange(schemaOf(next, value));
  return (
    <section id={id} aria-label={label}>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" fw={560}>
          {label}
        </Text>
        <Button
          size="compact-xs"
          variant="subtle"
          disabled={fields === null}
          onClick={() => setAsText(!asText)}
        >
          {text ? "As fields" : "As YAML"}
        </Button>
      </Group>
      {description && (
        <Text size="xs" c="dimmed">
          {description}
        </Text>
      )}
      <Stack gap={8} mt={6}>
        {text ? (
          <ValueInput label={label} hideLabel error={error} value={value} onChange={onChange} />
        ) : (
          <FieldList fields={fields} onChange={change} />
        )}
        {!text && error && (
          <Text size="xs" c="red">
            {error}
          </Text>
        )}
      </Stack>
    </section>
  );
}

/** The same as a field of a form. */
export function SchemaBuilderField({ formData, name, schema, fieldPathId, rawErrors, onChange }: FieldProps) {
  return (
    <SchemaBuilder
      id={fieldPathId.$id}
      label={schema.title ?? name}
      description={schema.description}
      error={rawErrors?.join(" ")}
      value={formData}
      onChange={(value) => onChange(value, fieldPathId.path)}
    />
  );
}

function FieldList({
  fields,
  onChange,
}: {
  fields: SimpleField[];
  onChange: (fields: SimpleField[]) => void;
}) {
  const put = (index: number, field: SimpleField) =>
    onChange(fields.map((known, place) => (place === index ? field : known)));
  return (
    <>
      {fields.map((field, index) => (
        <FieldRow
          // biome-ignore lint/suspicious/noArrayIndexKey: the name itself changes while it is typed
          key={index}
          field={field}
          taken={(name) => fields.some((known, place) => known.name === name && place !== index)}
          onChange={(next) => put(index, next)}
          onRemove={() => onChange(fields.filter((_, place) => place !== index))}
        />
      ))}
      <Group>
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange([...fields, freshField(fields)])}
        >
          Add a field
        </Button>
      </Group>
    </>
  );
}

interface RowProps {
  field: SimpleField;
  taken: (name: string) => boolean;
  onChange: (field: SimpleField) => void;
  onRemove: () => void;
}

function FieldRow({ field, taken, onChange, onRemove }: RowProps) {
  const { name, title, type, required, options } = field;
  return (
    <div className={classes.pair}>
      <Group gap={6} wrap="nowrap">
        <TextInput
          size="xs"
          flex={1}
          aria-label="Name of the field"
          value={name}
          onChange={(event) => {
            const next = event.currentTarget.value;
            if (!taken(next)) onChange({ ...field, name: next });
          }}
        />
        <Select
          size="xs"
          w={124}
          aria-label={`Type of ${name}`}
          data={TYPES}
          allowDeselect={false}
          value={type}
          onChange={(next) => next && onChange({ ...field, type: next as FieldType, more: {} })}
        />
        <ActionIcon size="sm" aria-label={`Remove ${name}`} onClick={onRemove}>
          <IconTrash size={14} />
        </ActionIcon>
      </Group>
      <Group gap={10} mt={6} wrap="nowrap">
        <TextInput
          size="xs"
          flex={1}
          aria-label={`Label of ${name}`}
          placeholder="Label"
          value={title}
          onChange={(event) => onChange({ ...field, title: event.currentTarget.value })}
        />
        <Checkbox
          size="xs"
          label="Needed"
          checked={required}
          onChange={(event) => onChange({ ...field, required: event.currentTarget.checked })}
        />
      </Group>
      {type === "choice" && (
        <TagsInput
          size="xs"
          mt={6}
          aria-label={`Choices of ${name}`}
          placeholder="Add a choice, then Enter"
          value={options}
          onChange={(next) => onChange({ ...field, options: next })}
        />
      )}
    </div>
  );
}

function freshField(fields: readonly SimpleField[]): SimpleField {
  const taken = new Set(fields.map(({ name }) => name));
  let number = 1;
  while (taken.has(`field_${number}`)) number++;
  return { name: `field_${number}`, title: "", type: "text", required: false, options: [], more: {} };
}
