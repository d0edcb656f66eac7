import {
  IconApi,
  IconArrowsSplit,
  IconBell,
  IconBook,
  IconBooks,
  IconBrain,
  IconBrandPython,
  IconCalculator,
  IconClockPause,
  IconCode,
  IconCube,
  IconDatabase,
  IconFiles,
  IconFlag,
  IconHierarchy,
  IconMail,
  IconMessage,
  IconPlugConnected,
  type IconProps,
  IconRepeat,
  IconRobot,
  IconRoute,
  IconSearch,
  IconSend,
  IconSitemap,
  IconSparkles,
  IconTool,
  IconTransform,
  IconUserCheck,
  IconUserQuestion,
  IconUserShare,
  IconUsers,
  IconUsersGroup,
  IconWorld,
  IconWorldDownload,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

/** Icons that node kinds and types of tools may name; whatever names another one gets a cube. */
const ICONS: Record<string, ComponentType<IconProps>> = {
  api: IconApi,
  "arrows-split": IconArrowsSplit,
  bell: IconBell,
  book: IconBook,
  books: IconBooks,
  brain: IconBrain,
  "brand-python": IconBrandPython,
  calculator: IconCalculator,
  "clock-pause": IconClockPause,
  code: IconCode,
  database: IconDatabase,
  files: IconFiles,
  flag: IconFlag,
  hierarchy: IconHierarchy,
  mail: IconMail,
  message: IconMessage,
  "plug-connected": IconPlugConnected,
  repeat: IconRepeat,
  robot: IconRobot,
  route: IconRoute,
  search: IconSearch,
  send: IconSend,
  sitemap: IconSitemap,
  sparkles: IconSparkles,
  tool: IconTool,
  transform: IconTransform,
  "user-check": IconUserCheck,
  "user-question": IconUserQuestion,
  "user-share": IconUserShare,
  users: IconUsers,
  "users-group": IconUsersGroup,
  world: IconWorld,
  "world-download": IconWorldDownload,
};

interface Props extends IconProps {
  name: string | undefined;
}

/** Icon of a node kind. */
export function KindIcon({ name, ...props }: Props) {
  const Icon = ICONS[name ?? ""] ?? IconCube;
  return <Icon size={18} stroke={1.6} aria-hidden {...props} />;
}
