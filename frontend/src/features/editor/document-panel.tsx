import { ActionIcon, Text, Textarea, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useEffect, useMemo } from "react";
import type { FaultProblem } from "@/api/generated/perdure.schemas";
import { edit, useEditor } from "./editor-store";
import { goToField, idOf } from "./fault-fields";
import { LIMIT_FIELDS, LimitFields } from "./limit-fields";
import classes from "./node-panel.module.css";
import { SchemaBuilder } from "./schema-builder";
import { ValueInput } from "./value-field";

interface Props {
  onClose: () => void;
}

/** By which the fields can be found, each with its name behind it. */
const FORM = "document";
/** In place of a field, for what concerns no single one. */
const WHOLE = "whole";

/** What concerns the workflow as a whole: name, input, constants, limits, result. */
export function DocumentPanel({ onClose }: Props) {
  const document = useEditor((editor) => editor.document);
  const faults = useEditor((editor) => editor.faultsByNode[""] ?? NONE);
  const { errors, others } = useMemo(() => sorted(faults), [faults]);
  useJump();
  const change = (field: string, value: unknown) =>
    edit(
      ({ [field]: _, ...rest }) => (value === undefined || value === "" ? rest : { ...rest, [field]: value }),
      `document ${field}`,
    );
  const field = (name: string) => ({ id: `${FORM}_${name}`, error: errors[name] });
  return (
    <aside className={classes.panel} aria-label="Workflow settings">
      <header className={classes.header}>
        <Text fw={600} className={classes.title}>
          Workflow
        </Text>
        <ActionIcon aria-label="Close" onClick={onClose}>
          <IconX size={17} />
        </ActionIcon>
      </header>
      <div className={classes.stack}>
        {Object.entries(others).map(([id, message]) => (
          <Text key={id} id={id} tabIndex={-1} size="sm" c="red">
            {message}
          </Text>
        ))}
        <TextInput
          {...field("name")}
          label="Name"
          value={String(document.name ?? "")}
          onChange={(event) => change("name", event.currentTarget.value)}
        />
        <Textarea
          {...field("description")}
          label="Description"
          autosize
          minRows={2}
          value={String(document.description ?? "")}
          onChange={(event) => change("description", event.currentTarget.value)}
        />
        <SchemaBuilder
          {...field("input")}
          label="Input"
          description="What a run is given; forms are made from it."
          value={document.input}
          onChange={(value) => change("input", value)}
        />
        {VALUES.map(({ name, label, description }) => (
          <ValueInput
            key={name}
            {...field(name)}
            label={label}
            description={description}
            value={document[name]}
            onChange={(value) => change(name, value)}
          />
        ))}
        <LimitFields
          id={`${FORM}_limits`}
          errors={errors}
          value={document.limits}
          onChange={(limits) => change("limits", limits)}
        />
      </div>
    </aside>
  );
}

const NONE: never[] = [];

const VALUES = [
  { name: "vars", label: "Constants", description: "Expressions read them as vars.<name>." },
  { name: "output", label: "Result", description: "What a run gives, if no output step says it." },
];
const FIELDS = ["name", "description", "input", ...VALUES.map(({ name }) => name)];

/** What is wrong with the fields at hand, by their names, and what is wrong elsewhere, by where it can be found. */
function sorted(faults: readonly FaultProblem[]) {
  const errors: Record<string, string> = {};
  const others: Record<string, string> = {};
  for (const { field, message } of faults) {
    const place = placeOf(field ?? "");
    if (place === undefined) add(others, idOf(FORM, field || WHOLE), message);
    else add(errors, place, message);
  }
  return { errors, others };
}

/** `input` for `input.properties[0]`; undefined where no field shows it. */
function placeOf(field: string): string | undefined {
  if (field === "limits" || LIMIT_FIELDS.includes(field)) return field;
  return FIELDS.find((name) => name === field.split(/[.[]/)[0]);
}

function add(messages: Record<string, string>, place: string, message: string): void {
  messages[place] = [messages[place], message].filter(Boolean).join(" ");
}

/** Whoever follows a fault of the document comes to its field. */
function useJump(): void {
  const jump = useEditor((editor) => editor.jump);
  useEffect(() => (jump?.of === "document" ? goToField(jump.field || WHOLE, FORM) : undefined), [jump]);
  // Whoever opens the settings later is not led anywhere.
  useEffect(
    () => () => {
      if (useEditor.getState().jump?.of === "document") useEditor.setState({ jump: null });
    },
    [],
  );
}
