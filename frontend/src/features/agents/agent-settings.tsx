import { SimpleGrid, TextInput } from "@mantine/core";
import classes from "./agent-page.module.css";
import { AgentTools } from "./agent-tools";
import { CompactionSettings } from "./compaction-settings";
import type { ConfigFaults } from "./config-faults";
import { cleaned } from "./config-text";
import { GuardrailList } from "./guardrail-list";
import { Instructions } from "./instructions";
import { BudgetSettings, LimitSettings } from "./limit-settings";
import { MemorySettings } from "./memory-settings";
import { ModelSettings } from "./model-settings";
import { OutputSchema } from "./output-schema";
import type { ToolUse } from "./tool-types";
import type { Config, Edited } from "./use-agent-draft";

interface Props {
  edited: Edited;
  faults: ConfigFaults;
  onChange: (changes: Partial<Edited>) => void;
}

/** All that makes an agent what it is. */
export function AgentSettings({ edited, faults, onChange }: Props) {
  const { config } = edited;
  const set = (changes: Config) => onChange({ config: cleaned({ ...config, ...changes }) });
  const part = { config, faults, onChange: set };
  const tools = Array.isArray(config.tools) ? (config.tools as ToolUse[]) : [];
  return (
    <>
      <section className={classes.part} aria-label="Who it is">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput
            label="Name"
            value={edited.name}
            onChange={(event) => onChange({ name: event.currentTarget.value })}
          />
          <TextInput
            label="What it is for"
            description="Also what other agents are told of it."
            value={edited.description}
            onChange={(event) => onChange({ description: event.currentTarget.value })}
          />
        </SimpleGrid>
        <Instructions
          value={config.instructions}
          fault={faults.at("instructions")}
          onChange={(instructions) => set({ instructions })}
        />
      </section>
      <AgentTools tools={tools} faults={faults} onChange={(next) => set({ tools: next })} />
      <ModelSettings {...part} />
      <LimitSettings {...part} />
      <BudgetSettings {...part} />
      <MemorySettings {...part} />
      <GuardrailList {...part} />
      <CompactionSettings {...part} />
      <OutputSchema
        value={config.output_schema}
        fault={faults.at("output_schema")}
        onChange={(schema) => set({ output_schema: schema })}
      />
    </>
  );
}
