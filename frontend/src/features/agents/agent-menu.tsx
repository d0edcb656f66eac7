import { ActionIcon, Menu } from "@mantine/core";
import {
  IconArchive,
  IconArchiveOff,
  IconCopy,
  IconDots,
  IconDownload,
  IconTrash,
} from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { archiveAgent, cloneAgent, deleteAgent, unarchiveAgent } from "@/api/generated/agents";
import type { AgentSummary } from "@/api/generated/perdure.schemas";
import { getExportWorkflowUrl } from "@/api/generated/workflows";
import { may, meQuery } from "@/api/queries/account";
import { agentKeys } from "@/api/queries/agents";
import { send } from "@/api/request";
import { notifyDone, notifyFailure } from "@/lib/notify";
import { saveFile } from "@/lib/save-file";

interface Props {
  agent: AgentSummary;
}

/** What can be done with an agent as a whole. */
export function AgentMenu({ agent }: Props) {
  const { data: me } = useQuery(meQuery);
  const { clone, archive, remove, download } = useAgentChanges(agent);
  const archived = agent.archived_at !== null;
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon style={{ position: "relative" }} aria-label={`Actions of ${agent.name}`}>
          <IconDots size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {may(me, "workflows:edit") && (
          <Menu.Item leftSection={<IconCopy size={15} />} onClick={() => clone.mutate()}>
            Copy
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconDownload size={15} />} onClick={() => download.mutate()}>
          Export as YAML
        </Menu.Item>
        {may(me, "workflows:publish") && (
          <Menu.Item
            leftSection={archived ? <IconArchiveOff size={15} /> : <IconArchive size={15} />}
            onClick={() => archive.mutate(!archived)}
          >
            {archived ? "Take out of the archive" : "Archive"}
          </Menu.Item>
        )}
        {may(me, "workflows:edit") && agent.version === null && agent.last_run === null && (
          <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => remove.mutate()}>
            Delete
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function useAgentChanges({ slug, name }: AgentSummary) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const refresh = () => void client.invalidateQueries({ queryKey: agentKeys.all });
  const clone = useMutation({
    mutationFn: () => cloneAgent(slug, {}),
    onSuccess: (copy) => {
      refresh();
      void navigate({ to: "/agents/$slug", params: { slug: copy.slug } });
    },
    onError: (error) => notifyFailure("The agent was not copied", error),
  });
  const archive = useMutation({
    mutationFn: (away: boolean) => (away ? archiveAgent(slug) : unarchiveAgent(slug)),
    onSuccess: (_, away) => {
      refresh();
      notifyDone(away ? `${name} was archived` : `${name} is back`, () => archive.mutate(!away));
    },
    onError: (error) => notifyFailure("The agent stays", error),
  });
  const remove = useMutation({
    mutationFn: () => deleteAgent(slug),
    onSuccess: async () => {
      // What was not saved of it is gone with it.
      await navigate({ to: "/agents", ignoreBlocker: true });
      refresh();
    },
    onError: (error) => notifyFailure("The agent stays", error),
  });
  const download = useMutation({
    mutationFn: async () => saveFile(`${slug}.yaml`, await (await send(getExportWorkflowUrl(slug))).blob()),
    onError: (error) => notifyFailure("The agent was not exported", error),
  });
  return { clone, archive, remove, download };
}
