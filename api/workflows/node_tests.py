"""Testing one node: a run of a plan that holds nothing but the node, with given values for what it reads."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import defer

from api.access.caller import Caller
from api.errors import FaultProblem, RequestError
from api.requests import fingerprint
from api.runs import waiting
from api.services import Services
from api.workflows.documents import check_value
from api.workflows.effects import require_confirmation
from api.workflows.lookup import refuse_archived, require_draft, require_workflow
from api.workflows.trial_models import NodeTest, RunNode
from api.workflows.trials import Trial, require_permissions, start_trial
from db.tables import Run, Step
from schemas.errors import ErrorCode, ErrorInfo
from schemas.faults import FaultCode
from schemas.messages import NodeStatus, Pin, Pins, RunStatus
from schemas.plan import Plan

_ROOM: Final = "each"
"""Foreach around the node, if it reads `item`; it is gone before the run starts."""

_NOT_ALONE: Final = ("compensate_with", "max_iterations", "join", "on_error")
"""What a node says about its neighbours means nothing when it is alone; a failure is to be shown, not handled."""


async def try_node(services: Services, caller: Caller, slug: str, body: RunNode, key: str | None) -> NodeTest:
    """Run one node, and wait for it.

    Raises:
        RequestError: `not_found`, `invalid_document` with the faults of the node, `invalid_request` for side effects
            that are not confirmed, `conflict` if the workflow is archived.
    """
    async with services.database.tenant(caller.workspace_id) as session:
        workflow = await require_workflow(session, slug)
        refuse_archived(workflow)
        draft = await require_draft(session, workflow)
    document = _document(body, draft.document)
    require_permissions(caller, document)
    checked = await check_value(services.database, caller.workspace_id, document)
    if checked.plan is None:
        faults = [_placed(fault, body) for fault in checked.faults]
        raise RequestError(ErrorCode.INVALID_DOCUMENT, f"The node has {len(faults)} fault(s).", faults=faults)
    plan = _alone(checked.plan, body)
    require_confirmation(plan.graph, body.outputs, confirmed=body.confirm)
    names = {} if body.index is None else {"item": body.item, "index": body.index}
    pins = Pins(nodes={node: Pin(output=output) for node, output in body.outputs.items()}, names=names)
    trial = Trial(workflow, document, plan, body.input, pins)
    wanted = fingerprint({"node": slug, **body.model_dump(mode="json", exclude={"wait_seconds"})})
    started = await start_trial(services, caller.actor, trial, key, wanted)
    await waiting.wait_for_end(services, caller.workspace_id, started.run.id, body.wait_seconds)
    return await _outcome(services, caller.workspace_id, started.run.id, str(body.node["id"]))


def _document(body: RunNode, draft: dict[str, Any]) -> dict[str, Any]:
    """A document of the node, behind one node for each output that is given."""
    given = [{"id": node, "kind": "transform", "with": {"value": None}} for node in body.outputs]
    node = {name: value for name, value in body.node.items() if name not in _NOT_ALONE}
    graph = {
        "nodes": [*given, node],
        "edges": [{"from": other["id"], "to": node.get("id")} for other in given],
    }
    known = draft.get("vars") if body.vars is None else body.vars
    shell = {"format": "perdure/v1", "name": f"Test of {node.get('id')}"[:200], "vars": known or {}}
    if body.index is None:
        return {**shell, **graph}
    room = {"id": _ROOM, "kind": "foreach", "with": {"items": "[0]", "body": graph}}
    return {**shell, "nodes": [room]}


def _alone(plan: Plan, body: RunNode) -> Plan:
    """The plan without the foreach around the node."""
    room = plan.graph.node[_ROOM].body if body.index is not None else None
    return plan if room is None else plan.model_copy(update={"graph": room})


def _placed(fault: FaultProblem, body: RunNode) -> FaultProblem:
    """A fault as the caller knows the node: outside of the foreach that was put around it."""
    node = fault.node.removeprefix(f"{_ROOM}.") if fault.node is not None and body.index is not None else fault.node
    hint = " Give what it would have put out in `outputs`." if fault.code == FaultCode.UNKNOWN_NODE else ""
    return fault.model_copy(update={"node": node, "message": fault.message + hint})


async def _outcome(services: Services, workspace_id: UUID, run_id: UUID, node: str) -> NodeTest:
    async with services.database.tenant(workspace_id) as session:
        run = (await session.scalars(select(Run).options(defer(Run.snapshot)).where(Run.id == run_id))).one()
        step = await session.get(Step, (run_id, node, 0))
    error = run.error if step is None or RunStatus(run.status).ended else step.error
    return NodeTest(
        run_id=run_id,
        status=_status(run, step),
        port=None if step is None else step.port,
        input=None if step is None else step.input,
        output=None if step is None else step.output,
        error=None if error is None else ErrorInfo.model_validate(error),
        attempt=1 if step is None else step.attempt,
        cost_usd=float(run.cost_usd),
        tokens_in=run.tokens_in,
        tokens_out=run.tokens_out,
        details=None if step is None else step.details,
        started_at=run.started_at if step is None else step.started_at,
        ended_at=run.ended_at if step is None else step.ended_at,
    )


def _status(run: Run, step: Step | None) -> NodeStatus:
    """That of the step; one that never began has failed, or was cancelled, with its run."""
    if step is not None:
        return NodeStatus(step.status)
    if not RunStatus(run.status).ended:
        return NodeStatus.PENDING
    return NodeStatus.FAILED if run.status == RunStatus.FAILED else NodeStatus.CANCELLED
