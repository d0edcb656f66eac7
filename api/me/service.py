"""What people see and change of their own account."""

from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import passwords
from api.access.caller import Caller, CallerKind
from api.access.permissions import Permission
from api.access.person import Person
from api.access.throttle import address_limit, attempt_succeeded, begin_attempt, user_limit
from api.errors import FieldProblem, RequestError
from api.identity import repository
from api.identity.answers import user_summary, workspace_summary
from api.identity.models import WorkspaceSummary
from api.identity.sessions import reachable
from api.me.models import ChangePassword, Me, UpdateMe
from api.services import Services
from db import audit
from db.tables import User, Workspace
from schemas.errors import ErrorCode

_NO_ADDRESS: Final = "@localhost"


async def get_me(services: Services, caller: Caller) -> Me:
    """Who calls, where they are a member, and what they may do."""
    async with services.database.identity() as session:
        user = await repository.get_user(session, caller.id) if caller.kind is CallerKind.USER and caller.id else None
        workspaces = await _workspaces(session, caller, user)
    return Me(
        kind=caller.kind,
        name=caller.name,
        user=None if user is None else user_summary(user),
        has_password=user is not None and user.password_hash is not None,
        second_factor=user is not None and user.totp_confirmed_at is not None,
        by_sign_on=caller.confined,
        session_id=caller.session_id,
        workspace=next(one for one in workspaces if one.id == caller.workspace_id),
        workspaces=workspaces,
        permissions=[permission for permission in Permission if caller.may(permission)],
    )


async def update_me(services: Services, person: Person, body: UpdateMe) -> None:
    """Change the own name, and give an address to an account that has none.

    Raises:
        RequestError: `conflict` if the address is taken or there is one already.
    """
    async with services.database.identity() as session:
        user = await _user(session, person.user_id)
        before = {"name": user.name, "email": user.email}
        if body.name is not None:
            user.name = body.name
        if body.email is not None and body.email != user.email:
            await _give_address(session, user, body.email)
        after = {"name": user.name, "email": user.email}
        if after != before:
            audit.record(session, person.caller.actor, "user.updated", ("user", user.id), before=before, after=after)
    services.directory.forget()


async def change_password(services: Services, person: Person, body: ChangePassword) -> None:
    """Change the own password, and end all other sessions: whoever knew the old one is out.

    Raises:
        PerdureError: `invalid_request` if the old one is wrong or the new one is not taken, `rate_limited`.
    """
    limits = (user_limit("password", person.user_id), address_limit(person.caller.address))
    await begin_attempt(services.database, *limits)
    async with services.database.identity() as session:
        user = await _user(session, person.user_id)
    if user.password_hash is not None:
        await _check_old(body, user.password_hash)
    await attempt_succeeded(services.database, *limits)
    new = body.new_password.get_secret_value()
    passwords.check_choice(new, user.email, "new_password")
    await _store_password(services, person, user.password_hash, await passwords.hash_password(new))
    services.directory.forget()


async def _store_password(services: Services, person: Person, known: str | None, fresh: str) -> None:
    async with services.database.identity() as session:
        user = await _user(session, person.user_id)
        if user.password_hash != known:
            raise RequestError(ErrorCode.CONFLICT, "The password was changed elsewhere at the same time; try again.")
        user.password_hash, user.password_changed_at = fresh, await repository.now(session)
        ended = await repository.end_sessions(session, user.id, "the password was changed", but=person.session_id)
        after = {"sessions_ended": ended}
        audit.record(session, person.caller.actor, "user.password_changed", ("user", user.id), after=after)


async def _check_old(body: ChangePassword, kept: str) -> None:
    given = body.old_password.get_secret_value() if body.old_password is not None else ""
    if not await passwords.is_right(given, kept):
        problem = FieldProblem(field="body.old_password", message="This is not the present password.")
        raise RequestError(ErrorCode.INVALID_REQUEST, "The old password is wrong.", errors=[problem])


async def _give_address(session: AsyncSession, user: User, email: str) -> None:
    if not user.email.endswith(_NO_ADDRESS):
        message = "The account has an e-mail address; ask an administrator to invite the new one."
        raise RequestError(ErrorCode.CONFLICT, message)
    try:
        async with session.begin_nested():
            user.email, user.email_verified_at = email, None
            await session.flush()
    except IntegrityError:
        raise RequestError(ErrorCode.CONFLICT, "There is an account with this e-mail address already.") from None


async def _user(session: AsyncSession, user_id: UUID) -> User:
    user = await repository.lock_user(session, user_id)
    if user is None:
        raise RequestError(ErrorCode.UNAUTHENTICATED, "The account is gone.")
    return user


async def _workspaces(session: AsyncSession, caller: Caller, user: User | None) -> list[WorkspaceSummary]:
    if user is not None:
        memberships = await repository.workspaces_of(session, user.id)
        shown = reachable(memberships, caller.workspace_id if caller.confined else None)
        return [workspace_summary(*membership) for membership in shown]
    workspace = await session.get_one(Workspace, caller.workspace_id)
    return [workspace_summary(workspace, caller.role)]
