import { ActionIcon, Alert, Button, Text, Textarea } from "@mantine/core";
import { IconArrowUp } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useStore } from "zustand";
import { testAgent } from "@/api/generated/agents";
import type { AgentDraft, TryAgentHistoryItem } from "@/api/generated/perdure.schemas";
import { getRun } from "@/api/generated/runs";
import { hasEnded, runQuery } from "@/api/queries/runs";
import { BlockList } from "@/components/agent-run/block-list";
import { FormAlert } from "@/components/form/form-alert";
import { LinkAnchor } from "@/components/links";
import { useLiveRun } from "@/components/live-run/use-live-run";
import { StatusBadge } from "@/components/status";
import { withEvents } from "@/lib/agent-blocks";
import { money, plural } from "@/lib/format";
import classes from "./agent-page.module.css";

interface Tried {
  text: string;
  runId: string;
}

interface Props {
  slug: string;
  /** Stores what was changed; null if that did not work. */
  onStore: () => Promise<AgentDraft | null>;
}

/** Talking to the draft as it is, each answer a run that is marked as a test. */
export function AgentTrial({ slug, onStore }: Props) {
  const [tried, setTried] = useState<Tried[]>([]);
  const [text, setText] = useState("");
  const begin = useMutation({
    mutationFn: async (message: string) => {
      const draft = await onStore();
      if (draft === null) throw new Error("The draft could not be saved, so it was not tried out.");
      const history = await historyOf(tried);
      const { id } = await testAgent(slug, { message, history, revision: draft.revision, confirm: true });
      return { text: message, runId: id };
    },
    onSuccess: (turn) => {
      setTried((before) => [...before, turn]);
      setText("");
    },
  });
  const send = () => text.trim() !== "" && !begin.isPending && begin.mutate(text.trim());
  return (
    <section className={classes.trial} aria-label="Try it out">
      {tried.length === 0 ? (
        <div className={classes.empty}>
          Try the draft out here. Its tools do what they do, for real; what cannot be taken back asks first.
        </div>
      ) : (
        <ol className={classes.turns} aria-label="Tests">
          {tried.map((turn) => (
            <TriedTurn key={turn.runId} turn={turn} />
          ))}
        </ol>
      )}
      <FormAlert error={begin.error} radius={0} />
      <div className={classes.write}>
        <Textarea
          aria-label="Message to the draft"
          placeholder="Say something to it"
          autosize
          maxRows={8}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey) return;
            event.preventDefault();
            send();
          }}
        />
        <ActionIcon
          variant="filled"
          color="iris"
          aria-label="Send"
          loading={begin.isPending}
          disabled={text.trim() === ""}
          onClick={send}
        >
          <IconArrowUp size={18} />
        </ActionIcon>
        {tried.length > 0 && (
          <Button variant="default" size="xs" onClick={() => setTried([])}>
            Anew
          </Button>
        )}
      </div>
    </section>
  );
}

function TriedTurn({ turn }: { turn: Tried }) {
  const store = useLiveRun(turn.runId, 1);
  const events = useStore(store, (run) => run.events);
  const blocks = useMemo(() => withEvents([], events), [events]);
  const { data: run } = useQuery(runQuery(turn.runId));
  return (
    <li className={classes.turn}>
      <div className={classes.asked}>{turn.text}</div>
      <BlockList blocks={blocks} />
      {run?.error && (
        <Alert color="red" p="sm" title={run.error.code}>
          {run.error.message}
        </Alert>
      )}
      <div className={classes.facts}>
        {run && <StatusBadge status={run.status} />}
        {run && hasEnded(run.status) && (
          <Text span size="xs">
            {plural(run.tokens_in + run.tokens_out, "token")} · {money(run.cost_usd)}
          </Text>
        )}
        <LinkAnchor to="/runs/$runId" params={{ runId: turn.runId }} inherit>
          Open the run
        </LinkAnchor>
      </div>
    </li>
  );
}

/** What was said so far, as the runs have recorded it. */
async function historyOf(tried: readonly Tried[]): Promise<TryAgentHistoryItem[]> {
  const runs = await Promise.all(tried.map(({ runId }) => getRun(runId)));
  return runs.flatMap(({ output }, index) => {
    const said = (output as { messages?: TryAgentHistoryItem[] } | null)?.messages;
    const asked = { role: "user", content: [{ type: "text", text: tried[index]?.text ?? "" }] };
    return said ? [asked, ...said] : [];
  });
}
