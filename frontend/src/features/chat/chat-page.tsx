import { Button, Drawer, SegmentedControl, Text, Title } from "@mantine/core";
import { useDisclosure, useDocumentTitle } from "@mantine/hooks";
import { IconHistory, IconMessagePlus, IconRobot, IconSettings } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { createChatSession, sendChatMessage } from "@/api/generated/chat";
import type { AgentDetail } from "@/api/generated/perdure.schemas";
import { agentQuery, chatKeys, chatSessionsQuery } from "@/api/queries/agents";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { LinkButton } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { Timestamp } from "@/components/timestamp";
import { notifyFailure } from "@/lib/notify";
import { saidWith } from "./attachments";
import classes from "./chat-page.module.css";
import { Composer } from "./composer";
import { Conversation } from "./conversation";

/** Talking to an agent: earlier conversations at the left, the present one beside them. */
export function ChatPage() {
  const { slug } = useParams({ from: "/shell/agents/$slug/chat" });
  const { session } = useSearch({ from: "/shell/agents/$slug/chat" });
  const agent = useQuery(agentQuery(slug));
  const [listed, list] = useDisclosure(false);
  useDocumentTitle(`${agent.data?.name ?? slug} · Chat · Perdure`);
  if (agent.isError || !agent.data)
    return (
      <Page title="Chat">
        {agent.isError ? (
          <ErrorPanel error={agent.error} onRetry={() => void agent.refetch()} />
        ) : (
          <LoadingRows />
        )}
      </Page>
    );
  return (
    <div className={classes.page}>
      <header className={classes.bar}>
        <Title order={1} size="h2" className={classes.title}>
          <Link to="/agents/$slug" params={{ slug }} className={classes.name}>
            {agent.data.name}
          </Link>
        </Title>
        <Button
          size="xs"
          variant="default"
          hiddenFrom="md"
          leftSection={<IconHistory size={15} />}
          onClick={list.open}
        >
          Conversations
        </Button>
        <LinkButton
          to="/agents/$slug"
          params={{ slug }}
          size="xs"
          variant="default"
          leftSection={<IconSettings size={15} />}
        >
          Settings
        </LinkButton>
        <LinkButton
          to="/agents/$slug/chat"
          params={{ slug }}
          search={{}}
          size="xs"
          leftSection={<IconMessagePlus size={15} />}
        >
          New
        </LinkButton>
      </header>
      <div className={classes.body}>
        <nav className={classes.rail} aria-label="Conversations">
          <Rail slug={slug} shown={session} />
        </nav>
        {session ? (
          <Conversation key={session} id={session} agent={agent.data.name} />
        ) : (
          <Beginning agent={agent.data} />
        )}
      </div>
      <Drawer opened={listed} onClose={list.close} title="Conversations">
        <Rail slug={slug} shown={session} onChoose={list.close} />
      </Drawer>
    </div>
  );
}

type Whose = "mine" | "people";

const WHOSE = [
  { value: "mine", label: "Mine" },
  { value: "people", label: "With people" },
];

interface RailProps {
  slug: string;
  shown: string | undefined;
  onChoose?: () => void;
}

function Rail({ slug, shown, onChoose }: RailProps) {
  const [whose, setWhose] = useState<Whose>("mine");
  const sessions = useInfiniteQuery(chatSessionsQuery(slug, whose === "people"));
  const items = sessions.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <SegmentedControl
        fullWidth
        size="xs"
        mb="xs"
        aria-label="Which conversations"
        data={WHOSE}
        value={whose}
        onChange={(next) => setWhose(next as Whose)}
      />
      {sessions.isPending && <LoadingRows rows={3} />}
      {sessions.data && items.length === 0 && (
        <Text size="sm" c="dimmed" p="sm">
          {whose === "mine" ? "What you talk about is kept here." : "None is in the hands of people."}
        </Text>
      )}
      <ul className={classes.sessions}>
        {items.map((one) => (
          <li key={one.id}>
            <Link
              to="/agents/$slug/chat"
              params={{ slug }}
              search={{ session: one.id }}
              className={classes.session}
              data-active={one.id === shown || undefined}
              aria-current={one.id === shown ? "page" : undefined}
              onClick={onChoose}
            >
              <span className={classes.topic}>{one.title ?? "New conversation"}</span>
              <span className={classes.when}>
                <Timestamp at={one.updated_at} />
                {one.status === "human" && (one.handler ? ` · with ${one.handler}` : " · waits for a person")}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {sessions.hasNextPage && (
        <Button size="compact-sm" variant="subtle" onClick={() => void sessions.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}

/** No conversation yet: the first message begins one. */
function Beginning({ agent }: { agent: AgentDetail }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const begin = useMutation({
    mutationFn: async ({ text, files }: { text: string; files: readonly File[] }) => {
      const { id } = await createChatSession({ agent: agent.slug });
      await sendChatMessage(id, { content: await saidWith(text, files, id) });
      return id;
    },
    onSuccess: async (session) => {
      void client.invalidateQueries({ queryKey: chatKeys.lists });
      await navigate({ to: "/agents/$slug/chat", params: { slug: agent.slug }, search: { session } });
    },
    onError: (error) => notifyFailure("It was not said", error),
  });
  if (agent.version === null)
    return (
      <EmptyState
        icon={IconRobot}
        title="Not published yet"
        action={
          <LinkButton to="/agents/$slug" params={{ slug: agent.slug }}>
            To its settings
          </LinkButton>
        }
      >
        One talks to the published version of an agent. Its draft can be tried out beside its settings.
      </EmptyState>
    );
  return (
    <section className={classes.beginning} aria-label="New conversation">
      <div className={classes.hello}>
        <EmptyState icon={IconRobot} title={agent.name}>
          {agent.description ||
            "Ask it something. Each of its answers is a run that survives whatever happens."}
        </EmptyState>
      </div>
      <Composer
        placeholder={`Ask ${agent.name}`}
        busy={false}
        sending={begin.isPending}
        human={false}
        onSend={(text, files) => begin.mutateAsync({ text, files })}
        onStop={() => undefined}
      />
    </section>
  );
}
