import { ActionIcon, Button, NativeSelect, Popover, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedCallback, useDisclosure, useHotkeys } from "@mantine/hooks";
import { IconBell, IconBellOff, IconBookmark, IconSearch } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { createApprovalView } from "@/api/generated/approvals";
import type { ApprovalFilter } from "@/api/generated/perdure.schemas";
import { sentenceOf } from "@/api/problem";
import { approvalKeys } from "@/api/queries/approvals";
import { notifyDone } from "@/lib/notify";
import classes from "./inbox-tools.module.css";
import { filterOf, type InboxSearch, SORTS } from "./inbox-views";
import { useNoticeChoice } from "./use-desktop-notice";

interface Props {
  search: InboxSearch;
  onChange: (search: InboxSearch) => void;
}

const PRIORITIES = [
  { value: "", label: "Any priority" },
  { value: "urgent", label: "Urgent" },
  { value: "high", label: "High" },
  { value: "normal", label: "Normal" },
  { value: "low", label: "Low" },
];

/** What is looked for, and in which order. */
export function InboxTools({ search, onChange }: Props) {
  const box = useRef<HTMLInputElement>(null);
  const find = useDebouncedCallback((q: string) => onChange({ ...search, q: q.trim() || undefined }), 250);
  useHotkeys([["/", () => box.current?.focus()]]);
  const narrowed = [search.q, search.priority, search.tag, search.workflow].some(Boolean);
  return (
    <div className={classes.tools}>
      <TextInput
        key={`${search.view}`}
        ref={box}
        type="search"
        size="xs"
        aria-label="Search requests"
        placeholder="Search"
        leftSection={<IconSearch size={14} aria-hidden />}
        defaultValue={search.q ?? ""}
        onChange={(event) => find(event.currentTarget.value)}
        className={classes.search}
      />
      <NativeSelect
        size="xs"
        aria-label="Order"
        data={SORTS.map(({ value, label }) => ({ value, label }))}
        value={filterOf(search).sort ?? "created"}
        onChange={(event) => onChange({ ...search, sort: event.currentTarget.value })}
      />
      <NativeSelect
        size="xs"
        aria-label="Priority"
        data={PRIORITIES}
        value={search.priority ?? ""}
        onChange={(event) => onChange({ ...search, priority: event.currentTarget.value || undefined })}
      />
      {narrowed && <KeepView search={search} />}
      <NoticeSwitch />
    </div>
  );
}

function KeepView({ search }: { search: InboxSearch }) {
  const [opened, popover] = useDisclosure(false);
  const [name, setName] = useState("");
  const client = useQueryClient();
  const keep = useMutation({
    mutationFn: () => createApprovalView({ name: name.trim(), filter: filterOf(search) as ApprovalFilter }),
    onSuccess: () => {
      popover.close();
      notifyDone(`Kept as “${name.trim()}”.`);
      void client.invalidateQueries({ queryKey: approvalKeys.views });
      void client.invalidateQueries({ queryKey: approvalKeys.counts });
    },
  });
  return (
    <Popover opened={opened} onChange={popover.toggle} trapFocus withArrow>
      <Popover.Target>
        <ActionIcon aria-label="Keep this view" onClick={popover.toggle}>
          <IconBookmark size={16} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className={classes.keep}
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== "") keep.mutate();
          }}
        >
          <TextInput
            size="xs"
            label="Name of the view"
            maxLength={100}
            value={name}
            error={keep.error === null ? undefined : sentenceOf(keep.error)}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" size="xs" loading={keep.isPending}>
            Keep
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

function NoticeSwitch() {
  const { possible, on, toggle } = useNoticeChoice();
  if (!possible) return null;
  const label = on ? "Desktop notifications are on" : "Notify me on the desktop";
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} aria-pressed={on} onClick={toggle}>
        {on ? <IconBell size={16} /> : <IconBellOff size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}
