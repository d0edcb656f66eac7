"""`on_error: pause`: a failed node waits in the inbox until a person says what to do."""

from dataclasses import dataclass
from typing import Any, Literal

from temporalio import workflow

from schemas.errors import ErrorInfo
from schemas.messages import ApprovalState, Decision, NodeStatus, OpenApproval
from workflows.graph_run.calls import call_service
from workflows.graph_run.node_call import NodeCall

DECISIONS = (
    ("retry", "Try again"),
    ("edit", "Edit the input and try again"),
    ("skip", "Go on with a value"),
    ("fail", "Fail the run"),
)


@dataclass(frozen=True)
class Verdict:
    """What the person decided."""

    action: Literal["retry", "skip", "fail"]
    value: Any = None


async def ask(call: NodeCall, error: ErrorInfo) -> Verdict:
    """Parks the node and waits for a decision.

    The form data of `edit` are the node's new settings, that of `skip` its output.
    """
    rounds = call.memo.setdefault("rounds", 0)
    call.memo["parked"] = error.model_dump(mode="json")
    call.waiting(NodeStatus.WAITING, error=error.at(call.path))
    state = await call_service("open_approval", _request(call, error, rounds), ApprovalState)
    decision = state.decision or Decision.model_validate(await call.answer(state.approval_id))
    call.memo["rounds"] = rounds + 1
    del call.memo["parked"]
    if decision.decision == "skip":
        return Verdict("skip", decision.data)
    if decision.decision == "edit" and isinstance(decision.data, dict):
        call.edited = decision.data
        # Other settings are another request to the outside, so they get a key of their own.
        call.log(NodeStatus.FAILED, error=error.at(call.path))
        call.state.iteration += 1
        return Verdict("retry")
    return Verdict("retry" if decision.decision == "retry" else "fail")


def parked_error(call: NodeCall) -> ErrorInfo | None:
    """The error with which the node was parked before the run moved to a fresh history."""
    memo = call.state.memo or {}
    return ErrorInfo.model_validate(memo["parked"]) if "parked" in memo else None


def _request(call: NodeCall, error: ErrorInfo, rounds: int) -> OpenApproval:
    return OpenApproval(
        workspace_id=call.run.run.workspace_id,
        run_id=call.run.run.run_id,
        run_attempt=call.run.run.run_attempt,
        path=call.path,
        iteration=call.iteration,
        workflow_id=workflow.info().workflow_id,
        node_name=call.node.name,
        purpose="intervention",
        round=rounds,
        title=f"{call.node.name} failed",
        body=error.message,
        payload={"error": error.model_dump(mode="json"), "settings": call.edited or call.node.config},
        decisions=DECISIONS,
        log=call.run.log.take(),
    )
