import type { SpotlightActionGroupData } from "@mantine/spotlight";
import { IconBlockquote, IconBooks, IconMessage, IconRobot } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { agentsQuery, latestChatsQuery } from "@/api/queries/agents";
import { basesQuery } from "@/api/queries/knowledge";
import { promptsQuery } from "@/api/queries/prompts";

/** Agents; with a query those that it finds on the server, however many there are. */
export function useAgents(enabled: boolean, query: string): SpotlightActionGroupData {
  const navigate = useNavigate();
  const { data, isPlaceholderData } = useInfiniteQuery({
    ...agentsQuery(query ? { q: query } : {}),
    enabled,
    placeholderData: keepPreviousData,
  });
  // What stands there from the query before has to be found by its own name.
  const keywords = isPlaceholderData ? "" : query;
  const actions = (data?.pages[0]?.items ?? []).flatMap(({ slug, name, version }) => [
    {
      id: `agent-${slug}`,
      label: name,
      description: "Agent",
      keywords,
      leftSection: <IconRobot size={18} stroke={1.7} />,
      onClick: () => void navigate({ to: "/agents/$slug", params: { slug } }),
    },
    ...(version === null
      ? []
      : [
          {
            id: `chat-with-${slug}`,
            label: `Chat with ${name}`,
            keywords,
            leftSection: <IconMessage size={18} stroke={1.7} />,
            onClick: () => void navigate({ to: "/agents/$slug/chat", params: { slug }, search: {} }),
          },
        ]),
  ]);
  return { group: "Agents", actions };
}

/** The caller's latest conversations. */
export function useChats(enabled: boolean): SpotlightActionGroupData {
  const navigate = useNavigate();
  const { data } = useQuery({ ...latestChatsQuery, enabled });
  const actions = (data?.items ?? []).map(({ id, agent, title }) => ({
    id: `session-${id}`,
    label: title ?? "New conversation",
    description: `Conversation with ${agent}`,
    leftSection: <IconMessage size={18} stroke={1.7} />,
    onClick: () =>
      void navigate({ to: "/agents/$slug/chat", params: { slug: agent }, search: { session: id } }),
  }));
  return { group: "Conversations", actions };
}

/** Knowledge bases and prompts. */
export function useTexts(enabled: boolean): SpotlightActionGroupData {
  const navigate = useNavigate();
  const bases = useInfiniteQuery({ ...basesQuery, enabled });
  const prompts = useInfiniteQuery({ ...promptsQuery, enabled });
  const known = (bases.data?.pages ?? []).flatMap(({ items }) =>
    items.map(({ slug, name }) => ({
      id: `knowledge-${slug}`,
      label: name,
      description: "Knowledge base",
      leftSection: <IconBooks size={18} stroke={1.7} />,
      onClick: () => void navigate({ to: "/knowledge/$slug", params: { slug } }),
    })),
  );
  const written = (prompts.data?.pages ?? []).flatMap(({ items }) =>
    items.map(({ name, description }) => ({
      id: `prompt-${name}`,
      label: name,
      description: description || "Prompt",
      leftSection: <IconBlockquote size={18} stroke={1.7} />,
      onClick: () => void navigate({ to: "/prompts/$name", params: { name } }),
    })),
  );
  return { group: "Knowledge and prompts", actions: [...known, ...written] };
}
