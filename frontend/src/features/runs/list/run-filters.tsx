import { Button, NumberInput, Popover, SegmentedControl, Select, Stack, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconAdjustmentsHorizontal, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { workflowsQuery } from "@/api/queries/workflows";
import { ORIGINS } from "../origins";
import classes from "./run-filters.module.css";
import { groupOf, RUN_GROUPS } from "./run-groups";
import { PERIODS, type RunSearch } from "./run-search";

interface Props {
  search: RunSearch;
  onChange: (changes: RunSearch) => void;
}

const BEGINNINGS = Object.entries(ORIGINS).map(([value, { label }]) => ({ value, label }));

/** Which runs are listed; the choice is part of the address, so it can be kept and sent. */
export function RunFilters({ search, onChange }: Props) {
  const { data } = useInfiniteQuery(workflowsQuery());
  const workflows = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className={classes.bar}>
      <SegmentedControl
        size="xs"
        aria-label="Status"
        value={groupOf(search.status).name}
        onChange={(value) => onChange({ status: value === "all" ? "" : value })}
        data={RUN_GROUPS.map(({ name, label }) => ({ value: name, label }))}
      />
      <Select
        size="xs"
        aria-label="Workflow"
        placeholder="Any workflow"
        clearable
        searchable
        value={search.workflow ?? null}
        onChange={(value) => onChange({ workflow: value ?? "" })}
        data={workflows.map(({ slug, name }) => ({ value: slug, label: name }))}
      />
      <SearchText search={search} onChange={onChange} />
      <MoreFilters search={search} onChange={onChange} />
    </div>
  );
}

function SearchText({ search, onChange }: Props) {
  // What is being typed counts until the address follows; then the address does, also if somebody else changes it.
  const [typed, setTyped] = useState({ over: search.text, text: search.text ?? "" });
  const text = typed.over === search.text ? typed.text : (search.text ?? "");
  const find = useDebouncedCallback((value: string) => onChange({ text: value }), 350);
  return (
    <TextInput
      size="xs"
      aria-label="Text in the input"
      placeholder="Text in the input"
      leftSection={<IconSearch size={14} />}
      value={text}
      onChange={(event) => {
        setTyped({ over: search.text, text: event.currentTarget.value });
        find(event.currentTarget.value);
      }}
    />
  );
}

/** What people ask for less often. */
function MoreFilters({ search, onChange }: Props) {
  const used = [search.since, search.trigger, search.by, search.cost].filter(Boolean).length;
  const later = useDebouncedCallback(onChange, 350);
  return (
    <Popover position="bottom-end" shadow="md" width={270} trapFocus>
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          className={classes.more}
          leftSection={<IconAdjustmentsHorizontal size={15} />}
        >
          {used > 0 ? `More filters (${used})` : "More filters"}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Choice
            label="Started"
            data={PERIODS}
            value={search.since}
            onChange={(since) => onChange({ since })}
          />
          <Choice
            label="How it began"
            data={BEGINNINGS}
            value={search.trigger}
            onChange={(trigger) => onChange({ trigger })}
          />
          <TextInput
            size="xs"
            label="Started by"
            placeholder="E-mail, or name of a key"
            defaultValue={search.by ?? ""}
            onChange={(event) => later({ by: event.currentTarget.value.trim() })}
          />
          <NumberInput
            size="xs"
            label="Cost at least (USD)"
            min={0}
            decimalScale={4}
            defaultValue={search.cost ?? ""}
            onChange={(value) => later({ cost: value === "" ? "" : String(value) })}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

interface ChoiceProps {
  label: string;
  data: readonly { value: string; label: string }[];
  value: string | undefined;
  onChange: (value: string) => void;
}

function Choice({ label, data, value, onChange }: ChoiceProps) {
  return (
    <Select
      size="xs"
      label={label}
      placeholder="Any"
      clearable
      comboboxProps={{ withinPortal: false }}
      data={data.map((one) => ({ value: one.value, label: one.label }))}
      value={value ?? null}
      onChange={(chosen) => onChange(chosen ?? "")}
    />
  );
}
