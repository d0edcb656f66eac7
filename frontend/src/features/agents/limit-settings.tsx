import { SimpleGrid, Switch, TextInput, Title } from "@mantine/core";
import classes from "./agent-page.module.css";
import { Amount } from "./amount";
import { cleaned, partOf } from "./config-text";
import type { SettingsPart } from "./settings-part";
import type { Config } from "./use-agent-draft";

/** Where it ends before it is done. */
export function LimitSettings({ config, faults, onChange }: SettingsPart) {
  const limits = partOf(config, "limits");
  const set = (changes: Config) => onChange({ limits: cleaned({ ...limits, ...changes }) });
  const field = (name: string) => ({
    name,
    value: limits,
    onChange: set,
    error: faults.at(`limits.${name}`),
  });
  return (
    <section className={classes.part} aria-label="Limits">
      <Title order={2}>Limits</Title>
      <SimpleGrid cols={{ base: 1, xs: 2, sm: 3 }}>
        <Amount label="Turns" placeholder="25" {...field("turns")} />
        <Amount label="Tokens" placeholder="No limit" {...field("tokens")} />
        <Amount label="Cost, US dollars" placeholder="No limit" {...field("cost_usd")} />
        <TextInput
          label="Time"
          placeholder="No limit"
          description="Such as 10m."
          error={faults.at("limits.seconds")}
          value={limits.seconds === undefined || limits.seconds === null ? "" : String(limits.seconds)}
          onChange={(event) => set({ seconds: event.currentTarget.value })}
        />
        <Amount label="Tools at once" placeholder="8" {...field("parallel")} />
        <Amount label="Tools in a turn" placeholder="32" {...field("calls")} />
      </SimpleGrid>
      <Switch
        label="End with what it has when it reaches a limit, instead of failing"
        checked={config.limit_port === true}
        onChange={(event) => onChange({ limit_port: event.currentTarget.checked })}
      />
    </section>
  );
}

/** What it may spend until a person allows more. */
export function BudgetSettings({ config, faults, onChange }: SettingsPart) {
  const budget = partOf(config, "budget");
  const set = (changes: Config) => onChange({ budget: cleaned({ ...budget, ...changes }) });
  const field = (name: string) => ({
    name,
    value: budget,
    onChange: set,
    error: faults.at(`budget.${name}`),
  });
  return (
    <section className={classes.part} aria-label="Budget">
      <Title order={2}>Budget</Title>
      <p className={classes.detail}>
        When it is used up the run waits until a person allows more, and goes on where it stood.
      </p>
      <SimpleGrid cols={{ base: 1, xs: 2, sm: 3 }}>
        <Amount label="One call, US dollars" placeholder="No budget" {...field("call_usd")} />
        <Amount label="A run, US dollars" placeholder="No budget" {...field("run_usd")} />
        <Amount label="With runs it starts, US dollars" placeholder="No budget" {...field("tree_usd")} />
      </SimpleGrid>
    </section>
  );
}
