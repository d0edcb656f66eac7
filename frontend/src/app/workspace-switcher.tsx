import { Menu, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCheck, IconPlus, IconSelector, IconSettings } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEnterWorkspace } from "@/api/enter-workspace";
import { meQuery } from "@/api/queries/account";
import { NewWorkspaceDialog } from "@/components/new-workspace-dialog";
import classes from "./workspace-switcher.module.css";

/** Which workspace everything on the page belongs to, and the way to another one. */
export function WorkspaceSwitcher() {
  const { data: me } = useQuery(meQuery);
  const navigate = useNavigate();
  const enter = useEnterWorkspace();
  const [creating, create] = useDisclosure(false);
  if (!me?.user) return <Current name={me?.workspace.name} />;
  return (
    <>
      <Menu position="bottom-start" width={250}>
        <Menu.Target>
          <UnstyledButton className={classes.button}>
            <Current name={me.workspace.name} />
            <IconSelector size={15} aria-hidden data-wide-only />
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Workspaces</Menu.Label>
          {me.workspaces.map((workspace) => (
            <Menu.Item
              key={workspace.id}
              onClick={() => workspace.id !== me.workspace.id && enter.mutate(workspace.id)}
              rightSection={workspace.id === me.workspace.id && <IconCheck size={15} aria-label="Current" />}
            >
              {workspace.name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconSettings size={16} />}
            onClick={() => void navigate({ to: "/settings/workspace" })}
          >
            Settings of this one
          </Menu.Item>
          <Menu.Item leftSection={<IconPlus size={16} />} onClick={create.open}>
            New workspace
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <NewWorkspaceDialog opened={creating} onClose={create.close} />
    </>
  );
}

interface CurrentProps {
  name: string | undefined;
}

function Current({ name }: CurrentProps) {
  return (
    <div className={classes.root}>
      <img src="/favicon.svg" alt="" width={26} height={26} />
      <div className={classes.text} data-wide-only>
        <Text fw={620} lh={1.2}>
          Perdure
        </Text>
        <Text size="xs" c="dimmed" lh={1.3} truncate>
          {name ?? "…"}
        </Text>
      </div>
    </div>
  );
}
