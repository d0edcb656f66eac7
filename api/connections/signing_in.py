"""The sign-in at a provider: where it begins, and what is accepted when the person comes back."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.connections import models, repository
from api.connections.service import require, shown
from api.connections.tasks import done_by_worker
from api.errors import RequestError
from api.services import Services
from db import audit
from db.tables import Connection, ConnectionApp, ConnectionAttempt
from engine.connection_settings import ConnectionSettings
from engine.secrets.purposes import CONNECTION_ATTEMPT
from schemas.connections.messages import FinishConnection, RefreshConnection
from schemas.connections.providers import CALLBACK_PATH, Endpoints
from schemas.errors import ErrorCode

LIFETIME: Final = timedelta(minutes=10)
"""For signing in at the provider."""

_VERIFIER_BYTES: Final = 64


async def begin(services: Services, caller: Caller, connection_id: UUID) -> models.ConnectionSignIn:
    """Begin a sign-in: only whoever begins it can end it, once, and soon.

    Raises:
        RequestError: `not_found`, `conflict` if nobody signs in to this connection.
    """
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(_VERIFIER_BYTES)
    async with services.database.tenant(caller.workspace_id) as session:
        row = await require(session, connection_id, lock=True)
        client_id, endpoints = await _client(session, row, services.connections)
        if endpoints.authorize_url is None or row.own_access:
            message = f"The OAuth client of {row.name!r} acts for itself; nobody signs in to it."
            raise RequestError(ErrorCode.CONFLICT, message)
        attempt = ConnectionAttempt(
            id=uuid4(),
            workspace_id=row.workspace_id,
            connection_id=row.id,
            state_hash=_hashed(state),
            actor=_actor(caller),
            redirect_uri=services.reach.url(CALLBACK_PATH),
            expires_at=datetime.now(UTC) + LIFETIME,
        )
        attempt.sealed = _sealed(services, attempt, verifier)
        session.add(attempt)
        about = ("connection", row.id)
        audit.record(session, caller.actor, "connection.sign_in_begun", about, after={"scopes": row.scopes})
    challenge = create_s256_code_challenge(verifier)  # type: ignore[no-untyped-call]
    proof = {"code_challenge": challenge, "code_challenge_method": "S256"}
    url = prepare_grant_uri(
        endpoints.authorize_url,
        client_id=client_id,
        response_type="code",
        redirect_uri=attempt.redirect_uri,
        scope=endpoints.scope_separator.join(row.scopes) or None,
        state=state,
        **(proof if endpoints.pkce else {}),
        **endpoints.authorize_parameters,
    )
    return models.ConnectionSignIn(url=url, expires_at=attempt.expires_at)


async def finish(services: Services, caller: Caller, body: models.FinishConnectionSignIn) -> models.Connection:
    """Exchange the code that a provider has sent back.

    Raises:
        RequestError: `invalid_request` if this sign-in does not count or access was not given, `auth_failed` if the
            provider does not accept the code.
    """
    async with services.database.tenant(caller.workspace_id) as session:
        attempt = await repository.use_attempt(session, _hashed(body.state), _actor(caller))
        if attempt is None:
            raise _does_not_count()
        row = await require(session, attempt.connection_id)
        _, endpoints = await _client(session, row, services.connections)
        refusal = _refusal(body, endpoints)
        if refusal is None:
            attempt.sealed_code = _sealed(services, attempt, str(body.code))
        after = {"result": "code received" if refusal is None else refusal.code.value}
        audit.record(session, caller.actor, "connection.sign_in_finished", ("connection", row.id), after=after)
    if refusal is not None:
        raise refusal
    order = FinishConnection(
        workspace_id=str(caller.workspace_id), connection_id=str(row.id), attempt_id=str(attempt.id)
    )
    await done_by_worker(services, caller.workspace_id, "finish_connection", order)
    return await _now(services, caller, row.id)


async def renew(services: Services, caller: Caller, connection_id: UUID) -> models.Connection:
    """Renew the access token now.

    Raises:
        RequestError: `not_found`, `conflict` if it has none, `auth_failed` if a person must connect again.
    """
    async with services.database.tenant(caller.workspace_id) as session:
        row = await require(session, connection_id)
        await _client(session, row, services.connections)
        audit.record(session, caller.actor, "connection.refreshed", ("connection", row.id), after={"name": row.name})
    order = RefreshConnection(workspace_id=str(caller.workspace_id), connection_id=str(row.id))
    await done_by_worker(services, caller.workspace_id, "refresh_connection", order)
    return await _now(services, caller, row.id)


async def _now(services: Services, caller: Caller, connection_id: UUID) -> models.Connection:
    async with services.database.tenant(caller.workspace_id) as session:
        return await shown(session, await require(session, connection_id))


async def _client(session: AsyncSession, row: Connection, settings: ConnectionSettings) -> tuple[str, Endpoints]:
    """Id of the OAuth client of a connection, and where it leads.

    Raises:
        RequestError: `conflict` if there is none.
    """
    if row.credential_id is not None:
        message = f"{row.name!r} is authenticated by a credential; nobody signs in to it."
        raise RequestError(ErrorCode.CONFLICT, message)
    if row.app_id is not None:
        app = await session.get_one(ConnectionApp, row.app_id)
        return app.client_id, Endpoints.model_validate(app.endpoints)
    endpoints = settings.endpoints(row.provider)
    if endpoints is None:
        message = f"The operator has no OAuth client of {row.provider!r} any more."
        raise RequestError(ErrorCode.CONFLICT, message)
    return settings.apps[row.provider].client_id, endpoints


def _refusal(body: models.FinishConnectionSignIn, endpoints: Endpoints) -> RequestError | None:
    """Why what was sent back is no access."""
    if endpoints.issuer is not None and body.iss != endpoints.issuer:
        message = "The answer came from another issuer than the one that was asked; begin again."
        return RequestError(ErrorCode.INVALID_REQUEST, message)
    if body.error is not None or body.code is None:
        message = f"Access was not given ({body.error or 'no code'}); begin again if that was a mistake."
        return RequestError(ErrorCode.INVALID_REQUEST, message)
    return None


def _does_not_count() -> RequestError:
    message = (
        "This sign-in does not count: it was begun by somebody else or in another workspace, was ended already, or "
        "took longer than ten minutes. Begin again."
    )
    return RequestError(ErrorCode.INVALID_REQUEST, message)


def _actor(caller: Caller) -> str:
    return f"{caller.kind.value}:{caller.id or ''}"


def _hashed(state: str) -> bytes:
    return hashlib.sha256(state.encode("utf-8", "replace")).digest()


def _sealed(services: Services, attempt: ConnectionAttempt, value: Any) -> bytes:
    return services.encryption.encrypt(CONNECTION_ATTEMPT, attempt.workspace_id, attempt.id, str(value).encode())
