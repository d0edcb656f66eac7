import { SimpleGrid, Switch, TextInput, Title } from "@mantine/core";
import classes from "./agent-page.module.css";
import { Amount } from "./amount";
import { cleaned, partOf, textOf } from "./config-text";
import type { SettingsPart } from "./settings-part";
import type { Config } from "./use-agent-draft";

/** How a long conversation is kept small. */
export function CompactionSettings({ config, faults, onChange }: SettingsPart) {
  const compaction = partOf(config, "compaction");
  const off = compaction.enabled === false;
  const set = (changes: Config) => onChange({ compaction: cleaned({ ...compaction, ...changes }) });
  const field = (name: string) => ({
    name,
    value: compaction,
    onChange: set,
    error: faults.at(`compaction.${name}`),
  });
  return (
    <section className={classes.part} aria-label="Long conversations">
      <Title order={2}>Long conversations</Title>
      <Switch
        label="Replace the older part of a long conversation by a summary"
        checked={!off}
        // `cleaned` would drop a plain no.
        onChange={({ currentTarget: { checked } }) =>
          onChange({ compaction: checked ? {} : { enabled: false } })
        }
      />
      {!off && (
        <SimpleGrid cols={{ base: 1, xs: 2, sm: 3 }}>
          <Amount label="From so many tokens on" placeholder="80 % of the model's" {...field("tokens")} />
          <Amount label="Turns kept word by word" placeholder="4" {...field("keep_turns")} />
          <TextInput
            label="Model that summarises"
            placeholder="Its own"
            error={faults.at("compaction.model")}
            value={textOf(compaction.model)}
            onChange={(event) => set({ model: event.currentTarget.value })}
          />
        </SimpleGrid>
      )}
    </section>
  );
}
