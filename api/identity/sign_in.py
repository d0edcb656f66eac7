"""Signing in with a password and a second factor, and the refresh that keeps one signed in."""

from uuid import UUID

from api.access import passwords
from api.access.emails import comparable
from api.access.opaque_tokens import RefreshToken
from api.access.throttle import (
    account_limit,
    address_limit,
    attempt_succeeded,
    begin_attempt,
    user_limit,
)
from api.errors import RequestError
from api.identity import repository, sessions
from api.identity.client import Client
from api.identity.models import Login, SecondFactor
from api.identity.sessions import OpenSession, signed_out
from api.second_factor.verification import verify_second_factor
from api.services import Services
from db.session import Database
from schemas.errors import ErrorCode


async def sign_in(services: Services, client: Client, body: Login) -> OpenSession | UUID:
    """Sign in with a password.

    Returns:
        The session, or the person whose second factor is to be asked for.

    Raises:
        PerdureError: `unauthenticated`, the same for every reason; `rate_limited`.
    """
    database, email = services.database, comparable(body.email)
    limits = (account_limit(email), address_limit(client.address))
    await begin_attempt(database, *limits)
    async with database.identity() as session:
        user = await repository.find_user(session, email)
    # The hash is computed for an unknown address too: the time must not tell whether there is an account.
    kept = user.password_hash if user is not None else None
    password = body.password.get_secret_value()
    right = await passwords.is_right(password, kept)
    if not right or user is None or user.disabled_at is not None:
        raise RequestError(ErrorCode.UNAUTHENTICATED, "The e-mail address or the password is wrong.")
    await attempt_succeeded(database, *limits)
    if kept is not None and passwords.is_outdated(kept):
        await _hash_again(database, user.id, kept, password)
    if user.totp_confirmed_at is not None:
        return user.id
    async with database.identity() as session:
        return await sessions.start_session(session, user, client, "password")


async def confirm(services: Services, client: Client, body: SecondFactor) -> OpenSession:
    """Sign in with the second factor, after the password.

    Raises:
        PerdureError: `unauthenticated`, `rate_limited`.
    """
    user_id = services.tokens.read_challenge(body.challenge)
    if user_id is None:
        raise RequestError(ErrorCode.UNAUTHENTICATED, "The sign-in took too long; begin with the password again.")
    limits = (user_limit("second-factor", user_id), address_limit(client.address))
    await begin_attempt(services.database, *limits)
    async with services.database.identity() as session:
        user = await repository.get_user(session, user_id)
        opened = None
        if user is not None and user.disabled_at is None:
            proof = await verify_second_factor(session, services.encryption, user_id, body.code)
            opened = None if proof is None else await sessions.start_session(session, user, client, proof)
    if opened is None:
        raise RequestError(ErrorCode.UNAUTHENTICATED, "The code is wrong or was used before; wait for the next one.")
    await attempt_succeeded(services.database, *limits)
    return opened


async def refresh(services: Services, client: Client, text: str | None, workspace_id: UUID | None) -> OpenSession:
    """Exchange a refresh token for the next one.

    Raises:
        RequestError: `unauthenticated`; `not_found` for a workspace that is not the person's.
    """
    token = RefreshToken.parse(text or "")
    if token is None:
        raise signed_out()
    async with services.database.identity() as session:
        opened = await sessions.rotate(session, token, client, workspace_id)
    if opened is None:
        services.directory.forget()
        raise signed_out()
    return opened


async def _hash_again(database: Database, user_id: UUID, kept: str, password: str) -> None:
    """Keep a password with the parameters of today, unless it was changed meanwhile."""
    fresh = await passwords.hash_password(password)
    async with database.identity() as session:
        user = await repository.get_user(session, user_id)
        if user is not None and user.password_hash == kept:
            user.password_hash = fresh
