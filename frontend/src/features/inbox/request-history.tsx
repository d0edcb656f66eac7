import { Button, Group, Text, Textarea, Timeline } from "@mantine/core";
import { getHotkeyHandler, useHotkeys } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { commentOnApproval } from "@/api/generated/approvals";
import type { ApprovalDetail, HistoryEntry } from "@/api/generated/perdure.schemas";
import { approvalKeys } from "@/api/queries/approvals";
import { Markdown } from "@/components/markdown";
import { Timestamp } from "@/components/timestamp";
import { notifyFailure } from "@/lib/notify";
import { entryWords } from "./entry-words";
import classes from "./request-history.module.css";

interface Props {
  request: ApprovalDetail;
}

/** What has happened to a request and what people said about it, and a place to say more. */
export function RequestHistory({ request }: Props) {
  return (
    <section aria-label="History">
      <Text component="h3" fw={600} mb="sm">
        History
      </Text>
      <Timeline bulletSize={12} lineWidth={2} active={request.history.length}>
        {request.history.map((entry) => (
          <Timeline.Item key={entry.id} title={<Title entry={entry} />}>
            {entry.text && <Markdown text={entry.text} />}
          </Timeline.Item>
        ))}
      </Timeline>
      <Say id={request.id} pending={request.status === "pending"} />
    </section>
  );
}

function Title({ entry }: { entry: HistoryEntry }) {
  return (
    <Text size="sm">
      {entryWords(entry)}{" "}
      <Text span size="xs" c="dimmed">
        <Timestamp at={entry.at} />
      </Text>
    </Text>
  );
}

interface SayProps {
  id: string;
  pending: boolean;
}

function Say({ id, pending }: SayProps) {
  const [text, setText] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);
  const client = useQueryClient();
  const say = useMutation({
    mutationFn: (kind: "comment" | "question") => commentOnApproval(id, { text: text.trim(), kind }),
    onSuccess: () => setText(""),
    onError: (error) => notifyFailure("That was not said", error),
    onSettled: () => client.invalidateQueries({ queryKey: approvalKeys.one(id) }),
  });
  useHotkeys([["c", () => box.current?.focus()]]);
  const empty = text.trim() === "";
  return (
    <>
      <Textarea
        ref={box}
        mt="md"
        aria-label="Comment"
        placeholder="Comment, or ask back"
        rows={1}
        classNames={{ input: classes.comment }}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={getHotkeyHandler([["mod+Enter", () => !empty && say.mutate("comment")]])}
      />
      {!empty && (
        <Group gap="xs" mt="xs">
          <Button size="compact-sm" loading={say.isPending} onClick={() => say.mutate("comment")}>
            Comment
          </Button>
          {pending && (
            <Button
              size="compact-sm"
              variant="default"
              disabled={say.isPending}
              onClick={() => say.mutate("question")}
            >
              Ask who wants this
            </Button>
          )}
        </Group>
      )}
    </>
  );
}
