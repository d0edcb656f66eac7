import { Badge, Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { Approval } from "@/api/generated/perdure.schemas";
import { StatusIcon } from "@/components/status";
import { useNow } from "@/lib/clock";
import { relative } from "@/lib/format";
import classes from "./request-list.module.css";
import { faceOf } from "./request-words";

interface Props {
  requests: Approval[];
  chosen: string | null;
  selected: ReadonlySet<string>;
  onChoose: (id: string) => void;
  onSelect: (id: string) => void;
  /** Reads the next page; null if there is none. */
  onMore: (() => void) | null;
}

/** Requests, one line each for the question and for how it stands. */
export function RequestList({ requests, chosen, selected, onChoose, onSelect, onMore }: Props) {
  return (
    <div className={classes.list}>
      {requests.map((request) => (
        <RequestLine
          key={request.id}
          request={request}
          chosen={request.id === chosen}
          selected={selected.has(request.id)}
          onChoose={onChoose}
          onSelect={onSelect}
        />
      ))}
      {onMore && (
        <Button variant="subtle" onClick={onMore}>
          Show more
        </Button>
      )}
    </div>
  );
}

interface LineProps {
  request: Approval;
  chosen: boolean;
  selected: boolean;
  onChoose: (id: string) => void;
  onSelect: (id: string) => void;
}

function RequestLine({ request, chosen, selected, onChoose, onSelect }: LineProps) {
  const line = useRef<HTMLButtonElement>(null);
  const now = useNow();
  useEffect(() => {
    if (chosen) line.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const { status, words } = faceOf(request, now);
  return (
    <div className={classes.row} data-chosen={chosen || undefined}>
      {request.status === "pending" && (
        <input
          type="checkbox"
          className={classes.check}
          aria-label={`Select ${request.title}`}
          checked={selected}
          onChange={() => onSelect(request.id)}
        />
      )}
      <button
        ref={line}
        type="button"
        className={classes.line}
        aria-current={chosen ? "true" : undefined}
        onClick={() => onChoose(request.id)}
      >
        <StatusIcon status={status} size={17} />
        <span className={classes.text}>
          <span className={classes.title}>{request.title}</span>
          <span className={classes.detail}>
            {request.node_name} · {words}
          </span>
          {request.claimed_by !== null && request.status === "pending" && (
            <span className={classes.detail}>claimed by {request.claimed_by}</span>
          )}
        </span>
        <span className={classes.aside}>
          <time className={classes.age} dateTime={request.created_at}>
            {relative(request.created_at, now)}
          </time>
          {(request.priority === "urgent" || request.priority === "high") && (
            <Badge
              size="xs"
              tt="none"
              variant={request.priority === "urgent" ? "light" : "default"}
              color={request.priority === "urgent" ? "red" : "gray"}
            >
              {request.priority}
            </Badge>
          )}
        </span>
      </button>
    </div>
  );
}
