import { ActionIcon, Button, Group, Popover, TextInput, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBookmark, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { sentenceOf } from "@/api/problem";
import classes from "./filter-views.module.css";
import { isSame, type RunSearch } from "./run-search";
import { searchOf, useSavedFilters } from "./saved-filters";

interface Props {
  search: RunSearch;
  onChoose: (search: RunSearch) => void;
}

/** Filters that were given a name, one click away; and the present one, if it deserves one. */
export function FilterViews({ search, onChoose }: Props) {
  const { saved, save, forget } = useSavedFilters();
  const isFiltered = !isSame(search, {});
  const isKnown = saved.some(({ filter }) => isSame(searchOf(filter), search));
  if (saved.length === 0 && !isFiltered) return null;
  return (
    <ul className={classes.views} aria-label="Saved filters">
      {saved.map((view) => (
        <li key={view.id}>
          <View
            name={view.name}
            active={isSame(searchOf(view.filter), search)}
            onChoose={() => onChoose(searchOf(view.filter))}
            onForget={() => forget.mutate(view)}
          />
        </li>
      ))}
      {isFiltered && !isKnown && (
        <li>
          <SaveButton save={save} search={search} />
        </li>
      )}
      {isFiltered && (
        <li>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => onChoose({})}>
            Clear the filter
          </Button>
        </li>
      )}
    </ul>
  );
}

interface ViewProps {
  name: string;
  active: boolean;
  onChoose: () => void;
  onForget: () => void;
}

function View({ name, active, onChoose, onForget }: ViewProps) {
  return (
    <span className={classes.view} data-active={active || undefined}>
      <button type="button" className={classes.name} aria-pressed={active} onClick={onChoose}>
        {name}
      </button>
      <Tooltip label="Forget this filter">
        <ActionIcon size={24} aria-label={`Forget the filter ${name}`} onClick={onForget}>
          <IconX size={12} />
        </ActionIcon>
      </Tooltip>
    </span>
  );
}

interface SaveProps {
  save: ReturnType<typeof useSavedFilters>["save"];
  search: RunSearch;
}

function SaveButton({ save, search }: SaveProps) {
  const [opened, { toggle, close }] = useDisclosure(false);
  const [name, setName] = useState("");
  return (
    <Popover opened={opened} onDismiss={close} trapFocus position="bottom-start" shadow="md">
      <Popover.Target>
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={<IconBookmark size={14} />}
          aria-expanded={opened}
          onClick={toggle}
        >
          Save this filter
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== "") save.mutate({ name: name.trim(), search }, { onSuccess: close });
          }}
        >
          <Group gap="xs" align="flex-end">
            <TextInput
              size="xs"
              label="Name of the filter"
              maxLength={60}
              data-autofocus
              value={name}
              error={save.error === null ? undefined : sentenceOf(save.error)}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button size="xs" type="submit" loading={save.isPending} disabled={name.trim() === ""}>
              Save
            </Button>
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
