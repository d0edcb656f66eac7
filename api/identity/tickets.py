"""Links that work once: to sign in without a password, and to set up a fresh installation.

Only the operator of the installation can make them: whoever holds that token, or can read the log, owns it anyway.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.emails import comparable
from api.access.opaque_tokens import digest, new_ticket
from api.errors import RequestError, not_found
from api.identity import repository, sessions
from api.identity.client import Client
from api.identity.models import CreateTicket, Ticket
from api.identity.sessions import OpenSession
from api.services import Services
from db import audit
from db.audit import Actor
from db.tables import LoginTicket, User
from schemas.errors import ErrorCode

LOGIN_LASTS: Final = timedelta(hours=1)
SETUP_LASTS: Final = timedelta(days=1)

_LOCAL_OWNER: Final = ("owner@localhost", "Owner")
"""Address and name of the account that a link makes on a fresh installation."""


async def make_ticket(services: Services, actor: Actor, wish: CreateTicket) -> Ticket:
    """Make a link that works once.

    Raises:
        RequestError: `conflict` for a set-up that is done, `not_found` for an account that is not there.
    """
    text = new_ticket()
    lasts = LOGIN_LASTS if wish.purpose == "login" else SETUP_LASTS
    async with services.database.identity() as session:
        if wish.purpose == "setup" and await repository.first_owner(session, services.workspace_id) is not None:
            raise RequestError(ErrorCode.CONFLICT, "There is an owner already; nothing is to be set up.")
        user_id = await _wanted(session, wish)
        expires_at = await repository.now(session) + lasts
        ticket = LoginTicket(
            purpose=wish.purpose,
            token_hash=digest(text),
            user_id=user_id,
            forget_password=wish.forget_password,
            expires_at=expires_at,
        )
        await repository.add_ticket(session, ticket)
        after = {"purpose": wish.purpose, "email": wish.email, "forget_password": wish.forget_password}
        audit.record(session, actor, "ticket.created", ("ticket", ticket.id), after=after)
    return Ticket(ticket=text, path=f"/{wish.purpose}?ticket={text}", expires_at=expires_at)


async def use_login_ticket(services: Services, client: Client, text: str) -> OpenSession:
    """Sign in by a link, as the owner unless it is for somebody else; on a fresh installation, make the owner.

    Raises:
        RequestError: `unauthenticated`.
    """
    async with services.database.identity() as session:
        ticket = await repository.use_ticket(session, "login", digest(text))
        if ticket is None:
            raise _worthless()
        user = await _person(session, services.workspace_id, ticket, client)
        if ticket.forget_password:
            await _forget_password(session, user, services.workspace_id, client)
        wanted = services.workspace_id if ticket.user_id is None else None
        opened = await sessions.start_session(session, user, client, "link", workspace_id=wanted)
    services.directory.forget()
    return opened


async def _wanted(session: AsyncSession, wish: CreateTicket) -> UUID | None:
    if wish.email is None:
        return None
    user = await repository.find_user(session, comparable(wish.email))
    if user is None or user.disabled_at is not None:
        raise not_found("account", wish.email)
    return user.id


async def _person(session: AsyncSession, workspace_id: UUID, ticket: LoginTicket, client: Client) -> User:
    if ticket.user_id is None:
        return await _owner(session, workspace_id, client)
    user = await repository.lock_user(session, ticket.user_id)
    if user is None or user.disabled_at is not None:
        raise _worthless()
    if user.email_verified_at is None:  # the operator has given it to who has the address, and answers for that
        user.email_verified_at = await repository.now(session)
    return user


async def _owner(session: AsyncSession, workspace_id: UUID, client: Client) -> User:
    """The owner of the installation, made if there is none: two links at once make one owner."""
    await repository.lock_workspace(session, workspace_id)
    owner = await repository.first_owner(session, workspace_id)
    if owner is not None:
        return owner
    email, name = _LOCAL_OWNER
    user = await repository.add_user(session, email, name, None) or await repository.find_user(session, email)
    if user is None:
        raise RuntimeError("an address that is taken belongs to somebody")
    user.disabled_at = None
    await repository.make_owner(session, workspace_id, user.id)
    actor = _system(workspace_id, client)
    audit.record(session, actor, "user.created", ("user", user.id), after={"email": email, "role": "owner"})
    return user


async def _forget_password(session: AsyncSession, user: User, workspace_id: UUID, client: Client) -> None:
    """Let somebody who forgot the password choose a new one; whoever knew the old one is out."""
    user.password_hash = None
    ended = await repository.end_sessions(session, user.id, "the password was forgotten")
    actor = _system(workspace_id, client)
    audit.record(session, actor, "user.password_forgotten", ("user", user.id), after={"sessions_ended": ended})


def _system(workspace_id: UUID, client: Client) -> Actor:
    return Actor(workspace_id, "system", None, "system", client.address, client.request_id)


def _worthless() -> RequestError:
    return RequestError(ErrorCode.UNAUTHENTICATED, "The link was used before or is too old; get a new one.")
