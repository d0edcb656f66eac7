import { Modal, Select, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Run } from "@/api/generated/perdure.schemas";
import { steerRun } from "@/api/generated/runs";
import { versionQuery } from "@/api/queries/workflows";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { type DocumentNode, graphIn } from "@/lib/graph/document";
import { notifyDone } from "@/lib/notify";
import { hasTurns } from "./fork-turn";

interface Props {
  run: Run;
  agents: readonly DocumentNode[];
  onClose: () => void;
}

/** Says something to the agents of a run while they work. */
export function SayDialog({ run, agents, onClose }: Props) {
  const [message, setMessage] = useState("");
  const [path, setPath] = useState<string | null>(null);
  const say = useMutation({
    mutationFn: () => steerRun(run.id, { message: message.trim(), path }),
    onSuccess: () => {
      onClose();
      notifyDone("It was passed on; an agent hears it before its next turn.");
    },
  });
  return (
    <Modal opened onClose={onClose} title="Say something">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          say.mutate();
        }}
      >
        <Stack>
          <Text size="sm">An agent at work hears it before its next turn, as if its user had said it.</Text>
          <Textarea
            label="Message"
            autosize
            minRows={3}
            maxRows={12}
            maxLength={50_000}
            data-autofocus
            value={message}
            onChange={(event) => setMessage(event.currentTarget.value)}
          />
          {agents.length > 1 && (
            <Select
              label="To"
              placeholder="Everybody who is at work"
              clearable
              data={agents.map(({ id, name }) => ({ value: id, label: name || id }))}
              value={path}
              onChange={setPath}
            />
          )}
          <FormAlert error={say.error} />
          <FormFooter
            action="Say it"
            pending={say.isPending}
            disabled={message.trim() === ""}
            onCancel={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}

/** The agents and crews that work in a run itself, if somebody can talk to them; a published agent has its own run. */
export function useAgents(run: Run, enabled: boolean): DocumentNode[] {
  const { data: version } = useQuery({ ...versionQuery(run.workflow, run.version), enabled });
  if (!enabled) return [];
  return graphIn(version?.document).nodes.filter((node) => node.kind === "crew" || hasTurns(node));
}
