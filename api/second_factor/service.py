"""Setting up a second factor, proving it, taking it away."""

from typing import Final
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import passwords
from api.access.emails import comparable
from api.access.person import Person
from api.access.throttle import Limit, address_limit, attempt_succeeded, begin_attempt, user_limit
from api.errors import FieldProblem, RequestError, not_found
from api.identity import repository as people
from api.second_factor import codes, models, repository
from api.second_factor.verification import PURPOSE, step_of, verify_second_factor
from api.services import Services
from db import audit
from db.audit import Actor
from db.tables import User
from schemas.errors import ErrorCode

_WRONG_CODE: Final = "The code is wrong or was used before; wait for the next one."


async def get_state(services: Services, person: Person) -> models.SecondFactorState:
    """Whether a person has a second factor."""
    async with services.database.identity() as session:
        user = _there(await people.get_user(session, person.user_id))
        return models.SecondFactorState(
            enabled=user.totp_confirmed_at is not None,
            confirmed_at=user.totp_confirmed_at,
            recovery_codes_left=await repository.recovery_codes_left(session, user.id),
            required=await repository.is_required(session, person.caller.workspace_id),
        )


async def begin(services: Services, person: Person, password: SecretStr | None) -> models.NewSecondFactor:
    """Make a secret for an authenticator; it counts once it was confirmed.

    Raises:
        PerdureError: `conflict` if there is a second factor; `invalid_request` for a wrong password, `rate_limited`.
    """
    limits = await _attempt(services, person)
    await _check_password(services, person.user_id, password)
    async with services.database.identity() as session:
        user = await _user(session, person.user_id)
        _must_not_be_set_up(user)
        secret = codes.new_secret()
        user.totp_secret_encrypted = services.encryption.encrypt(PURPOSE, None, user.id, secret.encode())
        user.totp_last_step = None
        audit.record(session, person.caller.actor, "second_factor.begun", ("user", user.id))
    await attempt_succeeded(services.database, *limits)
    return models.NewSecondFactor(secret=secret, uri=codes.provisioning_uri(secret, user.email))


async def confirm(services: Services, person: Person, code: str) -> models.RecoveryCodes:
    """Turn the second factor on, and end all other sessions: they were opened without it.

    Raises:
        PerdureError: `conflict` if nothing was begun; `invalid_request` for a wrong code, `rate_limited`.
    """
    limits = await _attempt(services, person)
    async with services.database.identity() as session:
        user = await _user(session, person.user_id)
        _must_not_be_set_up(user)
        if user.totp_secret_encrypted is None:
            raise RequestError(ErrorCode.CONFLICT, "Begin with POST /v1/me/second-factor/begin.")
        step = await step_of(session, services.encryption, user.id, user.totp_secret_encrypted, code)
        if step is None:
            raise _wrong("code", _WRONG_CODE)
        user.totp_last_step, user.totp_confirmed_at = step, await repository.now(session)
        fresh = await _new_recovery_codes(session, user.id)
        ended = await people.end_sessions(session, user.id, "a second factor was set up", but=person.session_id)
        after = {"sessions_ended": ended}
        audit.record(session, person.caller.actor, "second_factor.enabled", ("user", user.id), after=after)
    await attempt_succeeded(services.database, *limits)
    services.directory.forget()
    return fresh


async def renew_recovery_codes(
    services: Services, person: Person, body: models.ProveSecondFactor
) -> models.RecoveryCodes:
    """Replace the recovery codes.

    Raises:
        PerdureError: `conflict` without a second factor; `invalid_request` for wrong proofs, `rate_limited`.
    """
    limits = await _attempt(services, person)
    await _check_password(services, person.user_id, body.password)
    async with services.database.identity() as session:
        await _prove(services, session, person.user_id, body.code)
        fresh = await _new_recovery_codes(session, person.user_id)
        audit.record(session, person.caller.actor, "second_factor.codes_renewed", ("user", person.user_id))
    await attempt_succeeded(services.database, *limits)
    return fresh


async def disable(services: Services, person: Person, body: models.ProveSecondFactor) -> None:
    """Turn the second factor off.

    Raises:
        PerdureError: `conflict` without a second factor; `invalid_request` for wrong proofs, `rate_limited`.
    """
    limits = await _attempt(services, person)
    await _check_password(services, person.user_id, body.password)
    async with services.database.identity() as session:
        user = await _prove(services, session, person.user_id, body.code)
        await _clear(session, user)
        audit.record(session, person.caller.actor, "second_factor.disabled", ("user", user.id))
    await attempt_succeeded(services.database, *limits)
    services.directory.forget()


async def reset(services: Services, actor: Actor, email: str) -> None:
    """Turn the second factor of somebody off who has lost it, and end all their sessions.

    Raises:
        RequestError: `not_found`.
    """
    async with services.database.identity() as session:
        found = await people.find_user(session, comparable(email))
        if found is None:
            raise not_found("account", email)
        user = await _user(session, found.id)
        await _clear(session, user)
        after = {"sessions_ended": await people.end_sessions(session, user.id, "the second factor was reset")}
        audit.record(session, actor, "second_factor.reset", ("user", user.id), after=after)
    services.directory.forget()


async def _attempt(services: Services, person: Person) -> tuple[Limit, ...]:
    """Count an attempt to prove who one is; password and codes are guessed under one limit."""
    limits = (user_limit("second-factor", person.user_id), address_limit(person.caller.address))
    await begin_attempt(services.database, *limits)
    return limits


async def _check_password(services: Services, user_id: UUID, password: SecretStr | None) -> None:
    async with services.database.identity() as session:
        kept = _there(await people.get_user(session, user_id)).password_hash
    if kept is None:
        return
    # Outside of a transaction: it takes long, and must not hold a lock.
    if not await passwords.is_right("" if password is None else password.get_secret_value(), kept):
        raise _wrong("password", "This is not your password.")


async def _prove(services: Services, session: AsyncSession, user_id: UUID, code: str) -> User:
    user = await _user(session, user_id)
    if user.totp_confirmed_at is None:
        raise RequestError(ErrorCode.CONFLICT, "You have no second factor.")
    if await verify_second_factor(session, services.encryption, user_id, code) is None:
        raise _wrong("code", _WRONG_CODE)
    return user


async def _new_recovery_codes(session: AsyncSession, user_id: UUID) -> models.RecoveryCodes:
    fresh = codes.new_recovery_codes()
    hashes = [codes.recovery_hash(user_id, codes.typed(code)) for code in fresh]
    await repository.replace_recovery_codes(session, user_id, hashes)
    return models.RecoveryCodes(recovery_codes=fresh)


async def _clear(session: AsyncSession, user: User) -> None:
    user.totp_secret_encrypted = user.totp_confirmed_at = user.totp_last_step = None
    await repository.replace_recovery_codes(session, user.id, ())


def _must_not_be_set_up(user: User) -> None:
    if user.totp_confirmed_at is not None:
        raise RequestError(ErrorCode.CONFLICT, "You have a second factor; disable it before you set up another one.")


async def _user(session: AsyncSession, user_id: UUID) -> User:
    """A person, locked until the transaction ends."""
    return _there(await people.lock_user(session, user_id))


def _there(user: User | None) -> User:
    if user is None:
        raise RequestError(ErrorCode.UNAUTHENTICATED, "The account is gone.")
    return user


def _wrong(field: str, message: str) -> RequestError:
    problem = FieldProblem(field=f"body.{field}", message=message)
    return RequestError(ErrorCode.INVALID_REQUEST, message, errors=[problem])
