"""OAuth clients: those of the workspace, and that the operator may have some."""

from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.connections import models, repository
from api.errors import FieldProblem, RequestError, not_found
from db import audit
from db.tables import ConnectionApp
from engine.connection_settings import ConnectionSettings
from engine.secrets import Encryption
from engine.secrets.purposes import CONNECTION_APP
from schemas.connections import providers
from schemas.connections.providers import PROVIDERS, Endpoints
from schemas.errors import ErrorCode
from schemas.faults import listed

MAX_APPS: Final = 200
"""In a workspace."""


def provider_list(settings: ConnectionSettings, redirect_uri: str) -> models.ConnectionProviderList:
    """Every provider."""
    return models.ConnectionProviderList(
        items=[_provider(one, settings) for one in PROVIDERS.values()], redirect_uri=redirect_uri
    )


def known_provider(name: str) -> providers.Provider:
    """A provider by name.

    Raises:
        RequestError: `invalid_request`.
    """
    provider = PROVIDERS.get(name)
    if provider is None:
        raise invalid("provider", f"This must be one of {listed(PROVIDERS)}.")
    return provider


async def create(
    session: AsyncSession, caller: Caller, encryption: Encryption, body: models.CreateConnectionApp
) -> models.ConnectionApp:
    """Store an OAuth client.

    Raises:
        RequestError: `invalid_request`, `conflict` if the name is taken.
    """
    endpoints = body.endpoints or known_provider(body.provider).endpoints
    if endpoints is None:
        raise invalid("endpoints", "Say where the provider is: its authorize, token and API addresses.")
    if endpoints.grant == "client_credentials" and body.client_secret is None:
        raise invalid("client_secret", "A client that acts for itself needs a secret.")
    if len(await repository.list_apps(session)) >= MAX_APPS:
        raise RequestError(ErrorCode.CONFLICT, f"A workspace has at most {MAX_APPS} OAuth clients.")
    row = ConnectionApp(
        id=uuid4(),
        workspace_id=caller.workspace_id,
        name=body.name,
        provider=body.provider,
        client_id=body.client_id,
        endpoints=endpoints.model_dump(mode="json"),
        created_by=caller.name,
        updated_by=caller.name,
    )
    secret = body.client_secret
    row.sealed = None if secret is None else _sealed(encryption, row, secret.get_secret_value())
    if not await repository.insert(session, row):
        message = f"There is an OAuth client named {body.name!r} already; choose another name."
        raise RequestError(ErrorCode.CONFLICT, message)
    await session.refresh(row, ["created_at", "updated_at"])
    audit.record(session, caller.actor, "connection_app.created", ("connection_app", row.id), after=_audited(row))
    return described(row, has_secret=secret is not None)


async def list_all(session: AsyncSession) -> models.ConnectionAppList:
    """OAuth clients by name."""
    return models.ConnectionAppList(
        items=[described(app, has_secret=secret) for app, secret in await repository.list_apps(session)]
    )


async def get(session: AsyncSession, app_id: UUID) -> models.ConnectionApp:
    """An OAuth client.

    Raises:
        RequestError: `not_found`.
    """
    row = await require(session, app_id)
    return described(row, has_secret=await repository.has_secret(session, row))


async def update(
    session: AsyncSession, caller: Caller, encryption: Encryption, app_id: UUID, body: models.UpdateConnectionApp
) -> models.ConnectionApp:
    """Change the id or the secret of an OAuth client.

    Raises:
        RequestError: `not_found`.
    """
    row = await require(session, app_id, lock=True)
    before = _audited(row)
    row.client_id = body.client_id or row.client_id
    if body.client_secret is not None:
        row.sealed = _sealed(encryption, row, body.client_secret.get_secret_value())
    row.updated_at, row.updated_by = func.clock_timestamp(), caller.name
    await session.flush()
    await session.refresh(row, ["updated_at"])
    after = _audited(row) | ({"client_secret": "replaced"} if body.client_secret is not None else {})
    about = ("connection_app", row.id)
    audit.record(session, caller.actor, "connection_app.updated", about, before=before, after=after)
    return described(row, has_secret=await repository.has_secret(session, row))


async def delete(session: AsyncSession, caller: Caller, app_id: UUID) -> None:
    """Delete an OAuth client.

    Raises:
        RequestError: `not_found`, `conflict` while connections need it.
    """
    row = await require(session, app_id, lock=True)
    using = await repository.connections_of_app(session, row.id)
    if using:
        message = f"These connections need it to be renewed and revoked: {listed(using)}. Delete them first."
        raise RequestError(ErrorCode.CONFLICT, message)
    before = _audited(row)
    await session.delete(row)
    audit.record(session, caller.actor, "connection_app.deleted", ("connection_app", row.id), before=before)


async def require(session: AsyncSession, app_id: UUID, *, lock: bool = False) -> ConnectionApp:
    """An OAuth client; one of another workspace is not there.

    Raises:
        RequestError: `not_found`.
    """
    row = await repository.find_app(session, app_id, lock=lock)
    if row is None:
        raise not_found("OAuth client", str(app_id))
    return row


def described(row: ConnectionApp, *, has_secret: bool) -> models.ConnectionApp:
    """The answer about an OAuth client."""
    return models.ConnectionApp(
        id=row.id,
        name=row.name,
        provider=row.provider,
        client_id=row.client_id,
        has_secret=has_secret,
        endpoints=Endpoints.model_validate(row.endpoints),
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )


def invalid(field: str, message: str) -> RequestError:
    """A field of the body is wrong."""
    problem = FieldProblem(field=f"body.{field}", message=message)
    return RequestError(ErrorCode.INVALID_REQUEST, f"`{field}`: {message}", errors=[problem])


def _provider(provider: providers.Provider, settings: ConnectionSettings) -> models.ConnectionProvider:
    return models.ConnectionProvider(
        name=provider.name,
        title=provider.title,
        description=provider.description,
        scopes=list(provider.scopes),
        endpoints=provider.endpoints,
        operator_app=settings.endpoints(provider.name) is not None,
        help_url=provider.help_url,
        actions=[
            models.ProviderAction(name=one.name, title=one.title, effect=one.effect, scopes=list(one.scopes))
            for one in provider.actions
        ],
    )


def _sealed(encryption: Encryption, row: ConnectionApp, secret: str) -> bytes:
    return encryption.encrypt(CONNECTION_APP, row.workspace_id, row.id, secret.encode())


def _audited(row: ConnectionApp) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("name", "provider", "client_id", "endpoints")}
