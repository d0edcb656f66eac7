import "@mantine/dates/styles.css";
import { Text } from "@mantine/core";
import type { IChangeEvent } from "@rjsf/core";
import Form from "@rjsf/mantine";
import type {
  ErrorSchema,
  FieldErrorProps,
  RegistryFieldsType,
  RegistryWidgetsType,
  RJSFSchema,
  UiSchema,
} from "@rjsf/utils";
import type { Ref } from "react";
import { isRecord } from "@/lib/graph/document";
import { GroupTemplate, ListItemTemplate, ListTemplate } from "./list-templates";
import { validator } from "./validator";

const UI: UiSchema = { "ui:submitButtonOptions": { norender: true } };

const TEMPLATES = {
  FieldErrorTemplate: GroupErrors,
  ArrayFieldTemplate: ListTemplate,
  ArrayFieldItemTemplate: ListItemTemplate,
  ObjectFieldTemplate: GroupTemplate,
};

/** Errors stand at their fields; without this they would be written to the console as well. */
const NOTHING = () => undefined;

interface Props {
  /** JSON Schema of the data. */
  schema: Record<string, unknown>;
  data: unknown;
  onChange: (data: unknown) => void;
  /** Called when the form is sent and its data fits. */
  onSubmit?: (data: unknown) => void;
  /** What the server has found wrong. */
  problems?: ErrorSchema | undefined;
  disabled?: boolean;
  uiSchema?: UiSchema;
  widgets?: RegistryWidgetsType;
  fields?: RegistryFieldsType;
  /** The server says what is wrong; the form itself checks nothing. */
  lenient?: boolean;
  formRef?: Ref<HTMLDivElement>;
}

/** A form for data that a JSON Schema describes. */
export function SchemaForm({
  schema,
  data,
  onChange,
  onSubmit,
  problems,
  disabled,
  uiSchema,
  widgets,
  fields,
  lenient,
  formRef,
}: Props) {
  return (
    <div ref={formRef}>
      <Form
        schema={schema as RJSFSchema}
        uiSchema={{ ...UI, ...orderOf(schema), ...uiSchema }}
        formData={data}
        formContext={isRecord(data) ? data : {}}
        validator={validator}
        disabled={disabled ?? false}
        templates={TEMPLATES}
        {...(widgets ? { widgets } : {})}
        {...(fields ? { fields } : {})}
        noValidate={lenient ?? false}
        showErrorList={false}
        noHtml5Validate
        focusOnFirstError
        {...(problems ? { extraErrors: problems } : {})}
        onChange={(event: IChangeEvent) => onChange(event.formData)}
        onError={NOTHING}
        onSubmit={(event: IChangeEvent) => onSubmit?.(event.formData)}
      />
    </div>
  );
}

/** What is needed comes first; a stored schema has lost the order in which it was written. */
function orderOf({ required, properties }: Record<string, unknown>): UiSchema {
  const known = new Set(Object.keys(properties ?? {}));
  const first = Array.isArray(required) ? required.filter((name) => known.has(name)) : [];
  return first.length > 0 ? { "ui:order": [...first, "*"] } : {};
}

/** Fields say themselves what is wrong with them; groups and lists have nobody else to say it. */
function GroupErrors({ schema, errors = [], fieldPathId }: FieldErrorProps) {
  const isGroup = schema.type === "object" || schema.type === "array";
  if (!isGroup || errors.length === 0) return null;
  return (
    <Text size="xs" c="red" id={`${fieldPathId.$id}__error`}>
      {errors.join(" ")}
    </Text>
  );
}
