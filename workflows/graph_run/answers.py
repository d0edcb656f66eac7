"""Waiting for what a person decides: reminds, escalates and expires on the way; the database is the arbiter."""

from datetime import datetime

from temporalio import workflow

from schemas.approvals import Alarm
from schemas.service_calls import ApprovalState, ExpireApproval, RingApproval
from schemas.signals import Decision
from workflows.graph_run.calls import call_service
from workflows.graph_run.node_call import NodeCall


async def await_decision(call: NodeCall, state: ApprovalState, deadline: float | None = None) -> Decision:
    """Waits for the answer; in the meantime rings what is due, each alarm once in the life of the run.

    Args:
        call: Who asks.
        state: The request.
        deadline: Seconds after which nobody can answer any more.

    Raises:
        Halt: if the run moves to a fresh history.
    """
    # Runs that asked before the database knew calendars reckon their deadline themselves.
    due = datetime.fromisoformat(state.due_at) if state.due_at else call.moment("due", deadline)
    while True:
        alarm = _next_alarm(call, state, due)
        until = due if alarm is None else datetime.fromisoformat(alarm.at)
        try:
            return Decision.model_validate(await call.answer(state.approval_id, until))
        except TimeoutError:
            decided = await (_expire(call, state) if alarm is None else _ring(call, state, alarm))
        if decided is not None:
            return decided


def _next_alarm(call: NodeCall, state: ApprovalState, due: datetime | None) -> Alarm | None:
    rung = call.memo.get("rung", 0)
    alarm = state.alarms[rung] if rung < len(state.alarms) else None
    past_due = alarm is not None and due is not None and datetime.fromisoformat(alarm.at) >= due
    return None if past_due else alarm


async def _ring(call: NodeCall, state: ApprovalState, alarm: Alarm) -> Decision | None:
    run = call.run.run
    request = RingApproval(
        workspace_id=run.workspace_id,
        approval_id=state.approval_id,
        run_id=run.run_id,
        run_attempt=run.run_attempt,
        kind=alarm.kind,
        index=alarm.index,
    )
    now = await call_service("ring_approval", request, ApprovalState)
    call.memo["rung"] = call.memo.get("rung", 0) + 1
    return now.decision


async def _expire(call: NodeCall, state: ApprovalState) -> Decision:
    run = call.run.run
    request = ExpireApproval(
        workspace_id=run.workspace_id, approval_id=state.approval_id, run_id=run.run_id, run_attempt=run.run_attempt
    )
    closed = await call_service("expire_approval", request, ApprovalState)
    if closed.decision is not None:
        return closed.decision
    return Decision(
        workspace_id=run.workspace_id, approval_id=state.approval_id, decision="expired", at=workflow.now().isoformat()
    )
