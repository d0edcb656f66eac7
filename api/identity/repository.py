"""Queries on people, sessions and tickets; in sessions of `Database.identity()`."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer_group

from db.tables import SECRETS, LoginSession, LoginTicket, Membership, User, Workspace
from schemas.roles import Role

_KEPT_AFTER_END: Final = timedelta(days=30)


async def now(session: AsyncSession) -> datetime:
    """The time of the database, which all processes share."""
    moment: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return moment


async def find_user(session: AsyncSession, email: str) -> User | None:
    """A person with their secrets, by the address as `comparable` gives it."""
    query = select(User).options(undefer_group(SECRETS)).where(func.lower(User.email) == email)
    return (await session.scalars(query)).one_or_none()


async def get_user(session: AsyncSession, user_id: UUID) -> User | None:
    """A person with their secrets."""
    return (await session.scalars(select(User).options(undefer_group(SECRETS)).where(User.id == user_id))).one_or_none()


async def lock_user(session: AsyncSession, user_id: UUID) -> User | None:
    """A person with their secrets, locked until the transaction ends."""
    query = select(User).options(undefer_group(SECRETS)).where(User.id == user_id)
    return (await session.scalars(query.with_for_update(key_share=True))).one_or_none()


async def workspaces_of(session: AsyncSession, user_id: UUID) -> list[tuple[Workspace, Role]]:
    """Where a person is a member, the first one first."""
    query = (
        select(Workspace, Membership.role)
        .join(Membership, Membership.workspace_id == Workspace.id)
        .where(Membership.user_id == user_id)
        .order_by(Membership.created_at, Workspace.id)
    )
    return [(row[0], Role(row[1])) for row in await session.execute(query)]


async def last_workspace(session: AsyncSession, user_id: UUID) -> UUID | None:
    """Where a person was when they were last signed in."""
    query = select(LoginSession.workspace_id).where(LoginSession.user_id == user_id)
    found: UUID | None = await session.scalar(query.order_by(LoginSession.last_used_at.desc()).limit(1))
    return found


async def lock_session(session: AsyncSession, family: bytes) -> tuple[LoginSession, User] | None:
    """A session and its person by the hash of its family, locked until the transaction ends."""
    query = (
        select(LoginSession, User)
        .join(User, User.id == LoginSession.user_id)
        .where(LoginSession.family == family)
        .with_for_update(of=LoginSession)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


def _live(user_id: UUID, confined_to: UUID | None = None) -> Any:
    within = () if confined_to is None else (LoginSession.sign_on_workspace_id == confined_to,)
    return (
        LoginSession.user_id == user_id,
        LoginSession.revoked_at.is_(None),
        LoginSession.expires_at > func.clock_timestamp(),
        *within,
    )


async def live_sessions(session: AsyncSession, user_id: UUID, *, confined_to: UUID | None = None) -> list[LoginSession]:
    """Sessions of a person that have not ended, the latest first; all, or those that count in one workspace only."""
    query = select(LoginSession).where(*_live(user_id, confined_to))
    return list(await session.scalars(query.order_by(LoginSession.created_at.desc(), LoginSession.id)))


async def end_sessions(
    session: AsyncSession,
    user_id: UUID,
    because: str,
    *,
    only: UUID | None = None,
    but: UUID | None = None,
    confined_to: UUID | None = None,
) -> int:
    """End live sessions of a person: all, only one, or all but one. How many there were."""
    ended = update(LoginSession).where(*_live(user_id, confined_to))
    if only is not None:
        ended = ended.where(LoginSession.id == only)
    if but is not None:
        ended = ended.where(LoginSession.id != but)
    ended = ended.values(revoked_at=func.clock_timestamp(), revoked_because=because)
    result = await session.execute(ended.returning(LoginSession.id))
    return len(result.all())


async def forget_old_sessions(session: AsyncSession, user_id: UUID) -> None:
    """Remove the sessions of a person that ended long ago."""
    long_ago = func.clock_timestamp() - _KEPT_AFTER_END
    await session.execute(
        delete(LoginSession).where(LoginSession.user_id == user_id, LoginSession.expires_at < long_ago)
    )


async def lock_workspace(session: AsyncSession, workspace_id: UUID) -> Workspace | None:
    """A workspace, locked until the transaction ends."""
    query = select(Workspace).where(Workspace.id == workspace_id).with_for_update(key_share=True)
    return (await session.scalars(query)).one_or_none()


async def first_owner(session: AsyncSession, workspace_id: UUID) -> User | None:
    """The owner of a workspace who has been it for the longest time; nobody if there is none."""
    query = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.workspace_id == workspace_id,
            Membership.role == Role.OWNER.value,
            User.disabled_at.is_(None),
        )
        .order_by(Membership.created_at, User.id)
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def add_user(session: AsyncSession, email: str, name: str, password_hash: str | None) -> User | None:
    """Insert a person; nothing if the address is taken."""
    row = insert(User).values(id=uuid4(), email=email, name=name, password_hash=password_hash)
    user_id: UUID | None = await session.scalar(row.on_conflict_do_nothing().returning(User.id))
    return None if user_id is None else await get_user(session, user_id)


async def make_owner(session: AsyncSession, workspace_id: UUID, user_id: UUID) -> None:
    """Make somebody an owner of a workspace."""
    row = insert(Membership).values(workspace_id=workspace_id, user_id=user_id, role=Role.OWNER.value)
    keys = [Membership.workspace_id, Membership.user_id]
    await session.execute(row.on_conflict_do_update(index_elements=keys, set_={"role": Role.OWNER.value}))


async def add_ticket(session: AsyncSession, ticket: LoginTicket) -> None:
    """Insert a ticket, and remove those that are over."""
    await session.execute(delete(LoginTicket).where(LoginTicket.expires_at < func.clock_timestamp()))
    session.add(ticket)
    await session.flush()


async def use_ticket(session: AsyncSession, purpose: str, token_hash: bytes) -> LoginTicket | None:
    """Use a ticket up; of several who try, one gets it."""
    moment = func.clock_timestamp()
    used = (
        update(LoginTicket)
        .where(
            LoginTicket.token_hash == token_hash,
            LoginTicket.purpose == purpose,
            LoginTicket.used_at.is_(None),
            LoginTicket.expires_at > moment,
        )
        .values(used_at=moment)
    )
    return (await session.scalars(used.returning(LoginTicket))).one_or_none()
