import {
  IconArrowsSplit2,
  IconBlockquote,
  IconBooks,
  IconCalendarClock,
  IconChartBar,
  IconInbox,
  IconPlayerPlay,
  type IconProps,
  IconRobot,
  IconSettings,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

export interface Destination {
  to:
    | "/workflows"
    | "/schedules"
    | "/agents"
    | "/knowledge"
    | "/prompts"
    | "/runs"
    | "/inbox"
    | "/usage"
    | "/settings";
  label: string;
  icon: ComponentType<IconProps>;
  /** After `g`, the key that goes there. */
  key: string;
  description: string;
}

/** Where the navigation, the command palette and the `g` keys lead. */
export const DESTINATIONS: readonly Destination[] = [
  {
    to: "/workflows",
    label: "Workflows",
    icon: IconArrowsSplit2,
    key: "w",
    description: "What can be run: draw, publish, start",
  },
  {
    to: "/schedules",
    label: "Schedules",
    icon: IconCalendarClock,
    key: "c",
    description: "What starts by itself, and when",
  },
  {
    to: "/agents",
    label: "Agents",
    icon: IconRobot,
    key: "a",
    description: "Models with instructions and tools, to talk to and to use",
  },
  {
    to: "/knowledge",
    label: "Knowledge",
    icon: IconBooks,
    key: "k",
    description: "Documents, memories and files of agents",
  },
  {
    to: "/prompts",
    label: "Prompts",
    icon: IconBlockquote,
    key: "p",
    description: "Texts for models, with versions and labels",
  },
  {
    to: "/runs",
    label: "Runs",
    icon: IconPlayerPlay,
    key: "r",
    description: "What is happening and what happened",
  },
  { to: "/inbox", label: "Inbox", icon: IconInbox, key: "i", description: "What waits for a person" },
  {
    to: "/usage",
    label: "Usage",
    icon: IconChartBar,
    key: "u",
    description: "What it costs, fails and waits for",
  },
  {
    to: "/settings",
    label: "Settings",
    icon: IconSettings,
    key: "s",
    description: "You, your people, your keys",
  },
];
