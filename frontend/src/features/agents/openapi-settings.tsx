import {
  Badge,
  Button,
  Checkbox,
  Fieldset,
  Group,
  SegmentedControl,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { ImportedOpenapi, OpenapiOperation } from "@/api/generated/perdure.schemas";
import { importOpenapiTools } from "@/api/generated/tools";
import { FormAlert } from "@/components/form/form-alert";
import classes from "./agent-page.module.css";
import { namesIn, type Settings, withOperation } from "./found-tools";
import { LeftOut } from "./left-out";
import { effectWords } from "./tool-types";

interface Props {
  settings: Settings;
  fault: string | undefined;
  onChange: (settings: Settings) => void;
}

/** Reads the description of an API and lets one choose which of its operations are tools. */
export function OpenapiSettings({ settings, fault, onChange }: Props) {
  const [way, setWay] = useState("url");
  const [address, setAddress] = useState("");
  const [text, setText] = useState("");
  const [words, setWords] = useState("");
  const credential = typeof settings.credential === "string" ? settings.credential : null;
  const read = useMutation({
    mutationFn: () =>
      importOpenapiTools(way === "url" ? { url: address.trim(), credential, q: words } : { text, q: words }),
    onSuccess: ({ url }) => {
      if (url !== "" && !settings.url) onChange({ ...settings, url });
    },
  });
  const chosen = namesIn(settings.operations);
  return (
    <Fieldset legend="Operations" variant="filled">
      <Stack gap="sm">
        {fault && <p className={classes.fault}>{fault}</p>}
        <Text size="sm">{chosen.length === 0 ? "None is chosen yet." : `Chosen: ${chosen.join(", ")}.`}</Text>
        <SegmentedControl
          size="xs"
          aria-label="Where the description is"
          data={[
            { value: "url", label: "Address" },
            { value: "text", label: "Text" },
          ]}
          value={way}
          onChange={setWay}
        />
        {way === "url" ? (
          <TextInput
            label="Address of the description"
            description="OpenAPI 3 or Swagger 2, read with the credential below if there is one."
            placeholder="https://api.example.com/openapi.json"
            value={address}
            onChange={(event) => setAddress(event.currentTarget.value)}
          />
        ) : (
          <Textarea
            label="Description"
            description="As JSON or YAML."
            autosize
            minRows={4}
            maxRows={12}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        <Group align="flex-end" gap="xs">
          <TextInput
            flex={1}
            label="Only with these words"
            placeholder="All operations"
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
          <Button
            variant="default"
            loading={read.isPending}
            disabled={(way === "url" ? address : text).trim() === ""}
            onClick={() => read.mutate()}
          >
            Read it
          </Button>
        </Group>
        <FormAlert error={read.error} />
        {read.data && (
          <Found
            found={read.data}
            chosen={chosen}
            onChoose={(operation, taken) => onChange(withOperation(settings, operation, taken))}
            onChooseAll={() =>
              onChange(read.data.items.reduce((all, one) => withOperation(all, one, true), settings))
            }
          />
        )}
      </Stack>
    </Fieldset>
  );
}

interface FoundProps {
  found: ImportedOpenapi;
  chosen: readonly string[];
  onChoose: (operation: OpenapiOperation, chosen: boolean) => void;
  onChooseAll: () => void;
}

function Found({ found, chosen, onChoose, onChooseAll }: FoundProps) {
  const { items, title, left_out } = found;
  return (
    <>
      <Group justify="space-between">
        <Text size="sm" fw={560}>
          {title || "Operations"} ({items.length})
        </Text>
        {items.length > 0 && items.length <= 128 && (
          <Button size="compact-sm" variant="subtle" onClick={onChooseAll}>
            Choose all
          </Button>
        )}
      </Group>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={classes.found} aria-label="Found operations" tabIndex={0}>
        {items.map((operation) => (
          <Checkbox
            key={operation.name}
            label={
              <>
                <b>{operation.name}</b>{" "}
                {effectWords(operation.effect) && (
                  <Badge size="sm" color="gray" tt="none">
                    {effectWords(operation.effect)}
                  </Badge>
                )}
              </>
            }
            description={`${operation.method} ${operation.path}${operation.description ? ` · ${operation.description.slice(0, 160)}` : ""}`}
            checked={chosen.includes(operation.name)}
            onChange={(event) => onChoose(operation, event.currentTarget.checked)}
          />
        ))}
      </section>
      <LeftOut items={left_out} />
    </>
  );
}
