import { useMantineColorScheme } from "@mantine/core";
import type { SpotlightActionGroupData } from "@mantine/spotlight";
import {
  IconBuilding,
  IconFileImport,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconPlus,
  IconSun,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEnterWorkspace } from "@/api/enter-workspace";
import { leave } from "@/api/leave";
import { may, meQuery } from "@/api/queries/account";

/** What can be done from anywhere. */
export function usePaletteActions(onHelp: () => void): SpotlightActionGroupData {
  const { setColorScheme } = useMantineColorScheme();
  const actions = [
    ...useBeginnings(),
    ...useWorkspaces(),
    {
      id: "light",
      label: "Light look",
      leftSection: <IconSun size={18} />,
      onClick: () => setColorScheme("light"),
    },
    {
      id: "dark",
      label: "Dark look",
      leftSection: <IconMoon size={18} />,
      onClick: () => setColorScheme("dark"),
    },
    { id: "help", label: "Keyboard shortcuts", leftSection: <IconKeyboard size={18} />, onClick: onHelp },
    { id: "out", label: "Sign out", leftSection: <IconLogout size={18} />, onClick: () => void leave() },
  ];
  return { group: "Actions", actions };
}

function useBeginnings() {
  const { data: me } = useQuery(meQuery);
  const navigate = useNavigate();
  if (!may(me, "workflows:edit")) return [];
  return [
    {
      id: "new-workflow",
      label: "New workflow",
      leftSection: <IconPlus size={18} />,
      onClick: () => void navigate({ to: "/workflows", search: { begin: "new" } }),
    },
    {
      id: "new-agent",
      label: "New agent",
      leftSection: <IconPlus size={18} />,
      onClick: () => void navigate({ to: "/agents", search: { begin: "new" } }),
    },
    {
      id: "import-workflow",
      label: "Import a workflow",
      leftSection: <IconFileImport size={18} />,
      onClick: () => void navigate({ to: "/workflows", search: { begin: "import" } }),
    },
  ];
}

function useWorkspaces() {
  const { data: me } = useQuery(meQuery);
  const enter = useEnterWorkspace();
  const others = me?.workspaces.filter(({ id }) => id !== me.workspace.id) ?? [];
  return others.map(({ id, name }) => ({
    id: `workspace-${id}`,
    label: `Go to the workspace ${name}`,
    leftSection: <IconBuilding size={18} />,
    onClick: () => enter.mutate(id),
  }));
}
