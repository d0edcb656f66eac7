import {
  ActionIcon,
  Button,
  Group,
  Menu,
  MultiSelect,
  Select,
  Textarea,
  TextInput,
  Title,
} from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { CodeEditor } from "@/components/code/code-editor";
import { isRecord } from "@/lib/graph/document";
import classes from "./agent-page.module.css";
import { cleaned, textOf } from "./config-text";
import { GuardrailSchema } from "./guardrail-schema";
import { actionsOf, GUARDRAILS, type GuardrailType, KINDS, stagesFor, stagesOf } from "./guardrails";
import type { SettingsPart } from "./settings-part";
import type { Config } from "./use-agent-draft";

/** What may go into the model and come out of it. */
export function GuardrailList({ config, faults, onChange }: SettingsPart) {
  const guardrails = Array.isArray(config.guardrails) ? config.guardrails.filter(isRecord) : [];
  const set = (next: Config[]) => onChange({ guardrails: next });
  return (
    <section className={classes.part} aria-label="Guardrails">
      <div className={classes.head}>
        <Title order={2}>Guardrails</Title>
        <Menu>
          <Menu.Target>
            <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />}>
              Add a guardrail
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {GUARDRAILS.map(({ type, title, begins }) => (
              <Menu.Item key={type} onClick={() => set([...guardrails, { type, ...begins }])}>
                {title}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </div>
      {guardrails.length === 0 && (
        <p className={classes.detail}>Nothing that goes in or comes out is looked at.</p>
      )}
      {guardrails.map((guardrail, index) => (
        <Guardrail
          // biome-ignore lint/suspicious/noArrayIndexKey: a guardrail is what stands at its place
          key={index}
          guardrail={guardrail}
          fault={(name) => faults.at(`guardrails[${index}]${name && `.${name}`}`)}
          onChange={(next) => set(guardrails.map((one, place) => (place === index ? next : one)))}
          onRemove={() => set(guardrails.filter((_, place) => place !== index))}
        />
      ))}
    </section>
  );
}

interface Props {
  guardrail: Config;
  fault: (name: string) => string | undefined;
  onChange: (guardrail: Config) => void;
  onRemove: () => void;
}

function Guardrail({ guardrail, fault, onChange, onRemove }: Props) {
  const known = GUARDRAILS.find(({ type }) => type === guardrail.type);
  const set = (changes: Config) => onChange(cleaned({ ...guardrail, ...changes }));
  const title = known?.title ?? textOf(guardrail.type);
  return (
    <fieldset className={classes.guard} aria-label={title}>
      <Group justify="space-between" wrap="nowrap">
        <b>{title}</b>
        <ActionIcon aria-label={`Take ${title} away`} onClick={onRemove}>
          <IconTrash size={16} />
        </ActionIcon>
      </Group>
      {known && <p className={classes.detail}>{known.description}</p>}
      <Group grow align="flex-start">
        <MultiSelect
          label="It looks at"
          data={stagesFor(guardrail)}
          error={fault("on")}
          value={stagesOf(guardrail)}
          onChange={(on) => set({ on })}
        />
        <Select
          label="If it finds something"
          data={actionsOf(guardrail)}
          allowDeselect={false}
          error={fault("action")}
          value={textOf(guardrail.action) || known?.action || null}
          onChange={(action) => set({ action })}
        />
        <TextInput
          label="Name"
          placeholder={title}
          error={fault("name")}
          value={textOf(guardrail.name)}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
      </Group>
      {known && <Own type={known.type} guardrail={guardrail} fault={fault} onChange={set} />}
    </fieldset>
  );
}

interface OwnProps extends Omit<Props, "onRemove"> {
  type: GuardrailType;
}

/** What only one type of guardrails has. */
function Own({ type, guardrail, fault, onChange }: OwnProps) {
  switch (type) {
    case "pii":
      return (
        <MultiSelect
          label="What is personal"
          data={KINDS}
          error={fault("kinds")}
          value={
            Array.isArray(guardrail.kinds) ? guardrail.kinds.map(String) : ["email", "phone", "card", "iban"]
          }
          onChange={(kinds) => onChange({ kinds })}
        />
      );
    case "topic":
      return (
        <Group grow align="flex-start">
          <Textarea
            label="It may be about"
            autosize
            minRows={2}
            error={fault("allowed")}
            value={textOf(guardrail.allowed)}
            onChange={(event) => onChange({ allowed: event.currentTarget.value })}
          />
          <Textarea
            label="It must not be about"
            autosize
            minRows={2}
            error={fault("denied")}
            value={textOf(guardrail.denied)}
            onChange={(event) => onChange({ denied: event.currentTarget.value })}
          />
          <TextInput
            label="Model that judges"
            placeholder="default"
            error={fault("model")}
            value={textOf(guardrail.model)}
            onChange={(event) => onChange({ model: event.currentTarget.value })}
          />
        </Group>
      );
    case "cel":
      return (
        <CodeEditor
          label="Condition"
          description="CEL over `text` and `stage`; where it holds, something is found."
          language="expression"
          error={fault("when")}
          value={textOf(guardrail.when)}
          onChange={(when) => onChange({ when })}
        />
      );
    case "schema":
      return (
        <GuardrailSchema
          value={guardrail.schema}
          fault={fault("schema")}
          onChange={(schema) => onChange({ schema })}
        />
      );
    default:
      return null;
  }
}
