import { Alert, Badge, Button, Group, Tabs, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconMessage } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import type { AgentDetail, AgentDraft, FaultProblem } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { agentDraftQuery, agentKeys, agentQuery } from "@/api/queries/agents";
import type { SaveState } from "@/components/autosave/use-saves";
import { ErrorPanel } from "@/components/error-panel";
import { LinkAnchor, LinkButton } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { AgentMenu } from "./agent-menu";
import classes from "./agent-page.module.css";
import { AgentSaves } from "./agent-saves";
import { AgentSettings } from "./agent-settings";
import { AgentTrial } from "./agent-trial";
import { AgentUses } from "./agent-uses";
import { AgentVersions } from "./agent-versions";
import { faultsOf, sentenceIn } from "./config-faults";
import { PublishAgentDialog } from "./publish-agent-dialog";
import { useAgentDraft } from "./use-agent-draft";

/** An agent: what it is, tried out beside it, its versions, and who uses it. */
export function AgentPage() {
  const { slug } = useParams({ from: "/shell/agents/$slug" });
  const agent = useQuery(agentQuery(slug));
  const draft = useQuery(agentDraftQuery(slug));
  const error = agent.error ?? draft.error;
  if (agent.data && draft.data) return <Agent key={slug} agent={agent.data} stored={draft.data} />;
  return (
    <Page title="Agent">
      {error ? <ErrorPanel error={error} onRetry={() => void agent.refetch()} /> : <LoadingRows />}
    </Page>
  );
}

interface Props {
  agent: AgentDetail;
  stored: AgentDraft;
}

const SAID: Record<SaveState, string> = {
  saved: "Saved",
  unsaved: "Not saved yet",
  saving: "Saves …",
  failed: "Not saved",
  conflict: "Somebody else has saved",
};

function Agent({ agent, stored }: Props) {
  const { data: me } = useQuery(meQuery);
  const client = useQueryClient();
  const under = useAgentDraft(stored);
  const { draft, edited, save, failure, change, flush, store, reset, refresh } = under;
  const [publishing, publish] = useDisclosure(false);
  const faults = useMemo(() => faultsOf(draft.faults), [draft.faults]);
  const { slug } = agent;
  return (
    <Page
      title={edited.name || slug}
      crumbs={
        <LinkAnchor to="/agents" inherit>
          Agents
        </LinkAnchor>
      }
      aside={
        <Group gap="xs" wrap="nowrap">
          {agent.version === null ? (
            <Badge color="yellow">Draft</Badge>
          ) : (
            <Badge color="gray">v{agent.version}</Badge>
          )}
          <Text size="sm" c="dimmed" role="status" style={{ whiteSpace: "nowrap" }}>
            {SAID[save]}
          </Text>
        </Group>
      }
      actions={
        <>
          <LinkButton
            to="/agents/$slug/chat"
            params={{ slug }}
            variant="default"
            leftSection={<IconMessage size={16} />}
            disabled={agent.version === null}
          >
            Chat
          </LinkButton>
          {may(me, "workflows:publish") && (
            <Button
              disabled={!draft.changed && save === "saved" && agent.version !== null}
              onClick={() => void store().then((now) => now && publish.open())}
            >
              Publish
            </Button>
          )}
          <AgentMenu agent={agent} />
        </>
      }
    >
      {save === "failed" && <NotSaved failure={failure} onRetry={() => void flush()} />}
      <Tabs defaultValue="settings" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
          <Tabs.Tab value="versions">Versions</Tabs.Tab>
          <Tabs.Tab value="uses">Used by</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="settings">
          <div className={classes.sides}>
            <div className={classes.form}>
              <Faults faults={draft.faults} />
              <AgentSettings edited={edited} faults={faults} onChange={change} />
            </div>
            <AgentTrial slug={slug} onStore={store} />
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="versions">
          <AgentVersions agent={agent} draft={draft} onStore={store} onRestored={reset} />
        </Tabs.Panel>
        <Tabs.Panel value="uses">
          <AgentUses slug={slug} />
        </Tabs.Panel>
      </Tabs>
      <AgentSaves under={under} />
      <PublishAgentDialog
        draft={draft}
        opened={publishing}
        onClose={publish.close}
        onPublished={() => {
          void client.invalidateQueries({ queryKey: agentKeys.one(slug), exact: true });
          void client.fetchQuery({ ...agentDraftQuery(slug), staleTime: 0 }).then(refresh);
        }}
      />
    </Page>
  );
}

function NotSaved({ failure, onRetry }: { failure: string; onRetry: () => void }) {
  return (
    <Alert color="red" role="alert" title={SAID.failed}>
      {failure}
      <Button size="compact-sm" variant="default" mt="xs" display="block" onClick={onRetry}>
        Try again
      </Button>
    </Alert>
  );
}

/** Why it cannot be published yet. */
function Faults({ faults }: { faults: readonly FaultProblem[] }) {
  if (faults.length === 0) return null;
  return (
    <Alert color="yellow" p="sm" title="Before it can be published">
      <ul className={classes.faults}>
        {faults.map(({ field, message }) => (
          <li key={`${field}${message}`}>
            {field && <b>{field.replace(/^with\./, "")}: </b>}
            {sentenceIn(message)}
          </li>
        ))}
      </ul>
    </Alert>
  );
}
