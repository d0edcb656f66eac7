import { Text } from "@mantine/core";
import type { Approval } from "@/api/generated/perdure.schemas";
import { JsonView } from "@/components/json-view";
import { moment } from "@/lib/format";
import classes from "./decision-record.module.css";
import { outcomeOf } from "./request-words";

interface Props {
  request: Approval;
}

/** What was decided, by whom, when, why, and with which data. */
export function DecisionRecord({ request }: Props) {
  return (
    <section className={classes.record} aria-label="Decision">
      <Text fw={600}>{request.status === "decided" ? outcomeOf(request) : SAID[request.status]}</Text>
      {request.decided_at && (
        <Text size="sm" c="dimmed">
          {moment(request.decided_at)}
        </Text>
      )}
      {request.reason && <blockquote className={classes.reason}>{request.reason}</blockquote>}
      {request.data !== null && <JsonView label="Answer" value={request.data} />}
    </section>
  );
}

const SAID: Record<string, string> = {
  expired: "Nobody answered in time.",
  cancelled: "The run no longer asks this.",
};
