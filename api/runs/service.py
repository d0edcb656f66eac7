"""Starting runs: when a start is answered, the run is certain to happen."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from api.errors import RequestError
from api.requests import fingerprint
from api.runs import repository
from api.runs.models import RunAccepted, StartRun
from api.runs.repository import Found
from api.services import Services
from api.workflows.version_cache import KnownVersion
from db.audit import Actor
from db.json_text import to_json
from engine.run_creation import Created, NewRun, create_run
from engine.run_orders import RunOrder
from schemas.errors import ErrorCode
from schemas.limits import MAX_INPUT_BYTES
from schemas.messages import RunInput, RunStatus

KEPT_INPUT_CHARS: Final = 64 * 1024
"""An input that is longer is read from the row again when the run starts, instead of waiting in memory."""


@dataclass(frozen=True)
class Started:
    """A run that was accepted, now or before under the same key."""

    run: RunAccepted
    replayed: bool


async def start_run(services: Services, actor: Actor, request: StartRun, key: str | None) -> Started:
    """Accept a run: when this returns, the run is certain to happen.

    Raises:
        RequestError: `not_found`, `invalid_input` with all errors, `body_too_large`, `idempotency_mismatch`.
    """
    workspace_id, text = actor.workspace_id, input_text(request.input)
    wanted = fingerprint({"workflow": request.workflow, "version": request.version, "input": request.input})
    while True:
        try:
            version = await _startable(services, workspace_id, request)
        except RequestError:
            # A key that was used when another version was the newest, or before an archiving, still has its answer.
            if (before := await find_replay(services, workspace_id, key, wanted)) is not None:
                return before
            raise
        newest = version.version if request.version is None else None
        created = await create_run(
            services.database,
            NewRun(actor, uuid4(), version.workflow_id, version.version_id, newest, text, key, wanted),
        )
        if created.outcome == "known":
            return replayed(await run_of_key(services, workspace_id, key), wanted)
        if created.outcome == "created":
            _dispatch(services, workspace_id, created, version, request.input, len(text))
            return Started(accepted(created, version.slug, version.version), replayed=False)
        services.versions.forget(workspace_id, request.workflow)


async def _startable(services: Services, workspace_id: UUID, request: StartRun) -> KnownVersion:
    version = await services.versions.get(workspace_id, request.workflow, request.version)
    if problems := version.input_schema.problems(request.input):
        message = f"The input does not fit the schema of {version.slug} version {version.version}."
        raise RequestError(ErrorCode.INVALID_INPUT, message, errors=problems)
    return version


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


def accepted(created: Created, slug: str, version: int) -> RunAccepted:
    """The answer to a start."""
    return RunAccepted(
        id=created.run_id,
        workflow=slug,
        version=version,
        status=RunStatus.PENDING,
        attempt=1,
        created_at=created.created_at,
    )


async def run_of_key(services: Services, workspace_id: UUID, key: str | None) -> Found:
    """The run of a key that is known to be used."""
    found = None if key is None else await _find_key(services, workspace_id, key)
    if found is None:
        raise AssertionError("the database named a key that it does not know")
    return found


async def find_replay(services: Services, workspace_id: UUID, key: str | None, wanted: str) -> Started | None:
    """The stored answer to a request with a key; nothing if the key is new.

    Raises:
        RequestError: `idempotency_mismatch` if the key was used for another request.
    """
    found = None if key is None else await _find_key(services, workspace_id, key)
    return None if found is None else replayed(found, wanted)


def replayed(found: Found, wanted: str) -> Started:
    """The stored answer to a request with a key.

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


async def _find_key(services: Services, workspace_id: UUID, key: str) -> Found | None:
    async with services.database.tenant(workspace_id) as session:
        return await repository.find_by_key(session, key)


def _dispatch(
    services: Services, workspace_id: UUID, created: Created, version: KnownVersion, value: Any, length: int
) -> None:
    if length > KEPT_INPUT_CHARS:
        services.dispatcher.start_soon(workspace_id, created.run_id)
        return
    run = RunInput(
        workspace_id=str(workspace_id),
        run_id=str(created.run_id),
        plan_ref=version.plan,
        input=value,
        workflow=version.slug,
    )
    services.dispatcher.launch_soon(RunOrder(version.name, run))
