import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { SchemaForm } from "@/components/schema-form/schema-form";
import type { ConfigFaults } from "./config-faults";
import { McpSettings } from "./mcp-settings";
import { OpenapiSettings } from "./openapi-settings";
import { FIELDS, formSchema, isElsewhere, NamesOfTools, uiOf, WIDGETS } from "./tool-fields";
import { ToolPolicyForm } from "./tool-policy";
import { type ToolType, type ToolUse, toolTitle } from "./tool-types";

interface Props {
  use: ToolUse;
  /** Undefined if the server does not know it any more. */
  type: ToolType | undefined;
  /** The other tools of the agent. */
  others: readonly ToolUse[];
  types: readonly ToolType[];
  /** Where it stands in the settings of the agent: `tools[2]`. */
  place: string;
  faults: ConfigFaults;
  onChange: (use: ToolUse) => void;
  onClose: () => void;
}

/** What a tool needs to know, and when a person is asked before it is used. */
export function ToolDialog({ use, type, others, types, place, faults, onChange, onClose }: Props) {
  const { name: _, ...rest } = use;
  const settings = use.settings ?? {};
  const setSettings = (next: Record<string, unknown>) => onChange({ ...use, settings: next });
  const names = others.flatMap((other) => namesOf(other, types));
  return (
    <Modal opened onClose={onClose} title={type?.title ?? toolTitle(use.type)} size="lg">
      <Stack>
        {type && (
          <Text size="sm" c="dimmed">
            {type.description}
          </Text>
        )}
        <TextInput
          label="Name"
          description="By which the model calls it; of several tools of one source, what their names begin with."
          placeholder={type?.tools[0] ?? use.type}
          error={faults.at(`${place}.name`)}
          value={use.name ?? ""}
          onChange={({ currentTarget: { value } }) => onChange(value === "" ? rest : { ...use, name: value })}
        />
        {use.type === "openapi" && (
          <OpenapiSettings
            settings={settings}
            fault={faults.at(`${place}.settings.operations`)}
            onChange={setSettings}
          />
        )}
        {use.type === "mcp" && (
          <McpSettings
            settings={settings}
            fault={["tools", "pin", "url", "server"]
              .map((name) => faults.at(`${place}.settings.${name}`))
              .find(Boolean)}
            onChange={setSettings}
          />
        )}
        {type && fieldsOf(type).length > 0 && (
          <NamesOfTools.Provider value={names}>
            <SchemaForm
              schema={formSchema(type)}
              uiSchema={uiOf(type)}
              widgets={WIDGETS}
              fields={FIELDS}
              data={partOf(settings, (name) => !isElsewhere(use.type, name))}
              problems={faults.within(`${place}.settings`)}
              lenient
              onChange={(next) =>
                setSettings({
                  ...partOf(settings, (name) => isElsewhere(use.type, name)),
                  ...(next as Record<string, unknown>),
                })
              }
            />
          </NamesOfTools.Provider>
        )}
        <ToolPolicyForm
          policy={use.policy ?? {}}
          effect={type?.effect ?? ""}
          fault={faults.at(`${place}.policy`)}
          onChange={(policy) => onChange({ ...use, policy })}
        />
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function partOf(
  settings: Record<string, unknown>,
  holds: (name: string) => boolean,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => holds(name)));
}

function fieldsOf({ schema }: ToolType): string[] {
  return Object.keys((schema.properties as object | undefined) ?? {});
}

/** Names by which a model, and code that it writes, calls a tool. */
function namesOf(use: ToolUse, types: readonly ToolType[]): string[] {
  const listed = use.settings?.operations ?? use.settings?.tools;
  const own = Array.isArray(listed)
    ? listed.flatMap((one: { name?: unknown }) => (typeof one?.name === "string" ? [one.name] : []))
    : [];
  const known = own.length > 0 ? own : (types.find(({ type }) => type === use.type)?.tools ?? []);
  if (use.name === undefined) return [...known];
  return known.length > 1 ? known.map((name) => `${use.name}_${name}`) : [use.name];
}
