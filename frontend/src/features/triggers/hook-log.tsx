import { Badge, Button, Collapse, Modal, SegmentedControl, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { redeliverHookDelivery } from "@/api/generated/hooks";
import type { Hook, HookDelivery, HookDeliveryStatus } from "@/api/generated/perdure.schemas";
import { ErrorPanel } from "@/components/error-panel";
import { JsonView } from "@/components/json-view";
import { LinkAnchor } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Timestamp } from "@/components/timestamp";
import { plural, shortId } from "@/lib/format";
import { deliveriesQuery, deliveryQuery, triggerKeys } from "./queries";
import classes from "./triggers.module.css";
import { useAction } from "./use-action";

const LOOKS: Record<HookDeliveryStatus, { label: string; color: string }> = {
  started: { label: "Started", color: "green" },
  ignored: { label: "Kept out", color: "gray" },
  failed: { label: "Failed", color: "red" },
  refused: { label: "Refused", color: "yellow" },
};
const ALL = "all";
const FILTERS = [
  { value: ALL, label: "All" },
  ...Object.entries(LOOKS).map(([value, { label }]) => ({ value, label })),
];

interface Props {
  hook: Hook;
  opened: boolean;
  onClose: () => void;
}

/** What came in through a hook, and what became of it. */
export function HookLog({ hook, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Deliveries of ${hook.name}`} size="xl">
      <Log hook={hook.id} />
    </Modal>
  );
}

function Log({ hook }: { hook: string }) {
  const [status, setStatus] = useState(ALL);
  const read = useInfiniteQuery(
    deliveriesQuery(hook, status === ALL ? undefined : (status as HookDeliveryStatus)),
  );
  const items = read.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <SegmentedControl
        size="xs"
        mb="sm"
        aria-label="Only deliveries with the status"
        value={status}
        onChange={setStatus}
        data={FILTERS}
      />
      {read.isPending && <LoadingRows rows={3} />}
      {read.isError && <ErrorPanel error={read.error} onRetry={() => void read.refetch()} />}
      {read.isSuccess && items.length === 0 && <Text size="sm">Nothing came in yet.</Text>}
      {items.length > 0 && (
        <ul className={classes.list} aria-label="Deliveries">
          {items.map((delivery) => (
            <DeliveryRow key={delivery.id} hook={hook} delivery={delivery} />
          ))}
        </ul>
      )}
      {read.hasNextPage && (
        <Button variant="default" mt="sm" onClick={() => void read.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}

function DeliveryRow({ hook, delivery }: { hook: string; delivery: HookDelivery }) {
  const [opened, details] = useDisclosure(false);
  const again = useAction({
    run: () => redeliverHookDelivery(hook, delivery.id),
    refresh: triggerKeys.hooks,
    done: "It was let in once more",
    failed: "It was not let in",
  });
  const { label, color } = LOOKS[delivery.status];
  return (
    <li className={classes.item}>
      <div className={classes.row}>
        <Badge color={color} tt="none">
          {label}
        </Badge>
        <Timestamp at={delivery.received_at} />
        {delivery.run_id !== null && (
          <LinkAnchor to="/runs/$runId" params={{ runId: delivery.run_id }} size="sm">
            {shortId(delivery.run_id)}
          </LinkAnchor>
        )}
        <span className={classes.end}>
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={details.toggle}
            aria-expanded={opened}
            aria-label={`Details of what came in at ${delivery.received_at}`}
          >
            Details
          </Button>
          {delivery.status !== "refused" && (
            <Button
              variant="subtle"
              size="compact-sm"
              loading={again.isPending}
              onClick={() => again.mutate(undefined)}
            >
              Redeliver
            </Button>
          )}
        </span>
      </div>
      <div className={classes.detail}>{factsOf(delivery)}</div>
      {delivery.error && <div className={classes.problem}>{delivery.error.message}</div>}
      <Collapse expanded={opened}>{opened && <Details hook={hook} delivery={delivery.id} />}</Collapse>
    </li>
  );
}

function Details({ hook, delivery }: { hook: string; delivery: string }) {
  const { data } = useQuery(deliveryQuery(hook, delivery));
  if (!data) return <LoadingRows rows={2} />;
  return (
    <div className={classes.payload}>
      <JsonView label="Body" value={data.body} empty="Nothing of it is kept." />
      <JsonView label="Headers" value={data.headers} />
      {Object.keys(data.query).length > 0 && <JsonView label="Query" value={data.query} />}
    </div>
  );
}

function factsOf(delivery: HookDelivery): string {
  const facts = [
    delivery.delivery_id,
    delivery.content_type,
    plural(delivery.size, "byte"),
    delivery.address && `from ${delivery.address}`,
    delivery.seen > 1 && `sent ${plural(delivery.seen, "time")}`,
    delivery.repeats && "let in once more by hand",
  ];
  return facts.filter(Boolean).join(" · ");
}
