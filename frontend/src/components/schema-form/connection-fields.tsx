import { MultiSelect, Select } from "@mantine/core";
import type { FieldProps, RegistryFieldsType } from "@rjsf/utils";
import { useQuery } from "@tanstack/react-query";
import type { ConnectionAction } from "@/api/generated/perdure.schemas";
import { connectionActionsQuery, connectionChoicesQuery } from "@/api/queries/connections";
import { isRecord } from "@/lib/graph/document";

/** The connection of a step or a tool. */
function ConnectionField({ formData, schema, name, required, fieldPathId, rawErrors, onChange }: FieldProps) {
  const { data } = useQuery(connectionChoicesQuery);
  const chosen = typeof formData === "string" ? formData : null;
  const known = (data ?? []).map((one) => ({
    value: one.name,
    label: `${one.name} (${one.provider_title})`,
  }));
  return (
    <Select
      id={fieldPathId.$id}
      label={schema.title ?? name}
      description={schema.description}
      required={required ?? false}
      error={rawErrors?.join(" ")}
      placeholder="Choose"
      searchable
      data={withGone(known, chosen === null ? [] : [chosen])}
      value={chosen}
      onChange={(next) => next !== null && onChange(next, fieldPathId.path)}
    />
  );
}

/** One action of the connection beside it; what it may change is told to the step with it. */
function ActionField({ formData, schema, name, required, fieldPathId, rawErrors, ...rest }: FieldProps) {
  const actions = useActions(rest.registry.formContext);
  const chosen = typeof formData === "string" ? formData : null;
  const action = actions.find((one) => one.name === chosen);
  const choose = (next: string | null) => {
    const found = actions.find((one) => one.name === next);
    const beside = fieldPathId.path.slice(0, -1);
    rest.onChange(next ?? undefined, fieldPathId.path);
    if (!found) return;
    rest.onChange(found.effect, [...beside, "effect"]);
    rest.onChange(found.repeatable, [...beside, "repeatable"]);
  };
  return (
    <Select
      id={fieldPathId.$id}
      label={schema.title ?? name}
      description={action ? takes(action) : schema.description}
      required={required ?? false}
      error={rawErrors?.join(" ")}
      placeholder="Choose"
      searchable
      data={withGone(actions.map(choice), chosen === null ? [] : [chosen])}
      value={chosen}
      onChange={choose}
    />
  );
}

/** The actions that an agent is given, as the connection offers them now. */
function ActionsField({ formData, schema, name, fieldPathId, rawErrors, registry, onChange }: FieldProps) {
  const actions = useActions(registry.formContext);
  const given = Array.isArray(formData) ? formData.filter(isRecord) : [];
  const names = given.map((one) => String(one.name));
  const choose = (next: string[]) =>
    onChange(
      next.map((one) => {
        const found = actions.find((action) => action.name === one);
        return found ? offered(found) : given.find((kept) => kept.name === one);
      }),
      fieldPathId.path,
    );
  return (
    <MultiSelect
      id={fieldPathId.$id}
      label={schema.title ?? name}
      description={schema.description}
      error={rawErrors?.join(" ")}
      searchable
      data={withGone(actions.map(choice), names)}
      value={names}
      onChange={choose}
    />
  );
}

/** Actions that are switched on, of the connection that the form has chosen. */
function useActions(settings: unknown): ConnectionAction[] {
  const { data: connections } = useQuery(connectionChoicesQuery);
  const name = isRecord(settings) ? settings.connection : undefined;
  const { data } = useQuery(connectionActionsQuery(connections?.find((one) => one.name === name)?.id));
  return (data ?? []).filter(({ enabled }) => enabled);
}

const choice = ({ name, title, granted }: ConnectionAction) => ({
  value: name,
  label: granted ? title : `${title} (access was not given)`,
});

/** What was chosen stays to be seen although it is not among the others any more. */
function withGone(known: { value: string; label: string }[], chosen: string[]) {
  const gone = chosen.filter((value) => !known.some((one) => one.value === value));
  return [...gone.map((value) => ({ value, label: value })), ...known];
}

function takes({ description, input_schema }: ConnectionAction): string {
  const properties = isRecord(input_schema.properties) ? Object.keys(input_schema.properties) : [];
  return [description, properties.length > 0 && `Takes ${properties.join(", ")}.`].filter(Boolean).join(" ");
}

/** An action as an agent keeps it. */
export function offered({ name, title, description, input_schema, effect, repeatable }: ConnectionAction) {
  return { name, description: description || title, input_schema, effect, repeatable };
}

export const CONNECTION_FIELDS: RegistryFieldsType = {
  connection: ConnectionField,
  connectionAction: ActionField,
  connectionActions: ActionsField,
};
