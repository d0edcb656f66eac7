import { Badge, Modal } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Connection, ConnectionCall } from "@/api/generated/perdure.schemas";
import { Timestamp } from "@/components/timestamp";
import { PagedList } from "../paged-list";
import classes from "../settings.module.css";
import { callsQuery } from "./queries";

interface Props {
  connection: Connection;
  opened: boolean;
  onClose: () => void;
}

/** What went through a connection, without arguments and answers. */
export function CallsDialog({ connection, opened, onClose }: Props) {
  const calls = useInfiniteQuery({ ...callsQuery(connection.id), enabled: opened });
  return (
    <Modal opened={opened} onClose={onClose} title={`Calls of ${connection.name}`} size="xl">
      <PagedList
        query={calls}
        label="Calls"
        empty="Nothing was called in the last 30 days."
        row={(call) => <CallRow key={call.id} call={call} />}
      />
    </Modal>
  );
}

function CallRow({ call }: { call: ConnectionCall }) {
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{call.action}</div>
        <div className={classes.detail}>
          <Timestamp at={call.created_at} /> by{" "}
          {call.run_id ? (
            <Link to="/runs/$runId" params={{ runId: call.run_id }}>
              {call.path ?? "a run"}
            </Link>
          ) : (
            (call.actor ?? "somebody")
          )}
          , {call.milliseconds} ms
        </div>
      </div>
      <Badge color={call.error_code ? "red" : "green"} tt="none">
        {call.error_code ?? `answered ${call.status}`}
      </Badge>
    </li>
  );
}
