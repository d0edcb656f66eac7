import { Badge, Button, Group, Switch, TextInput } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { IconMessage, IconPlus, IconRobot, IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { AgentSummary } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { agentsQuery } from "@/api/queries/agents";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { LinkButton } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { SparkLine } from "@/components/spark-line";
import { StatusIcon } from "@/components/status";
import { Timestamp } from "@/components/timestamp";
import { plural } from "@/lib/format";
import { AgentMenu } from "./agent-menu";
import classes from "./agents-page.module.css";
import { CreateAgentDialog } from "./create-agent-dialog";
import { toolTitle } from "./tool-types";

/** All agents, how they do, and the way to talk to them. */
export function AgentsPage() {
  const { data: me } = useQuery(meQuery);
  const { begin } = useSearch({ from: "/shell/agents" });
  const navigate = useNavigate();
  const [creating, create] = useDisclosure(false);
  useEffect(() => {
    if (begin === undefined) return;
    create.open();
    void navigate({ to: "/agents", search: {}, replace: true });
  }, [begin, create.open, navigate]);
  const edits = may(me, "workflows:edit");
  return (
    <Page
      title="Agents"
      actions={
        edits && (
          <>
            <LinkButton to="/templates" variant="default">
              Templates
            </LinkButton>
            <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
              New agent
            </Button>
          </>
        )
      }
    >
      <Listed onCreate={edits ? create.open : null} />
      <CreateAgentDialog opened={creating} onClose={create.close} />
    </Page>
  );
}

interface ListedProps {
  /** Begins an agent; null for who may not. */
  onCreate: (() => void) | null;
}

function Listed({ onCreate }: ListedProps) {
  const [text, setText] = useState("");
  const [archived, setArchived] = useState(false);
  const [settled] = useDebouncedValue(text.trim(), 200);
  const agents = useInfiniteQuery({
    ...agentsQuery({ ...(settled && { q: settled }), ...(archived && { archived }) }),
    placeholderData: keepPreviousData,
  });
  if (agents.isPending) return <LoadingRows />;
  if (agents.isError) return <ErrorPanel error={agents.error} onRetry={() => void agents.refetch()} />;
  const items = agents.data.pages.flatMap((page) => page.items);
  if (items.length === 0 && text === "" && !archived) return <Nothing onCreate={onCreate} />;
  return (
    <>
      <Group gap="md">
        <TextInput
          size="xs"
          w={260}
          aria-label="Search"
          placeholder="Name, description or tag"
          leftSection={<IconSearch size={14} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Switch
          size="xs"
          label="Archived"
          checked={archived}
          onChange={(event) => setArchived(event.currentTarget.checked)}
        />
      </Group>
      {items.length === 0 ? (
        <p className={classes.detail}>No agent fits.</p>
      ) : (
        <ul className={classes.list} aria-label="Agents">
          {items.map((agent) => (
            <AgentRow key={agent.slug} agent={agent} />
          ))}
        </ul>
      )}
      {agents.hasNextPage && (
        <Button variant="default" onClick={() => void agents.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}

function AgentRow({ agent }: { agent: AgentSummary }) {
  const { slug, name, description, model, tools, version, draft, last_run, recent_runs } = agent;
  const changed = draft !== null && draft.state !== "unchanged";
  return (
    <li className={classes.row}>
      <span className={classes.icon}>
        <IconRobot size={19} stroke={1.6} aria-hidden />
      </span>
      <div className={classes.what}>
        <Link to="/agents/$slug" params={{ slug }} className={classes.name}>
          {name}
        </Link>
        <div className={classes.detail}>
          {[description || slug, model, toolWords(tools)].filter(Boolean).join(" · ")}
        </div>
      </div>
      <div className={classes.state}>
        {agent.archived_at && <Badge color="gray">Archived</Badge>}
        {version === null ? <Badge color="yellow">Draft</Badge> : <span>v{version}</span>}
        {version !== null && changed && <Badge color="yellow">Changed</Badge>}
      </div>
      <div className={classes.health}>{recent_runs.length > 0 && <SparkLine runs={recent_runs} />}</div>
      <div className={classes.last}>
        {last_run === null ? (
          "Never run"
        ) : (
          <>
            <StatusIcon status={last_run.status} size={15} /> <Timestamp at={last_run.created_at} />
          </>
        )}
      </div>
      <LinkButton
        to="/agents/$slug/chat"
        params={{ slug }}
        size="compact-sm"
        variant="default"
        className={classes.chat}
        leftSection={<IconMessage size={14} />}
        aria-label={`Chat with ${name}`}
        disabled={version === null}
      >
        Chat
      </LinkButton>
      <AgentMenu agent={agent} />
    </li>
  );
}

function toolWords(tools: readonly string[]): string {
  if (tools.length === 0) return "";
  const titles = [...new Set(tools)].map(toolTitle);
  return titles.length > 3 ? plural(titles.length, "tool") : titles.join(", ");
}

function Nothing({ onCreate }: ListedProps) {
  return (
    <EmptyState
      icon={IconRobot}
      title="No agent yet"
      action={onCreate && <Button onClick={onCreate}>Make the first one</Button>}
    >
      An agent is a model with instructions and tools that works in turns until it is done. Each call of the
      model and of a tool is a step of its own: it survives crashes, is never paid twice, and what cannot be
      taken back asks a person first.
    </EmptyState>
  );
}
