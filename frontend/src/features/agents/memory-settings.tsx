import { Select, SimpleGrid, Switch, TextInput, Title } from "@mantine/core";
import { LinkAnchor } from "@/components/links";
import { isRecord } from "@/lib/graph/document";
import classes from "./agent-page.module.css";
import { Amount } from "./amount";
import { cleaned, partOf, textOf } from "./config-text";
import type { SettingsPart } from "./settings-part";
import type { Config } from "./use-agent-draft";

const WAYS = [
  { value: "tool", label: "when the agent decides to" },
  { value: "end", label: "when it is done, by one more call" },
  { value: "both", label: "both" },
  { value: "no", label: "not at all; it only reads them" },
];

/** What it keeps from one run to the next. */
export function MemorySettings({ config, faults, onChange }: SettingsPart) {
  const memory = partOf(config, "memory");
  const on = isRecord(config.memory);
  // With nothing said it would have no memory; how facts are kept is always said.
  const set = (changes: Config) =>
    onChange({
      memory: { ...cleaned({ ...memory, ...changes }), remember: changes.remember ?? memory.remember },
    });
  const field = (name: string) => ({
    value: textOf(memory[name]) || (typeof memory[name] === "number" ? String(memory[name]) : ""),
    error: faults.at(`memory.${name}`),
    onChange: ({ currentTarget: { value } }: { currentTarget: { value: string } }) => set({ [name]: value }),
  });
  return (
    <section className={classes.part} aria-label="Memory">
      <Title order={2}>Memory</Title>
      <Switch
        label="Keep facts from one run to the next"
        checked={on}
        onChange={({ currentTarget: { checked } }) =>
          onChange({ memory: checked ? { remember: "tool" } : undefined })
        }
      />
      {on && (
        <>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <Select
              label="Facts are kept"
              data={WAYS}
              allowDeselect={false}
              error={faults.at("memory.remember")}
              value={textOf(memory.remember) || "tool"}
              onChange={(remember) => set({ remember })}
            />
            <Amount
              label="Facts it is told at the beginning"
              placeholder="8"
              name="recall"
              value={memory}
              error={faults.at("memory.recall")}
              onChange={set}
            />
            <TextInput
              label="Whose memory"
              placeholder="Its own"
              description="Agents that name the same one share it."
              {...field("name")}
            />
            <TextInput
              label="About whom"
              placeholder="Nobody in particular"
              description="Such as {{ input.context.customer }}: facts about others are neither found nor kept."
              {...field("subject")}
            />
            <TextInput
              label="Facts end after"
              placeholder="Never"
              description="Such as 90d."
              {...field("expires_in")}
            />
          </SimpleGrid>
          <p className={classes.detail}>
            People see, correct and erase facts under{" "}
            <LinkAnchor to="/memories" inherit>
              Memories
            </LinkAnchor>
            .
          </p>
        </>
      )}
    </section>
  );
}
