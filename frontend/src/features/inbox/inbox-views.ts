import {
  IconAlarm,
  IconAlertTriangle,
  IconArchive,
  IconChecks,
  IconClockX,
  IconHandGrab,
  IconHelpHexagon,
  IconInbox,
  IconList,
  type IconProps,
  IconUserOff,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { ApprovalListName, ApprovalSort, ListApprovalsParams } from "@/api/generated/perdure.schemas";

export interface InboxView {
  name: ApprovalListName;
  label: string;
  icon: ComponentType<IconProps>;
  /** Shown even where it is empty. */
  always?: boolean;
}

const MINE: InboxView = { name: "mine", label: "For me", icon: IconInbox, always: true };

/** What can be looked through. */
export const INBOX_VIEWS: readonly InboxView[] = [
  MINE,
  { name: "unclaimed", label: "Unclaimed", icon: IconUserOff },
  { name: "claimed_by_me", label: "Claimed by me", icon: IconHandGrab },
  { name: "open", label: "All open", icon: IconList, always: true },
  { name: "due_soon", label: "Due today", icon: IconAlarm },
  { name: "overdue", label: "Overdue", icon: IconClockX },
  { name: "interventions", label: "Stuck steps", icon: IconAlertTriangle },
  { name: "verifications", label: "To verify", icon: IconHelpHexagon },
  { name: "decided_by_me", label: "Decided by me", icon: IconChecks, always: true },
  { name: "closed", label: "Closed", icon: IconArchive, always: true },
];

export const SORTS: readonly { value: ApprovalSort; label: string }[] = [
  { value: "created", label: "Oldest first" },
  { value: "newest", label: "Newest first" },
  { value: "priority", label: "Most urgent first" },
  { value: "due", label: "Due first" },
];

/** What stands in the address. */
export interface InboxSearch {
  view?: string | undefined;
  request?: string | undefined;
  q?: string | undefined;
  sort?: string | undefined;
  priority?: string | undefined;
  tag?: string | undefined;
  workflow?: string | undefined;
}

export function viewOf(name: string | undefined): InboxView {
  return INBOX_VIEWS.find((view) => view.name === name) ?? MINE;
}

/** The list that an address names. Whatever is closed is shown by its decision, the latest first. */
export function filterOf(search: InboxSearch): Omit<ListApprovalsParams, "cursor" | "limit"> {
  const view = viewOf(search.view).name;
  const usual: ApprovalSort = view === "closed" || view === "decided_by_me" ? "newest" : "created";
  const sort = SORTS.find(({ value }) => value === search.sort)?.value ?? usual;
  const { q, tag, workflow } = search;
  const priority = ["low", "normal", "high", "urgent"].find((name) => name === search.priority);
  return {
    view,
    sort,
    ...(q ? { q } : {}),
    ...(tag ? { tag } : {}),
    ...(workflow ? { workflow } : {}),
    ...(priority ? { priority: priority as NonNullable<ListApprovalsParams["priority"]> } : {}),
  };
}
