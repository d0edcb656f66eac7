"""Behaviour of `approval`: the database is the arbiter, this only opens, waits and expires."""

from datetime import datetime

from temporalio import workflow

from schemas.messages import ApprovalState, Decision, ExpireApproval, NodeStatus, OpenApproval
from schemas.nodes.approval import APPROVED, REJECTED, ApprovalConfig
from workflows.graph_run.calls import call_service
from workflows.graph_run.node_call import NodeCall
from workflows.outcome import NodeOutcome


async def run(call: NodeCall) -> NodeOutcome:
    """Asks a person and leaves through the port of the decision.

    Raises:
        ValidationError: if the filled-in settings are not valid.
    """
    config = call.config(ApprovalConfig)
    due = call.moment("due", config.deadline)
    call.waiting(NodeStatus.WAITING, input={"title": config.title})
    state = await call_service("open_approval", _request(call, config, due), ApprovalState)
    decision = state.decision or await _decision(call, state.approval_id, due)
    return NodeOutcome(
        decision.model_dump(mode="json", include={"decision", "data", "reason", "by", "at"}), decision.decision
    )


def _request(call: NodeCall, config: ApprovalConfig, due: datetime | None) -> OpenApproval:
    run = call.run.run
    answers = [(APPROVED, "Approve"), (REJECTED, "Reject"), *((d.name, d.label) for d in config.decisions)]
    return OpenApproval(
        workspace_id=run.workspace_id,
        run_id=run.run_id,
        run_attempt=run.run_attempt,
        path=call.path,
        iteration=call.iteration,
        workflow_id=workflow.info().workflow_id,
        node_name=call.node.name,
        title=config.title,
        body=config.body,
        payload=config.payload,
        form=config.form,
        decisions=tuple(answers),
        due_at=None if due is None else due.isoformat(),
        log=call.run.log.take(),
    )


async def _decision(call: NodeCall, approval_id: str, due: datetime | None) -> Decision:
    try:
        return Decision.model_validate(await call.answer(approval_id, due))
    except TimeoutError:
        run = call.run.run
        request = ExpireApproval(
            workspace_id=run.workspace_id, approval_id=approval_id, run_id=run.run_id, run_attempt=run.run_attempt
        )
        state = await call_service("expire_approval", request, ApprovalState)
        if state.decision is not None:
            return state.decision
        return Decision(
            workspace_id=run.workspace_id, approval_id=approval_id, decision="expired", at=workflow.now().isoformat()
        )
