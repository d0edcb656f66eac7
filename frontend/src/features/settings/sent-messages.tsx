import { Badge } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { SentMessage } from "@/api/generated/perdure.schemas";
import { Timestamp } from "@/components/timestamp";
import { plural } from "@/lib/format";
import { eventLabel, messageState } from "./notification-words";
import { PagedList } from "./paged-list";
import { messagesQuery } from "./queries";
import { Section } from "./section";
import classes from "./settings.module.css";

/** What was sent to whom, and what could not be. */
export function SentMessages() {
  const messages = useInfiniteQuery(messagesQuery);
  return (
    <Section title="Sent messages" lead="What cannot be delivered is tried for three days.">
      <PagedList
        query={messages}
        label="Sent messages"
        empty="Nothing was sent yet."
        row={(message) => <MessageRow key={message.id} message={message} />}
      />
    </Section>
  );
}

interface Props {
  message: SentMessage;
}

function MessageRow({ message }: Props) {
  const { label, color } = messageState(message);
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{eventLabel(message.event)}</div>
        <div className={classes.detail}>
          {message.address}, <Timestamp at={message.sent_at ?? message.created_at} />
          {message.attempts > 1 && `, ${plural(message.attempts, "attempt")}`}
          {message.uncertain && ", may have arrived twice"}
          {message.error && `: ${message.error}`}
        </div>
      </div>
      <Badge color={color}>{label}</Badge>
    </li>
  );
}
