"""Making, changing and deleting connections; their calls."""

from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.connections import apps, models, repository
from api.connections.apps import invalid
from api.credentials.service import require_credential
from api.errors import RequestError, not_found
from api.requests import decode_cursor, decode_moment_cursor, encode_cursor
from db import audit
from db.tables import Connection, Credential
from engine.connection_settings import ConnectionSettings
from schemas.connections.providers import CUSTOM, PROVIDERS, Endpoints, Provider
from schemas.errors import ErrorCode
from schemas.faults import listed

MAX_CONNECTIONS: Final = 500
"""In a workspace, those that are being revoked included."""

_SENDABLE: Final = ("api_key", "basic", "bearer", "header")
_AUDITED: Final = ("name", "provider", "api_url", "description", "scopes", "allowed", "workflows", "calls_per_minute")


async def create(
    session: AsyncSession, caller: Caller, settings: ConnectionSettings, body: models.CreateConnection
) -> models.Connection:
    """Make a connection; one with OAuth waits for somebody to sign in, unless its client acts for itself.

    Raises:
        RequestError: `invalid_request`, `not_found` for an unknown OAuth client or credential, `conflict`.
    """
    provider = apps.known_provider(body.provider)
    if await repository.count_connections(session) >= MAX_CONNECTIONS:
        raise RequestError(ErrorCode.CONFLICT, f"A workspace has at most {MAX_CONNECTIONS} connections.")
    credential = await _credential(session, provider, body)
    own_access = credential is None and await _acts_for_itself(session, provider, settings, body)
    row = Connection(
        id=uuid4(),
        workspace_id=caller.workspace_id,
        name=body.name,
        provider=provider.name,
        app_id=body.app,
        credential_id=None if credential is None else credential.id,
        own_access=own_access,
        api_url=body.api_url,
        description=body.description,
        scopes=list(provider.scopes) if body.scopes is None else body.scopes,
        status="pending" if credential is None and not own_access else "active",
        allowed=body.allowed,
        workflows=body.workflows,
        calls_per_minute=body.calls_per_minute,
        created_by=caller.name,
        updated_by=caller.name,
    )
    if not await repository.insert(session, row):
        message = f"There is a connection named {body.name!r} already; choose another name."
        raise RequestError(ErrorCode.CONFLICT, message)
    await session.refresh(row)
    audit.record(session, caller.actor, "connection.created", ("connection", row.id), after=_audited(row))
    return described(row, None if credential is None else credential.name)


async def list_all(session: AsyncSession, cursor: str | None, limit: int) -> models.ConnectionPage:
    """A page of connections."""
    after = decode_cursor(cursor, 1)[0] if cursor is not None else None
    found = await repository.list_connections(session, after, limit + 1)
    items = [await shown(session, row) for row in found[:limit]]
    more = encode_cursor(items[-1].name) if len(found) > limit else None
    return models.ConnectionPage(items=items, next_cursor=more)


async def update(
    session: AsyncSession, caller: Caller, connection_id: UUID, body: models.UpdateConnection
) -> models.Connection:
    """Change what the body names.

    Raises:
        RequestError: `not_found`.
    """
    row = await require(session, connection_id, lock=True)
    before, given = _audited(row), body.model_fields_set
    for name in ("description", "scopes", "calls_per_minute"):
        if (value := getattr(body, name)) is not None:
            setattr(row, name, value)
    for name in ("allowed", "workflows"):
        if name in given:
            setattr(row, name, getattr(body, name))
    row.updated_at, row.updated_by = func.clock_timestamp(), caller.name
    await session.flush()
    await session.refresh(row, ["updated_at"])
    about = ("connection", row.id)
    audit.record(session, caller.actor, "connection.updated", about, before=before, after=_audited(row))
    return await shown(session, row)


async def delete(session: AsyncSession, caller: Caller, connection_id: UUID) -> None:
    """Delete a connection. Nobody can use it from now on; its access is taken back at the provider by and by.

    Raises:
        RequestError: `not_found`.
    """
    row = await require(session, connection_id, lock=True)
    row.deleted_at, row.updated_by = func.clock_timestamp(), caller.name
    audit.record(session, caller.actor, "connection.deleted", ("connection", row.id), before=_audited(row))


async def calls(
    session: AsyncSession, connection_id: UUID, cursor: str | None, limit: int
) -> models.ConnectionCallPage:
    """What went through a connection.

    Raises:
        RequestError: `not_found`.
    """
    row = await require(session, connection_id)
    after = decode_moment_cursor(cursor) if cursor is not None else None
    found = await repository.list_calls(session, row.id, after, limit + 1)
    items = [models.ConnectionCall.model_validate(one, from_attributes=True) for one in found[:limit]]
    more = encode_cursor(items[-1].created_at.isoformat(), str(items[-1].id)) if len(found) > limit else None
    return models.ConnectionCallPage(items=items, next_cursor=more)


async def require(session: AsyncSession, connection_id: UUID, *, lock: bool = False) -> Connection:
    """A connection; one of another workspace is not there.

    Raises:
        RequestError: `not_found`.
    """
    row = await repository.find_connection(session, connection_id, lock=lock)
    if row is None:
        raise not_found("connection", str(connection_id))
    return row


async def shown(session: AsyncSession, row: Connection) -> models.Connection:
    """The answer about a connection."""
    name = None
    if row.credential_id is not None:
        name = await session.scalar(select(Credential.name).where(Credential.id == row.credential_id))
    return described(row, name)


def described(row: Connection, credential: str | None) -> models.Connection:
    """The answer about a connection whose credential is known."""
    same = {name: getattr(row, name) for name in models.Connection.model_fields if hasattr(row, name)}
    own = {"provider_title": PROVIDERS[row.provider].title, "app": row.app_id, "credential": credential}
    return models.Connection.model_validate({**same, **own})


async def _credential(session: AsyncSession, provider: Provider, body: models.CreateConnection) -> Credential | None:
    """The credential that authenticates a connection instead of OAuth."""
    if body.credential is None:
        if body.api_url is not None:
            raise invalid("api_url", "The OAuth client says where the API is.")
        return None
    if provider.name != CUSTOM or body.app is not None:
        raise invalid("credential", "A credential stands in the place of OAuth, for the provider `custom` only.")
    if body.api_url is None:
        raise invalid("api_url", "Say where the API is.")
    credential = await require_credential(session, body.credential)
    if credential.type not in _SENDABLE:
        raise invalid("credential", f"It is of type {credential.type}; this needs one of {listed(_SENDABLE)}.")
    if credential.hosts is None:
        raise invalid("credential", "Say first to which hosts it may be sent: set its `hosts`.")
    return credential


async def _acts_for_itself(
    session: AsyncSession, provider: Provider, settings: ConnectionSettings, body: models.CreateConnection
) -> bool:
    """Whether the OAuth client is given tokens without anybody's sign-in."""
    if body.app is None:
        if settings.endpoints(provider.name) is None:
            raise invalid("app", f"The operator has no OAuth client of {provider.title}; make one, and name it here.")
        return False
    app = await apps.require(session, body.app)
    if app.provider != provider.name:
        raise invalid("app", f"It is an OAuth client of {app.provider}, not of {provider.name}.")
    return Endpoints.model_validate(app.endpoints).grant == "client_credentials"


def _audited(row: Connection) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _AUDITED}
