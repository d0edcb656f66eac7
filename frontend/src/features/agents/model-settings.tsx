import { Select, SimpleGrid, TagsInput, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import classes from "./agent-page.module.css";
import { credentialsQuery } from "./agent-queries";
import { Amount } from "./amount";
import { textOf } from "./config-text";
import type { SettingsPart } from "./settings-part";

const EFFORTS = ["minimal", "low", "medium", "high"];

/** Which model it is, and what is tried when that fails. */
export function ModelSettings({ config, faults, onChange }: SettingsPart) {
  const { data: credentials } = useQuery(credentialsQuery);
  return (
    <section className={classes.part} aria-label="Model">
      <Title order={2}>Model</Title>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label="Model"
          placeholder="default"
          description="Name or alias, such as claude-… or gpt-…"
          error={faults.at("model")}
          value={textOf(config.model)}
          onChange={(event) => onChange({ model: event.currentTarget.value })}
        />
        <Select
          label="Credential"
          description="With the key of the provider; else the operator's."
          placeholder="The operator's"
          clearable
          clearButtonProps={{ "aria-label": "The operator's" }}
          error={faults.at("credential")}
          data={(credentials ?? []).filter(({ type }) => type === "llm_provider").map(({ name }) => name)}
          value={textOf(config.credential) || null}
          onChange={(credential) => onChange({ credential })}
        />
        <TagsInput
          label="If it fails"
          description="Models that are tried instead, in this order."
          error={faults.at("fallbacks")}
          maxTags={5}
          value={Array.isArray(config.fallbacks) ? config.fallbacks.map(String) : []}
          onChange={(fallbacks) => onChange({ fallbacks })}
        />
        <Select
          label="Thinking"
          description="How hard it thinks before it speaks."
          placeholder="As the model does by itself"
          clearable
          clearButtonProps={{ "aria-label": "As the model does by itself" }}
          error={faults.at("thinking")}
          data={EFFORTS}
          value={EFFORTS.find((effort) => effort === config.thinking) ?? null}
          onChange={(thinking) => onChange({ thinking })}
        />
        <Amount
          label="Longest answer, in tokens"
          placeholder="4096"
          name="max_tokens"
          error={faults.at("max_tokens")}
          value={config}
          onChange={onChange}
        />
        <Amount
          label="Temperature"
          placeholder="The model's own"
          name="temperature"
          error={faults.at("temperature")}
          value={config}
          onChange={onChange}
        />
        <TextInput
          label="Take stored answers up to"
          placeholder="Always ask"
          description="Age up to which the answer to the very same call is taken, such as 1h."
          error={faults.at("cache")}
          value={config.cache === undefined ? "" : String(config.cache)}
          onChange={(event) => onChange({ cache: event.currentTarget.value })}
        />
      </SimpleGrid>
    </section>
  );
}
