"""Starting, retrying, forking and steering runs."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError, not_found
from api.requests import fingerprint
from api.runs import repository
from api.runs.models import ForkRun, RunAccepted, StartRun
from api.runs.repository import Created, NewRun
from api.runs.snapshots import packed_snapshot
from api.services import Services
from api.workflows.version_cache import KnownVersion
from db.json_text import to_json
from db.outbox import enqueue
from db.run_events import append_event
from db.tables import Run
from engine.client import workflow_id
from engine.run_orders import RunOrder
from schemas.errors import ErrorCode
from schemas.limits import MAX_INPUT_BYTES
from schemas.messages import Control, RunEdit, RunInput, RunStatus
from schemas.run_events import EventType

Action = Literal["cancel", "pause", "resume"]

RETRYABLE = (RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.TERMINATED)


@dataclass(frozen=True)
class Started:
    """A run that was accepted, now or before under the same key."""

    run: RunAccepted
    replayed: bool


async def start_run(services: Services, workspace_id: UUID, request: StartRun, key: str | None) -> Started:
    """Accept a run: when this returns, the run is certain to happen.

    Raises:
        RequestError: `not_found`, `invalid_input` with all errors, `body_too_large`, `idempotency_mismatch`.
    """
    text = input_text(request.input)
    wanted = fingerprint({"workflow": request.workflow, "version": request.version, "input": request.input})
    while True:
        version = await services.versions.get(workspace_id, request.workflow, request.version)
        problems = version.input_schema.problems(request.input)
        if problems and (before := await _started_before(services, workspace_id, key)) is not None:
            return _replayed(before, wanted)
        if problems:
            message = f"The input does not fit the schema of {version.slug} version {version.version}."
            raise RequestError(ErrorCode.INVALID_INPUT, message, errors=problems)
        newest = version.version if request.version is None else None
        created = await repository.create_run(
            services.database,
            NewRun(workspace_id, uuid4(), version.workflow_id, version.version_id, newest, text, key, wanted),
        )
        if created.outcome != "stale":
            return await _finish_start(services, workspace_id, request, version, created, wanted, key)
        services.versions.forget_newest(workspace_id, request.workflow)


def input_text(value: Any) -> str:
    """The input as JSON text.

    Raises:
        RequestError: `body_too_large`.
    """
    text = to_json(value)
    if len(text) > MAX_INPUT_BYTES or len(text.encode()) > MAX_INPUT_BYTES:
        message = f"The input of a run may have at most {MAX_INPUT_BYTES:,} bytes as JSON; keep large data elsewhere."
        raise RequestError(ErrorCode.BODY_TOO_LARGE, message)
    return text


async def control_run(session: AsyncSession, run_id: UUID, action: Action, reason: str | None) -> None:
    """Tell a run to cancel, pause or resume; it arrives although Temporal may be away at the moment.

    Raises:
        RequestError: `not_found`, or `conflict` if the run has ended.
    """
    run = await _locked(session, run_id)
    if RunStatus(run.status).ended:
        message = f"The run has ended as {run.status}; there is nothing to {action}."
        raise RequestError(ErrorCode.CONFLICT, message, details={"status": run.status})
    signal = Control(workspace_id=str(run.workspace_id), action=action, reason=reason)
    target = workflow_id(str(run.id), run.attempt)
    await enqueue(session, run.workspace_id, run.id, target, "control", signal)
    if action == "cancel":
        await append_event(session, run.id, EventType.RUN_CANCEL_REQUESTED, data={"reason": reason})


async def retry_run(session: AsyncSession, run_id: UUID) -> None:
    """Let a run that did not complete begin its next attempt, from where the last one stopped.

    Raises:
        RequestError: `not_found`, or `conflict` if it has not ended, has completed, or belongs to another run.
    """
    run = await _locked(session, run_id)
    if run.status not in RETRYABLE:
        message = f"The run is {run.status}; only a failed, cancelled or terminated run can be retried."
        raise RequestError(ErrorCode.CONFLICT, message, details={"status": run.status})
    if run.parent_run_id is not None:
        message = f"The run belongs to run {run.parent_run_id}; retry that one."
        raise RequestError(ErrorCode.CONFLICT, message, details={"parent_run_id": str(run.parent_run_id)})
    run.attempt += 1
    run.status = RunStatus.PENDING
    run.edit = RunEdit(mode="retry").model_dump(mode="json")
    run.error = run.output = run.ended_at = run.dispatched_at = None
    await session.flush()
    await append_event(session, run.id, EventType.RUN_RETRIED, data={"attempt": run.attempt})


async def fork_run(services: Services, workspace_id: UUID, run_id: UUID, body: ForkRun, key: str | None) -> Started:
    """Start another run of the same version from the state of this one.

    Raises:
        RequestError: `not_found`, `invalid_request` for unknown nodes, `invalid_input`, `conflict` without a state.
    """
    async with services.database.tenant(workspace_id) as session:
        found = await repository.find_run(session, run_id)
        if found is None:
            raise not_found("run", run_id)
    run, slug, number = found
    version = await services.versions.get(workspace_id, slug, number)
    await _check_nodes(services, workspace_id, version, body)
    value = run.input if body.input is None else body.input
    if problems := version.input_schema.problems(value):
        message = f"The input does not fit the schema of {slug} version {number}."
        raise RequestError(ErrorCode.INVALID_INPUT, message, errors=problems)
    snapshot = await packed_snapshot(services, run)
    edit = RunEdit(mode="fork", node=body.node, outputs=body.outputs)
    wanted = fingerprint({"fork": str(run_id), **body.model_dump(mode="json")})
    created = await repository.create_run(
        services.database,
        NewRun(
            workspace_id,
            uuid4(),
            version.workflow_id,
            version.version_id,
            None,
            input_text(value),
            key,
            wanted,
            trigger="fork",
            forked_from=run_id,
            edit=to_json(edit.model_dump(mode="json")),
            snapshot=snapshot,
        ),
    )
    if created.outcome == "known":
        return _replayed(await _by_key(services, workspace_id, key), wanted)
    services.dispatcher.start_soon(workspace_id, created.run_id)
    return Started(_accepted(created, version), replayed=False)


async def _finish_start(
    services: Services,
    workspace_id: UUID,
    request: StartRun,
    version: KnownVersion,
    created: Created,
    wanted: str,
    key: str | None,
) -> Started:
    if created.outcome == "known":
        return _replayed(await _by_key(services, workspace_id, key), wanted)
    run = RunInput(
        workspace_id=str(workspace_id), run_id=str(created.run_id), plan_ref=version.plan, input=request.input
    )
    services.dispatcher.launch_soon(RunOrder(version.name, run))
    return Started(_accepted(created, version), replayed=False)


def _accepted(created: Created, version: KnownVersion) -> RunAccepted:
    return RunAccepted(
        id=created.run_id,
        workflow=version.slug,
        version=version.version,
        status=RunStatus.PENDING,
        attempt=1,
        created_at=created.created_at,
    )


async def _started_before(services: Services, workspace_id: UUID, key: str | None) -> tuple[Run, str, int] | None:
    if key is None:
        return None
    async with services.database.tenant(workspace_id) as session:
        return await repository.find_by_key(session, key)


async def _by_key(services: Services, workspace_id: UUID, key: str | None) -> tuple[Run, str, int]:
    found = await _started_before(services, workspace_id, key)
    if found is None:
        raise AssertionError("the database named a key that it does not know")
    return found


def _replayed(found: tuple[Run, str, int], wanted: str) -> Started:
    """The stored answer.

    Raises:
        RequestError: `idempotency_mismatch` if the key was used for another request.
    """
    run, slug, version = found
    if run.request_hash != wanted:
        message = "This idempotency key was used for another request; choose a new key."
        raise RequestError(ErrorCode.IDEMPOTENCY_MISMATCH, message, details={"run_id": str(run.id)})
    answer = RunAccepted(
        id=run.id, workflow=slug, version=version, status=RunStatus.PENDING, attempt=1, created_at=run.created_at
    )
    return Started(answer, replayed=True)


async def _locked(session: AsyncSession, run_id: UUID) -> Run:
    run = await repository.lock_run(session, run_id)
    if run is None:
        raise not_found("run", run_id)
    return run


async def _check_nodes(services: Services, workspace_id: UUID, version: KnownVersion, body: ForkRun) -> None:
    async with services.database.tenant(workspace_id) as session:
        known = await repository.root_nodes(session, version.version_id)
    unknown = sorted({body.node, *body.outputs} - known)
    if unknown:
        message = f"{version.slug} version {version.version} has no node {unknown[0]!r}."
        raise RequestError(ErrorCode.INVALID_REQUEST, message, details={"unknown": unknown})
