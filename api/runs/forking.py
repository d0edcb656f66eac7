"""Forking: another run of the same version, from the state of this one."""

from uuid import UUID, uuid4

from api.errors import RequestError, not_found
from api.json_schema import ValueSchema
from api.requests import fingerprint
from api.runs import repository
from api.runs.models import ForkRun
from api.runs.repository import Found
from api.runs.service import Started, accepted, find_replay, input_text, replayed, run_of_key
from api.services import Services
from db.audit import Actor
from db.tables import WorkflowVersion
from engine.forking import Fork, at_turn, check_nodes, prepare_fork
from engine.run_creation import create_run
from schemas.errors import ErrorCode


async def fork_run(services: Services, actor: Actor, run_id: UUID, body: ForkRun, key: str | None) -> Started:
    """Start another run of the same version from the state of this one.

    Raises:
        RequestError: `not_found`, `invalid_input`, `idempotency_mismatch`.
        PerdureError: `invalid_request` for unknown nodes and what people decide, `conflict` without a state,
            `quota_exceeded`.
    """
    wanted = fingerprint({"fork": str(run_id), **body.model_dump(mode="json")})
    if (before := await find_replay(services, actor.workspace_id, key, wanted)) is not None:
        return before
    given = None if body.input is None else input_text(body.input)
    wish = Fork(body.node, body.outputs, given, body.turn, body.messages, body.member)
    (run, slug, version), fork = await _checked(services, actor.workspace_id, run_id, wish, body)
    new = await prepare_fork(
        services.database, services.temporal, actor, run, fork, run_id=uuid4(), key=key, request_hash=wanted
    )
    created = await create_run(services.database, new)
    if created.outcome == "known":
        return replayed(await run_of_key(services, actor.workspace_id, key), wanted)
    services.dispatcher.start_soon(actor.workspace_id, created.run_id)
    return Started(accepted(created, slug, version), replayed=False)


async def _checked(
    services: Services, workspace_id: UUID, run_id: UUID, fork: Fork, body: ForkRun
) -> tuple[Found, Fork]:
    async with services.database.tenant(workspace_id) as session:
        found = await repository.find_run(session, run_id)
        if found is None:
            raise not_found("run", run_id)
        await check_nodes(session, found[0], fork)
        fork = await at_turn(session, found[0], fork)
        version = await session.get_one(WorkflowVersion, found[0].version_id)
    if body.input is not None and (problems := ValueSchema(version.document.get("input") or {}).problems(body.input)):
        message = f"The input does not fit the schema of {found[1]} version {found[2]}."
        raise RequestError(ErrorCode.INVALID_INPUT, message, errors=problems)
    return found, fork
