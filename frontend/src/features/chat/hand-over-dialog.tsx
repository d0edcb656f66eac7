import { Button, Group, Select, Stack, Textarea } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { handOverChat } from "@/api/generated/chat";
import { listMembers } from "@/api/generated/members";
import type { ChatSession } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { notifyDone, notifyFailure } from "@/lib/notify";

interface Props {
  session: ChatSession;
  onSettled: (session: ChatSession) => void;
  onClose: () => void;
}

/** Lets a person answer in place of the agent, until the conversation is handed back. */
export function HandOverDialog({ session, onSettled, onClose }: Props) {
  const { data: me } = useQuery(meQuery);
  const people = useQuery({
    queryKey: ["members", "names"],
    queryFn: ({ signal }) => listMembers({ limit: 200 }, { signal }),
    enabled: may(me, "members:read"),
  });
  const [to, setTo] = useState<string | null>(null);
  const [note, setNote] = useState("");
  const hand = useMutation({
    mutationFn: () => handOverChat(session.id, { to, note: note.trim() || null }),
    onSuccess: (next) => {
      onSettled(next);
      notifyDone(`${next.handler ?? "Somebody"} answers now.`);
      onClose();
    },
    onError: (error) => notifyFailure("The agent goes on answering", error),
  });
  const members = (people.data?.items ?? []).filter(({ disabled }) => !disabled);
  return (
    <Stack>
      <Select
        label="Who answers"
        placeholder="I do"
        searchable
        clearable
        clearButtonProps={{ "aria-label": "I do" }}
        data-autofocus
        data={members.map(({ name, email }) => ({
          value: email,
          label: name ? `${name} (${email})` : email,
        }))}
        value={to}
        onChange={setTo}
      />
      <Textarea
        label="What they should know"
        autosize
        minRows={2}
        maxLength={2_000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button loading={hand.isPending} onClick={() => hand.mutate()}>
          Hand over
        </Button>
      </Group>
    </Stack>
  );
}
