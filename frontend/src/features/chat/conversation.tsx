import { Button, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useRef } from "react";
import {
  chooseChatBranch,
  editChatMessage,
  handBackChat,
  handOverChat,
  regenerateChatMessage,
  sendChatMessage,
} from "@/api/generated/chat";
import type { ChatMessage, ChatSession, Sent } from "@/api/generated/perdure.schemas";
import { cancelRun, steerRun } from "@/api/generated/runs";
import { chatKeys } from "@/api/queries/agents";
import { hasEnded } from "@/api/queries/runs";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import { notifyFailure } from "@/lib/notify";
import { saidWith, withText } from "./attachments";
import { ChatMenu } from "./chat-menu";
import { Composer } from "./composer";
import classes from "./conversation.module.css";
import { MessageView } from "./message-view";
import { useConversation } from "./use-conversation";

interface Props {
  id: string;
  agent: string;
}

/** One conversation: what was said, what is happening, and what to say next. */
export function Conversation({ id, agent }: Props) {
  const { session, branch, blocks, stream, error, accept, settle } = useConversation(id);
  const change = useChanges(id, accept, settle);
  const bottom = useStickyEnd(branch, blocks);
  if (error) return <ErrorPanel error={error} />;
  if (!session || branch === null) return <LoadingRows rows={4} />;
  const { busy, run } = workOf(branch.at(-1));
  const changing = change.say.isPending || change.show.isPending;
  const human = session.status === "human";
  return (
    <section className={classes.root} aria-label="Conversation">
      <header className={classes.head}>
        <Text fw={600} truncate>
          {session.title ?? "New conversation"}
        </Text>
        {stream === "reconnecting" && (
          <span className={classes.state} role="status">
            Reconnecting
          </span>
        )}
        <ChatMenu session={session} onSettled={settle} />
      </header>
      {human && (
        <Handed
          session={session}
          agent={agent}
          taking={change.take.isPending}
          onTake={() => change.take.mutate()}
          onBack={() => change.back.mutate()}
        />
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div className={classes.scroll} ref={bottom} tabIndex={0} role="log" aria-label="Messages">
        <ol className={classes.messages}>
          {branch.map((message) => (
            <MessageView
              key={message.id}
              message={message}
              blocks={blocks.get(message.id)}
              busy={busy || changing}
              onEdit={(edited, text) =>
                change.say.mutate(() =>
                  editChatMessage(id, edited.id, { content: withText(edited.content, text) }),
                )
              }
              onRegenerate={(answer) => change.say.mutate(() => regenerateChatMessage(id, answer.id))}
              onShow={(other) => change.show.mutate(other)}
            />
          ))}
        </ol>
      </div>
      <Composer
        placeholder={human ? "Write a message" : `Ask ${agent}`}
        busy={busy}
        sending={changing || change.steer.isPending}
        human={human}
        onSend={(text, files, asMember) =>
          change.say.mutateAsync(async () =>
            sendChatMessage(id, { content: await saidWith(text, files, id), as_member: asMember }),
          )
        }
        onSteer={run === null ? undefined : (message) => change.steer.mutateAsync({ run, message })}
        onStop={() => run !== null && change.stop.mutate(run)}
      />
    </section>
  );
}

interface HandedProps extends Omit<Props, "id"> {
  session: ChatSession;
  taking: boolean;
  onTake: () => void;
  onBack: () => void;
}

/** Who answers in place of the agent, and why; whoever may can take it while nobody does. */
function Handed({ session, agent, taking, onTake, onBack }: HandedProps) {
  const { handler, handed_by: by, handed_note: note } = session;
  return (
    <div className={classes.human} role="status">
      <span>
        {handler
          ? `${handler} answers in place of ${agent}.`
          : `${by ?? agent} asks for a person, and nobody has taken over yet.`}
        {note && ` ${by}: “${note}”`}
      </span>
      {!handler && (
        <Button size="compact-sm" loading={taking} onClick={onTake}>
          Take over
        </Button>
      )}
      <Button size="compact-sm" variant="default" onClick={onBack}>
        Hand back
      </Button>
    </div>
  );
}

/** Whether the last message is an answer under way, and the run that gives it. */
function workOf(last: ChatMessage | undefined): { busy: boolean; run: string | null } {
  const busy = last?.author === "agent" && !hasEnded(last.status);
  return { busy, run: busy ? last.run_id : null };
}

type Accept = (messages: ChatMessage[]) => void;
type Settle = ReturnType<typeof useConversation>["settle"];

function useChanges(id: string, accept: Accept, settle: Settle) {
  const client = useQueryClient();
  const say = useMutation({
    mutationFn: (send: () => Promise<Sent>) => send(),
    onSuccess: ({ message, answer }) => accept(answer ? [message, answer] : [message]),
    onError: (error) => notifyFailure("It was not said", error),
  });
  const show = useMutation({
    mutationFn: (messageId: string) => chooseChatBranch(id, { message_id: messageId }),
    onSuccess: async (session) => {
      await client.invalidateQueries({ queryKey: [...chatKeys.one(id), "messages"] });
      settle(session);
    },
    onError: (error) => notifyFailure("The other branch cannot be shown", error),
  });
  const back = useMutation({ mutationFn: () => handBackChat(id), onSuccess: settle });
  const take = useMutation({
    mutationFn: () => handOverChat(id, {}),
    onSuccess: settle,
    onError: (error) => notifyFailure("It was not taken over", error),
  });
  const steer = useMutation({
    mutationFn: ({ run, message }: { run: string; message: string }) => steerRun(run, { message }),
    onError: (error) => notifyFailure("It was not heard", error),
  });
  const stop = useMutation({
    mutationFn: (runId: string) => cancelRun(runId, { reason: null }),
    onError: (error) => notifyFailure("It was not stopped", error),
  });
  return { say, show, back, take, steer, stop };
}

const NEAR = 120;

/** What is new is seen, unless somebody reads further up. */
function useStickyEnd(messages: unknown, blocks: unknown) {
  const scroll = useRef<HTMLDivElement>(null);
  const near = useRef(true);
  useEffect(() => {
    const element = scroll.current;
    const look = () => {
      if (element) near.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    };
    element?.addEventListener("scroll", look, { passive: true });
    return () => element?.removeEventListener("scroll", look);
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever is new may have made it longer
  useLayoutEffect(() => {
    if (near.current && scroll.current) scroll.current.scrollTop = scroll.current.scrollHeight;
  }, [messages, blocks]);
  return scroll;
}
