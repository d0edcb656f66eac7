import { ActionIcon, Badge } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ApprovalDetail } from "@/api/generated/perdure.schemas";
import { approvalQuery } from "@/api/queries/approvals";
import { ErrorPanel } from "@/components/error-panel";
import { LinkAnchor } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { PayloadViews } from "@/components/payload-views";
import { DecisionForm } from "@/components/request/decision-form";
import { Question, RequestLabels } from "@/components/request/question";
import { StatusBadge } from "@/components/status";
import { Timestamp } from "@/components/timestamp";
import { useNow } from "@/lib/clock";
import { shortId } from "@/lib/format";
import { ChangedQuestion } from "./changed-question";
import { DecisionRecord } from "./decision-record";
import { FailedStep } from "./failed-step";
import { RequestActions } from "./request-actions";
import classes from "./request-detail.module.css";
import { RequestHistory } from "./request-history";
import { countdown, faceOf } from "./request-words";
import { StageProgress } from "./stage-progress";
import { useSeen } from "./use-seen";

interface Props {
  id: string;
  onClose: () => void;
  onDecided: (id: string) => void;
  onReopened: (id: string) => void;
}

/** One request: what is asked, what it is about, and the answer. */
export function RequestDetail({ id, onClose, onDecided, onReopened }: Props) {
  const { data: request, isError, error, refetch } = useQuery(approvalQuery(id));
  return (
    <article className={classes.panel} aria-label="Request">
      <ActionIcon className={classes.back} aria-label="Back to the list" onClick={onClose}>
        <IconArrowLeft size={18} />
      </ActionIcon>
      {isError && <ErrorPanel error={error} onRetry={() => void refetch()} />}
      {!request && !isError && <LoadingRows rows={4} height={60} />}
      {request && <Request request={request} onDecided={onDecided} onReopened={onReopened} />}
    </article>
  );
}

interface RequestProps {
  request: ApprovalDetail;
  onDecided: (id: string) => void;
  onReopened: (id: string) => void;
}

function Request({ request, onDecided, onReopened }: RequestProps) {
  const { seen, changed, look } = useSeen(request);
  const shown = changed ? seen : request;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={classes.content} tabIndex={0} aria-label="What is asked">
        <Question
          title={shown.title}
          body={shown.body}
          facts={<Facts request={request} />}
          actions={<RequestActions request={request} />}
          notice={changed && <ChangedQuestion seen={seen} request={request} onLook={look} />}
        >
          {shown.purpose === "approval" ? (
            <PayloadViews show={shown.show} payload={shown.payload} />
          ) : (
            <FailedStep payload={shown.payload} told={shown.body} />
          )}
        </Question>
        <StageProgress request={request} />
        {request.status !== "pending" && <DecisionRecord request={request} />}
        <RequestHistory request={request} />
      </section>
      {request.status === "pending" && (
        <DecisionForm
          key={shown.digest}
          request={{ ...shown, may_decide: request.may_decide, why_not: request.why_not }}
          held={changed}
          onDecided={onDecided}
          onReopened={onReopened}
        />
      )}
    </>
  );
}

const PURPOSES: Partial<Record<string, string>> = {
  intervention: "A step has failed",
  verification: "Was it carried out?",
};

function Facts({ request }: { request: ApprovalDetail }) {
  const now = useNow();
  return (
    <>
      <StatusBadge status={faceOf(request, now).status} />
      {PURPOSES[request.purpose] && (
        <Badge color="red" variant="light" tt="none">
          {PURPOSES[request.purpose]}
        </Badge>
      )}
      <RequestLabels priority={request.priority} tags={request.tags} />
      <span>
        {request.node_name} in run{" "}
        <LinkAnchor to="/runs/$runId" params={{ runId: request.run_id }} inherit underline="always">
          {shortId(request.run_id)}
        </LinkAnchor>
      </span>
      <span>
        asked <Timestamp at={request.created_at} />
      </span>
      {request.claimed_by && request.status === "pending" && <span>claimed by {request.claimed_by}</span>}
      {request.status === "pending" && request.due_at && (
        <b className={classes.due}>{countdown(request.due_at, now)}</b>
      )}
    </>
  );
}
