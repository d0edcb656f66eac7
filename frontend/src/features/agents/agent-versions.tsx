import { Button, Text, UnstyledButton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { restoreAgentVersion } from "@/api/generated/agents";
import type { AgentDetail, AgentDraft, VersionSummary } from "@/api/generated/perdure.schemas";
import { agentKeys, agentVersionQuery } from "@/api/queries/agents";
import { LineDiff } from "@/components/line-diff";
import { Timestamp } from "@/components/timestamp";
import { notifyDone, notifyFailure } from "@/lib/notify";
import classes from "./agent-page.module.css";

interface Props {
  agent: AgentDetail;
  /** What a restored version takes the place of. */
  draft: AgentDraft;
  /** Stores what was changed, so that no save goes on beside; null if that did not work. */
  onStore: () => Promise<AgentDraft | null>;
  onRestored: (draft: AgentDraft) => void;
}

/** What was published when, what each version has changed, and the way back. */
export function AgentVersions({ agent, draft, onStore, onRestored }: Props) {
  const client = useQueryClient();
  const restore = useMutation({
    mutationFn: async (version: number) => {
      const { revision } = (await onStore()) ?? draft;
      return restoreAgentVersion(agent.slug, version, { revision });
    },
    onSuccess: (restored, version) => {
      onRestored(restored);
      notifyDone(`The draft is version ${version} again`);
      void client.invalidateQueries({ queryKey: agentKeys.one(agent.slug), exact: true });
    },
    onError: (error) => notifyFailure("The draft stays", error),
  });
  if (agent.versions.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing was published yet.
      </Text>
    );
  return (
    <ol className={classes.tools} aria-label="Versions">
      {agent.versions.map((version, index) => (
        <VersionRow
          key={version.version}
          slug={agent.slug}
          version={version}
          before={agent.versions[index + 1]?.version}
          onRestore={() => restore.mutate(version.version)}
        />
      ))}
    </ol>
  );
}

interface RowProps {
  slug: string;
  version: VersionSummary;
  before: number | undefined;
  onRestore: () => void;
}

function VersionRow({ slug, version, before, onRestore }: RowProps) {
  const [open, setOpen] = useState(false);
  return (
    <li className={classes.tool} style={{ flexWrap: "wrap" }}>
      <b>v{version.version}</b>
      <div className={classes.what}>
        <div>{version.note || "Without a note"}</div>
        <div className={classes.detail}>
          {version.author ?? "Somebody"}, <Timestamp at={version.created_at} />
        </div>
      </div>
      {before !== undefined && (
        <UnstyledButton
          c="var(--mantine-color-anchor)"
          fz="sm"
          aria-expanded={open}
          aria-label={`Changes of version ${version.version}`}
          onClick={() => setOpen(!open)}
        >
          Changes
        </UnstyledButton>
      )}
      <Button
        size="compact-sm"
        variant="default"
        aria-label={`Restore version ${version.version}`}
        onClick={onRestore}
      >
        Restore
      </Button>
      {open && before !== undefined && <Changes slug={slug} before={before} after={version.version} />}
    </li>
  );
}

function Changes({ slug, before, after }: { slug: string; before: number; after: number }) {
  const old = useQuery(agentVersionQuery(slug, before));
  const now = useQuery(agentVersionQuery(slug, after));
  if (!old.data || !now.data) return null;
  return <LineDiff label={`Changes of version ${after}`} before={old.data.config} after={now.data.config} />;
}
