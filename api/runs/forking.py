"""Forking: another run of the same version, from the state of this one."""

from uuid import UUID, uuid4

from api.errors import RequestError, not_found
from api.requests import fingerprint
from api.runs import repository
from api.runs.models import ForkRun
from api.runs.repository import NewRun
from api.runs.service import Started, accepted, input_text, replayed, run_of_key
from api.runs.snapshots import packed_snapshot
from api.services import Services
from api.workflows.version_cache import KnownVersion
from db.json_text import to_json
from schemas.errors import ErrorCode
from schemas.messages import RunEdit


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
        return replayed(await run_of_key(services, workspace_id, key), wanted)
    services.dispatcher.start_soon(workspace_id, created.run_id)
    return Started(accepted(created, version), replayed=False)


async def _check_nodes(services: Services, workspace_id: UUID, version: KnownVersion, body: ForkRun) -> None:
    async with services.database.tenant(workspace_id) as session:
        known = await repository.root_nodes(session, version.version_id)
    unknown = sorted({body.node, *body.outputs} - known)
    if unknown:
        message = f"{version.slug} version {version.version} has no node {unknown[0]!r}."
        raise RequestError(ErrorCode.INVALID_REQUEST, message, details={"unknown": unknown})
