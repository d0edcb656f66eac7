"""Behaviour of `approval`: the database is the arbiter, this only opens the request and waits for the answer."""

from datetime import datetime
from typing import Any

from temporalio import workflow

from schemas.approvals import APPROVED, REJECTED, SKIPPED, Priority, RequestSettings, Stage
from schemas.messages import NodeStatus
from schemas.nodes.approval import ApprovalConfig
from schemas.service_calls import ApprovalState, OpenApproval
from schemas.signals import Decision
from workflows.graph_run.answers import await_decision
from workflows.graph_run.calls import call_service
from workflows.graph_run.node_call import NodeCall
from workflows.outcome import NodeOutcome


async def run(call: NodeCall) -> NodeOutcome:
    """Asks a person and leaves through the port of the decision.

    Raises:
        ValidationError: if the filled-in settings are not valid.
    """
    config = call.config(ApprovalConfig)
    call.waiting(NodeStatus.WAITING, input={"title": config.title})
    opened_at = call.moment("opened", 0) or workflow.now()
    state = await call_service("open_approval", _request(call, config, opened_at), ApprovalState)
    decision = state.decision or await await_decision(call, state, config.deadline)
    return NodeOutcome(_output(config, decision), decision.decision)


def _output(config: ApprovalConfig, decision: Decision) -> dict[str, Any]:
    return {
        **decision.model_dump(mode="json", include={"decision", "data", "reason", "by", "at", "digest", "rule"}),
        "approval_id": decision.approval_id,
        "payload": decision.payload if decision.changed else config.payload,
        "votes": list(decision.votes),
    }


def _request(call: NodeCall, config: ApprovalConfig, opened_at: datetime) -> OpenApproval:
    run = call.run.run
    answers = [(APPROVED, "Approve"), (REJECTED, "Reject")]
    answers += [(SKIPPED, "Skip")] if config.skip else []
    answers += [(d.name, d.label) for d in config.decisions]
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
        priority=Priority[config.priority.upper()],
        tags=tuple(config.tags),
        settings=_settings(config),
        opened_at=opened_at.isoformat(),
        deadline=config.deadline,
        reminders=tuple(config.reminders),
        calendar=config.calendar,
        log=call.run.log.take(),
    )


def _settings(config: ApprovalConfig) -> RequestSettings:
    single = Stage(assignees=config.assignees, needs=config.needs, veto=config.veto)
    return RequestSettings(
        show=config.show,
        defaults=config.defaults,
        editable=config.editable,
        reason=config.reason,
        reasons_for=[decision.name for decision in config.decisions if decision.reason],
        stages=config.stages or [single],
        separation_of_duties=config.separation_of_duties,
        on_expiry=config.on_expiry,
        undo=config.undo,
        escalate=config.escalate,
        policies=config.policies,
    )
