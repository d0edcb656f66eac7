"""Actions of connections: what there is, what comes of an API description, and trying one out."""

import asyncio
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func

from api.access.caller import Caller
from api.connections import models
from api.connections.apps import invalid
from api.connections.service import require
from api.connections.tasks import done_by_worker
from api.errors import RequestError, not_found
from api.services import Services
from db import audit
from db.tables import Connection
from schemas.connections.actions import MAX_ACTIONS, ConnectionAction, imported_action
from schemas.connections.messages import TryAction
from schemas.connections.providers import PROVIDERS
from schemas.errors import ErrorCode, PerdureError
from schemas.faults import listed
from schemas.tools.openapi_import import ImportedApi, imported
from schemas.yaml_source import parse_source

MAX_STORED_BYTES = 900_000
"""Of all imported actions of a connection."""


def action_list(row: Connection) -> models.ConnectionActionList:
    """Every action of a connection by name."""
    own = {one["name"] for one in row.actions}
    return models.ConnectionActionList(
        items=[_described(row, one, imported=one.name in own) for _, one in sorted(_known(row).items())]
    )


async def import_actions(
    services: Services, caller: Caller, connection_id: UUID, body: models.ImportActions
) -> models.ImportedActions:
    """Make actions of the operations of an API description; those of the same names are replaced.

    Raises:
        RequestError: `not_found`, `invalid_request` if it is no description, `conflict` if there are too many.
    """
    found = await asyncio.to_thread(_read, body.document)
    actions = _wanted(found, body)
    async with services.database.tenant(caller.workspace_id) as session:
        row = await require(session, connection_id, lock=not body.preview)
        if not body.preview:
            _store(row, actions)
            row.updated_at, row.updated_by = func.clock_timestamp(), caller.name
            about, after = ("connection", row.id), {"actions": [one.name for one in actions]}
            audit.record(session, caller.actor, "connection.actions_imported", about, after=after)
    return models.ImportedActions(
        items=[_described(row, one, imported=True) for one in actions],
        left_out=[models.LeftOutOperation(operation=one.operation, reason=one.reason) for one in found.left_out],
    )


async def remove_action(services: Services, caller: Caller, connection_id: UUID, name: str) -> None:
    """Forget an imported action.

    Raises:
        RequestError: `not_found`, also for one that comes with the provider: it can be switched off.
    """
    async with services.database.tenant(caller.workspace_id) as session:
        row = await require(session, connection_id, lock=True)
        kept = [one for one in row.actions if one["name"] != name]
        if len(kept) == len(row.actions):
            raise not_found("imported action", name)
        row.actions = kept
        about = ("connection", row.id)
        audit.record(session, caller.actor, "connection.action_removed", about, before={"action": name})


async def try_action(
    services: Services, caller: Caller, connection_id: UUID, name: str, body: models.TryConnectionAction
) -> models.ActionAnswer:
    """Call an action once; it really does what it does.

    Raises:
        RequestError: `not_found`, and what the call raises.
    """
    async with services.database.tenant(caller.workspace_id) as session:
        row = await require(session, connection_id)
        if name not in _known(row):
            raise not_found("action", name)
        after = {"action": name, "arguments": sorted(body.arguments)}
        audit.record(session, caller.actor, "connection.action_tried", ("connection", row.id), after=after)
    order = TryAction(
        workspace_id=str(caller.workspace_id),
        connection_id=str(row.id),
        action=name,
        arguments=body.arguments,
        actor=caller.name,
    )
    answer = await done_by_worker(services, caller.workspace_id, "try_action", order)
    return models.ActionAnswer(
        status=answer["status"],
        headers=answer["headers"],
        body=answer.get("body"),
        base64=bool(answer.get("base64")),
    )


def _known(row: Connection) -> dict[str, ConnectionAction]:
    own = [ConnectionAction.model_validate(one) for one in row.actions]
    return {one.name: one for one in (*PROVIDERS[row.provider].actions, *own)}


def _read(document: str) -> ImportedApi:
    try:
        try:
            data: Any = orjson.loads(document)
        except orjson.JSONDecodeError:
            source = parse_source(document)
            if source.value is None and source.faults:
                raise PerdureError(ErrorCode.INVALID_INPUT, source.faults[0].message) from None
            data = source.value
        return imported(data)
    except PerdureError as error:
        raise invalid("document", error.info.message) from None


def _wanted(found: ImportedApi, body: models.ImportActions) -> list[ConnectionAction]:
    names = {one.name for one in found.operations}
    asked = names if body.operations is None else set(body.operations)
    if unknown := sorted((asked | set(body.effects)) - names):
        raise invalid("operations", f"The description has no operation {listed(unknown[:10])}.")
    changes = {"idempotency_header": body.idempotency_header}
    actions = [imported_action(one) for one in found.operations if one.name in asked]
    return [one.model_copy(update={**changes, "effect": body.effects.get(one.name, one.effect)}) for one in actions]


def _store(row: Connection, actions: list[ConnectionAction]) -> None:
    fresh = {one.name: one.model_dump(mode="json", exclude_none=True) for one in actions}
    merged = [*(one for one in row.actions if one["name"] not in fresh), *fresh.values()]
    if len(merged) > MAX_ACTIONS or len(orjson.dumps(merged)) > MAX_STORED_BYTES:
        message = f"A connection holds at most {MAX_ACTIONS} imported actions; choose some by `operations`."
        raise RequestError(ErrorCode.CONFLICT, message)
    row.actions = merged


def _described(row: Connection, action: ConnectionAction, *, imported: bool) -> models.ConnectionAction:
    return models.ConnectionAction(
        name=action.name,
        title=action.title or action.name.replace("_", " "),
        description=action.description,
        effect=action.effect,
        repeatable=action.repeatable,
        method=action.method,
        path=action.path,
        scopes=list(action.scopes),
        granted=set(action.scopes) <= set(row.scopes),
        enabled=row.allowed is None or action.name in row.allowed,
        imported=imported,
        input_schema=action.input_schema,
    )
