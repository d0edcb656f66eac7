"""Trying out: a run of a draft with outputs given for some of its nodes, and a run of one node alone.

Both are real runs with the trigger `test`. Their plan is kept as version 0, as immutable as that of any version.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from api.access.caller import Caller
from api.access.permissions import Permission
from api.errors import FieldProblem, RequestError
from api.json_schema import ValueSchema
from api.requests import fingerprint
from api.runs.models import RunAccepted
from api.runs.service import Started, input_text, replayed, run_of_key
from api.services import Services
from api.workflows.catalogue_repository import TEST_TRIGGER
from api.workflows.documents import check_value
from api.workflows.effects import require_confirmation
from api.workflows.lookup import check_revision, refuse_archived, require_draft, require_workflow
from api.workflows.trial_models import RunDraft
from db.audit import Actor
from db.json_text import to_json
from db.tables import Workflow
from engine.blob_store import store_plan
from engine.run_creation import NewRun, create_run
from engine.trial_versions import keep_trial
from schemas.credentials.references import document_uses
from schemas.errors import ErrorCode
from schemas.messages import Pin, Pins, RunStatus
from schemas.plan import Plan

TRIAL_VERSION: Final = 0


@dataclass(frozen=True)
class Trial:
    """What is to be tried out."""

    workflow: Workflow
    document: dict[str, Any]
    plan: Plan
    input: Any
    pins: Pins


async def run_draft(services: Services, caller: Caller, slug: str, body: RunDraft, key: str | None) -> Started:
    """Start a test run of a draft.

    Raises:
        RequestError: `not_found`, `stale_revision`, `invalid_document` with all faults, `invalid_input`,
            `invalid_request` for wrong pins and for side effects that are not confirmed, `conflict` if it is archived.
    """
    async with services.database.tenant(caller.workspace_id) as session:
        workflow = await require_workflow(session, slug)
        refuse_archived(workflow)
        draft = await require_draft(session, workflow)
        if body.revision is not None:
            await check_revision(session, draft, body.revision)
    require_permissions(caller, draft.document)
    checked = await check_value(services.database, caller.workspace_id, draft.document)
    if checked.plan is None:
        message = f"The draft has {len(checked.faults)} fault(s); it cannot be run."
        raise RequestError(ErrorCode.INVALID_DOCUMENT, message, faults=checked.faults)
    _check_pins(checked.plan, body.pins)
    _check_input(checked.plan, body.input)
    require_confirmation(checked.plan.graph, body.pins, confirmed=body.confirm)
    trial = Trial(workflow, draft.document, checked.plan, body.input, Pins(nodes=body.pins))
    wanted = fingerprint(
        {"draft": slug, "revision": draft.revision, **body.model_dump(mode="json", exclude={"revision"})}
    )
    return await start_trial(services, caller.actor, trial, key, wanted)


def require_permissions(caller: Caller, document: dict[str, Any]) -> None:
    """Refuse a test to whoever may edit, but could not run the same by publishing it.

    Only those who publish decide what runs may use credentials.

    Raises:
        RequestError: `forbidden`.
    """
    needed = [Permission.RUNS_START]
    if any(document_uses(document)):
        needed.append(Permission.WORKFLOWS_PUBLISH)
    for permission in needed:
        if not caller.may(permission):
            message = f"This test needs the permission {permission} as well."
            raise RequestError(ErrorCode.FORBIDDEN, message, details={"permission": permission.value})


async def start_trial(services: Services, actor: Actor, trial: Trial, key: str | None, wanted: str) -> Started:
    """Start a test run.

    Raises:
        RequestError: `body_too_large`, `idempotency_mismatch`, `quota_exceeded`.
    """
    text = input_text(trial.input)
    version_id = await _keep(services, actor, trial)
    created = await create_run(
        services.database,
        NewRun(
            actor,
            uuid4(),
            trial.workflow.id,
            version_id,
            None,
            text,
            key,
            wanted,
            trigger=TEST_TRIGGER,
            pinned=to_json(trial.pins.model_dump(mode="json")),
        ),
    )
    if created.outcome == "known":
        return replayed(await run_of_key(services, actor.workspace_id, key), wanted)
    if created.outcome == "stale":
        refuse_archived(trial.workflow)
        raise RequestError(ErrorCode.CONFLICT, f"The workflow {trial.workflow.slug!r} was archived in the meantime.")
    services.dispatcher.start_soon(actor.workspace_id, created.run_id)
    accepted = RunAccepted(
        id=created.run_id,
        workflow=trial.workflow.slug,
        version=TRIAL_VERSION,
        status=RunStatus.PENDING,
        attempt=1,
        created_at=created.created_at,
    )
    return Started(accepted, replayed=False)


async def _keep(services: Services, actor: Actor, trial: Trial) -> UUID:
    """Store the plan; equal plans share a row."""
    async with services.database.tenant(actor.workspace_id) as session:
        stored = await store_plan(session, actor.workspace_id, trial.plan)
        return await keep_trial(session, trial.workflow, trial.document, stored, author=actor.name)


def _check_pins(plan: Plan, pins: dict[str, Pin]) -> None:
    problems = [problem for node, pin in pins.items() if (problem := _pin_problem(plan, node, pin)) is not None]
    if problems:
        message = f"The pin of {problems[0].field.removeprefix('body.pins.')} is wrong: {problems[0].message}"
        raise RequestError(ErrorCode.INVALID_REQUEST, message, errors=problems)


def _pin_problem(plan: Plan, node: str, pin: Pin) -> FieldProblem | None:
    planned = plan.graph.node.get(node)
    message = None
    if planned is None:
        message = "The root graph of the draft has no such node."
    elif planned.compensates:
        message = "The node only undoes another one, so there is nothing to be pinned."
    elif pin.port is None and len(planned.ports) > 1:
        message = f"Say through which port the node leaves: {', '.join(planned.ports)}."
    elif pin.port is not None and pin.port not in planned.ports:
        message = f"The node has no port {pin.port!r}; it has {', '.join(planned.ports)}."
    return None if message is None else FieldProblem(field=f"body.pins.{node}", message=message)


def _check_input(plan: Plan, value: Any) -> None:
    if problems := ValueSchema(plan.input_schema).problems(value):
        raise RequestError(ErrorCode.INVALID_INPUT, "The input does not fit the schema of the draft.", errors=problems)
