import { useQuery } from "@tanstack/react-query";
import { approvalQuery } from "@/api/queries/approvals";
import { LoadingRows } from "@/components/loading";
import { PayloadViews } from "@/components/payload-views";
import { DecisionForm } from "@/components/request/decision-form";
import { Question, RequestLabels } from "@/components/request/question";
import { StatusBadge } from "@/components/status";
import classes from "./approval-card.module.css";

interface Props {
  id: string;
}

/** A request to a person, answered where the conversation is. */
export function ApprovalCard({ id }: Props) {
  const { data: request } = useQuery(approvalQuery(id));
  if (!request) return <LoadingRows rows={1} />;
  if (request.status !== "pending") return null;
  return (
    <article className={classes.card} aria-label="Request">
      <div className={classes.question}>
        <Question
          title={request.title}
          body={request.body}
          facts={
            <>
              <StatusBadge status="asking" />
              <RequestLabels priority={request.priority} tags={request.tags} />
            </>
          }
        >
          <PayloadViews show={request.show} payload={request.payload} />
        </Question>
      </div>
      <DecisionForm
        key={request.digest}
        request={request}
        held={false}
        onDecided={() => undefined}
        onReopened={() => undefined}
      />
    </article>
  );
}
