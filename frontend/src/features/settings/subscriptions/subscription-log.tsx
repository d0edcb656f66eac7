import { Badge, Button, Collapse, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Attempt, Callback } from "@/api/generated/perdure.schemas";
import { redeliverCallback } from "@/api/generated/subscriptions";
import { JsonView } from "@/components/json-view";
import { LinkAnchor } from "@/components/links";
import { Timestamp } from "@/components/timestamp";
import { duration, moment, plural, shortId } from "@/lib/format";
import { PagedList } from "../paged-list";
import { callbacksQuery, settingsKeys } from "../queries";
import classes from "../settings.module.css";
import { useChange } from "../use-change";

const LOOKS = {
  pending: { color: "blue", label: "Waits" },
  sending: { color: "blue", label: "On its way" },
  sent: { color: "green", label: "Sent" },
  failed: { color: "red", label: "Failed" },
  skipped: { color: "gray", label: "Left out" },
} as const;

interface Props {
  id: string;
  name: string;
  opened: boolean;
  onClose: () => void;
}

/** What was sent to a subscription, and what came of it. */
export function SubscriptionLog({ id, name, opened, onClose }: Props) {
  const callbacks = useInfiniteQuery({ ...callbacksQuery(id), enabled: opened, refetchInterval: 5_000 });
  return (
    <Modal opened={opened} onClose={onClose} title={`Log of ${name}`} size="xl">
      <PagedList
        query={callbacks}
        label="Deliveries"
        empty="Nothing was sent yet."
        row={(callback) => <CallbackRow key={callback.id} subscription={id} callback={callback} />}
      />
    </Modal>
  );
}

function CallbackRow({ subscription, callback }: { subscription: string; callback: Callback }) {
  const [opened, details] = useDisclosure(false);
  const again = useChange({
    run: () => redeliverCallback(subscription, callback.id),
    refresh: [settingsKeys.subscriptions],
    done: () => "It is sent once more",
    failed: "It is not sent again",
  });
  const settled = callback.status !== "pending" && callback.status !== "sending";
  const { color, label } = LOOKS[callback.status];
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{callback.event}</div>
        <div className={classes.detail}>
          <Timestamp at={callback.sent_at ?? callback.created_at} />, {plural(callback.attempts, "attempt")}
          {callback.response_status !== null && `, answered ${callback.response_status}`}
          {callback.uncertain && ", may have arrived twice"}
          {callback.repeats && ", repeated by hand"}
          {callback.error && `: ${callback.error}`}
        </div>
      </div>
      {callback.run_id && (
        <LinkAnchor to="/runs/$runId" params={{ runId: callback.run_id }} size="sm">
          {shortId(callback.run_id)}
        </LinkAnchor>
      )}
      <Badge color={color} tt="none">
        {label}
      </Badge>
      <Button
        variant="subtle"
        size="compact-sm"
        onClick={details.toggle}
        aria-expanded={opened}
        aria-label={`Details of ${callback.event}, ${callback.message_id}`}
      >
        Details
      </Button>
      <Button
        variant="subtle"
        size="compact-sm"
        disabled={!settled}
        loading={again.isPending}
        onClick={() => again.mutate(undefined)}
      >
        Redeliver
      </Button>
      <Collapse expanded={opened} w="100%">
        {opened && <Details callback={callback} />}
      </Collapse>
    </li>
  );
}

function Details({ callback }: { callback: Callback }) {
  return (
    <>
      <div className={classes.detail}>{callback.message_id}</div>
      {callback.log.length > 0 && (
        <ol aria-label="Attempts">
          {callback.log.map((attempt, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: attempts are only ever added at the end
            <li key={index} className={classes.detail}>
              {attemptWords(attempt)}
            </li>
          ))}
        </ol>
      )}
      <JsonView label="Body" value={callback.body} empty="It was not sent yet." />
    </>
  );
}

function attemptWords({ at, status, error, duration_ms }: Attempt): string {
  const parts = [
    at === null ? "Nobody knows when" : moment(at),
    status !== null && `answered ${status}`,
    duration_ms !== null && `after ${duration(duration_ms)}`,
    error,
  ];
  return parts.filter(Boolean).join(", ");
}
