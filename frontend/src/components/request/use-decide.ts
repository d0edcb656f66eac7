import { useMutation, useQueryClient } from "@tanstack/react-query";
import { decideApproval, undoDecision } from "@/api/generated/approvals";
import type { Approval, ApprovalDetail, DecideApproval } from "@/api/generated/perdure.schemas";
import { ApiError } from "@/api/problem";
import { approvalKeys } from "@/api/queries/approvals";
import { runKeys } from "@/api/queries/runs";
import { notifyDone, notifyFailure } from "@/lib/notify";

export interface Given extends Omit<DecideApproval, "digest"> {
  /** Nothing is lost if it does not count, so the next request is shown at once. */
  quick: boolean;
}

interface Handlers {
  /** The answer counts. */
  onDecided: (id: string) => void;
  /** Somebody has taken their answer back and sees the request again. */
  onReopened: (id: string) => void;
}

/** Answer a request. Of several answers one counts; whoever was slower is told who was faster. */
export function useDecide(request: Approval, { onDecided, onReopened }: Handlers) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ quick: _, ...answer }: Given) =>
      decideApproval(request.id, { ...answer, digest: request.digest }),
    onMutate: ({ quick }) => {
      if (quick) onDecided(request.id);
    },
    onSuccess: (decided, { decision, quick }) => {
      client.setQueryData<ApprovalDetail>(
        approvalKeys.one(request.id),
        (known) => known && { ...known, ...decided, may_decide: false },
      );
      const label = request.decisions.find(({ name }) => name === decision)?.label ?? decision;
      const undo = () => {
        undoDecision(request.id)
          .then(() => onReopened(request.id))
          .catch((error: unknown) => notifyFailure("The answer stands", error))
          .finally(() => client.invalidateQueries({ queryKey: approvalKeys.all }));
      };
      const words = decided.status === "pending" ? "waits for others" : request.title;
      notifyDone(`${label}: ${words}`, mayUndo(decided) ? undo : undefined);
      if (!quick) onDecided(request.id);
      void client.invalidateQueries({ queryKey: approvalKeys.all });
      void client.invalidateQueries({ queryKey: runKeys.one(request.run_id) });
    },
    onError: (error, { quick }) => {
      const lost = error instanceof ApiError && error.status === 409;
      // The form of a request that others have answered may be gone by now, and with it the place to say so.
      if (quick || lost) notifyFailure(`${request.title}: ${lossOf(error)}`, error);
      if (lost) void client.invalidateQueries({ queryKey: approvalKeys.all });
    },
  });
}

/** While others are still to answer, or for as long as its run is not told. */
function mayUndo({ status, undo_until }: Approval): boolean {
  return status === "pending" || (undo_until !== null && Date.parse(undo_until) > Date.now());
}

/** Who was faster, or that the answer did not count. */
function lossOf(error: Error): string {
  const who =
    error instanceof ApiError && error.code === "already_decided" && error.problem?.details?.decided_by;
  return typeof who === "string" ? `${who} was faster` : "your answer does not count";
}
