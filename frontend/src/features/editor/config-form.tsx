import { Button, Collapse } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useEffect, useMemo, useState } from "react";
import type { FaultProblem } from "@/api/generated/perdure.schemas";
import { SchemaForm } from "@/components/schema-form/schema-form";
import { isRecord } from "@/lib/graph/document";
import { withoutDefaults } from "./config-defaults";
import { type FormPlan, partOf } from "./config-schema";
import { FIELDS, WIDGETS } from "./config-widgets";
import { useEditor } from "./editor-store";
import { problemsAt } from "./fault-fields";

/** So many settings are shown at once; of more, those that are not used wait behind a button. */
const FEW = 8;

interface Props {
  plan: FormPlan;
  value: Record<string, unknown>;
  /** Shown where nothing is written, and not written either. */
  defaults: Record<string, unknown>;
  faults: FaultProblem[];
  /** Where the fields are in the node: `with.`, or nothing. */
  prefix: string;
  onChange: (value: Record<string, unknown>) => void;
}

/** The settings of a node as a form that is made from their JSON Schema. */
export function ConfigForm({ plan, ...form }: Props) {
  const [shown] = useState(() => firstOf(plan, form.value));
  const rest = namesBeside(plan, shown);
  const parts = useMemo(
    () => ({ first: partOf(plan, shown), more: partOf(plan, namesBeside(plan, shown)) }),
    [plan, shown],
  );
  const jump = useEditor((editor) => editor.jump);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const wanted = jump?.field.replace(/^with\./, "").split(/[.[]/)[0] ?? "";
    if (namesBeside(plan, shown).includes(wanted)) setOpen(true);
  }, [jump, plan, shown]);
  if (rest.length === 0) return <FormPart plan={plan} {...form} />;
  return (
    <>
      <FormPart plan={parts.first} {...form} />
      <Button
        size="compact-sm"
        variant="subtle"
        color="gray"
        my="md"
        aria-expanded={open}
        leftSection={open ? <IconChevronDown size={15} /> : <IconChevronRight size={15} />}
        onClick={() => setOpen(!open)}
      >
        {open ? "Fewer settings" : `${rest.length} more settings`}
      </Button>
      <Collapse expanded={open}>{open && <FormPart plan={parts.more} {...form} />}</Collapse>
    </>
  );
}

function namesBeside(plan: FormPlan, shown: readonly string[]): string[] {
  return Object.keys(plan.schema.properties as object).filter((name) => !shown.includes(name));
}

function firstOf(plan: FormPlan, value: Record<string, unknown>): string[] {
  const names = Object.keys(plan.schema.properties as object);
  const required = new Set(Array.isArray(plan.schema.required) ? plan.schema.required : []);
  if (names.length <= FEW) return names;
  return names.filter((name, place) => place < FEW - 2 || required.has(name) || value[name] !== undefined);
}

function FormPart({ plan, value, defaults, faults, prefix, onChange }: Props) {
  const names = useMemo(() => Object.keys(plan.schema.properties as object), [plan]);
  const known = useMemo(() => shownDefaults(defaults, names), [defaults, names]);
  const own = Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)));
  const problems = useMemo(() => problemsAt(faults, prefix), [faults, prefix]);
  return (
    <SchemaForm
      schema={plan.schema}
      uiSchema={plan.uiSchema}
      widgets={WIDGETS}
      fields={FIELDS}
      data={{ ...known, ...own }}
      problems={problems}
      lenient
      onChange={(data) => {
        const written = withoutDefaults(isRecord(data) ? data : {}, value, known);
        const beside = Object.entries(value).filter(([name]) => !names.includes(name));
        onChange({ ...Object.fromEntries(beside), ...written });
      }}
    />
  );
}

function shownDefaults(defaults: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(defaults).filter(([name, value]) => names.includes(name) && value !== null),
  );
}
