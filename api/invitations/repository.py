"""Queries on invitations. What is asked by token needs a session of `Database.identity()`."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.invitations.models import InvitationState
from db.tables import Invitation, Membership, User, Workspace
from schemas.roles import Role

LASTS = timedelta(days=7)


def _open() -> ColumnElement[bool]:
    return and_(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))


async def is_member(session: AsyncSession, email: str) -> bool:
    """Whether somebody with an address is a member of the workspace of the session."""
    return await session.scalar(select(User.id).where(func.lower(User.email) == email)) is not None


async def revoke_expired(session: AsyncSession, email: str) -> None:
    """Make room for another invitation to an address."""
    moment = func.clock_timestamp()
    expired = (func.lower(Invitation.email) == email, _open(), Invitation.expires_at <= moment)
    await session.execute(update(Invitation).where(*expired).values(revoked_at=moment))


async def add(
    session: AsyncSession,
    workspace_id: UUID,
    email: str,
    role: Role,
    token_hash: bytes,
    inviter: tuple[UUID | None, str],
) -> Invitation | None:
    """Insert an invitation; nothing if there is an open one to the address."""
    row = insert(Invitation).values(
        id=uuid4(),
        workspace_id=workspace_id,
        email=email,
        role=role.value,
        token_hash=token_hash,
        invited_by=inviter[0],
        invited_by_name=inviter[1],
        expires_at=func.clock_timestamp() + LASTS,
    )
    added: UUID | None = await session.scalar(row.on_conflict_do_nothing().returning(Invitation.id))
    return None if added is None else await find(session, added)


async def find(session: AsyncSession, invitation_id: UUID) -> Invitation | None:
    """An invitation."""
    query = select(Invitation).where(Invitation.id == invitation_id)
    return (await session.scalars(query)).one_or_none()


async def find_open(session: AsyncSession, email: str) -> Invitation | None:
    """The open invitation to an address."""
    query = select(Invitation).where(func.lower(Invitation.email) == email, _open())
    return (await session.scalars(query)).one_or_none()


async def lock(session: AsyncSession, invitation_id: UUID) -> Invitation | None:
    """An invitation, locked until the transaction ends."""
    query = select(Invitation).where(Invitation.id == invitation_id).with_for_update()
    return (await session.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def list_invitations(
    session: AsyncSession, *, state: InvitationState | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[Invitation]:
    """Invitations, the newest first."""
    order = (Invitation.created_at, Invitation.id)
    query = select(Invitation)
    if state is not None:
        query = query.where(_in_state(state))
    if before is not None:
        query = query.where(tuple_(*order) < before)
    return list(await session.scalars(query.order_by(*(column.desc() for column in order)).limit(limit)))


async def renew(
    session: AsyncSession, invitation_id: UUID, token_hash: bytes, inviter: tuple[UUID | None, str]
) -> None:
    """Give an invitation another token and another week."""
    renewed = update(Invitation).where(Invitation.id == invitation_id)
    expires_at = func.clock_timestamp() + LASTS
    values = {"token_hash": token_hash, "invited_by": inviter[0], "invited_by_name": inviter[1]}
    await session.execute(renewed.values(**values, expires_at=expires_at))


async def revoke(session: AsyncSession, invitation_id: UUID) -> None:
    """Take an invitation back."""
    revoked = update(Invitation).where(Invitation.id == invitation_id)
    await session.execute(revoked.values(revoked_at=func.clock_timestamp()))


async def find_by_token(session: AsyncSession, token_hash: bytes, *, lock: bool) -> tuple[Invitation, Workspace] | None:
    """An invitation and its workspace, by the hash of its token."""
    query = (
        select(Invitation, Workspace)
        .join(Workspace, Workspace.id == Invitation.workspace_id)
        .where(Invitation.token_hash == token_hash)
    )
    if lock:
        query = query.with_for_update(of=Invitation).execution_options(populate_existing=True)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def accept(session: AsyncSession, invitation: Invitation, user_id: UUID) -> bool:
    """Use an invitation up: from now on its person is a member. Whether they were none before."""
    moment = func.clock_timestamp()
    used = update(Invitation).where(Invitation.id == invitation.id)
    await session.execute(used.values(accepted_at=moment, accepted_by=user_id))
    row = insert(Membership).values(workspace_id=invitation.workspace_id, user_id=user_id, role=invitation.role)
    return await session.scalar(row.on_conflict_do_nothing().returning(Membership.user_id)) is not None


async def add_user(session: AsyncSession, email: str, name: str, password_hash: str) -> User | None:
    """Insert a person; nothing if somebody else has the address."""
    row = insert(User).values(id=uuid4(), email=email, name=name, password_hash=password_hash)
    added: UUID | None = await session.scalar(row.on_conflict_do_nothing().returning(User.id))
    return None if added is None else await session.get_one(User, added)


def _in_state(state: InvitationState) -> ColumnElement[bool]:
    now = func.now()
    if state is InvitationState.ACCEPTED:
        return Invitation.accepted_at.is_not(None)
    if state is InvitationState.REVOKED:
        return Invitation.revoked_at.is_not(None)
    if state is InvitationState.EXPIRED:
        return and_(_open(), Invitation.expires_at <= now)
    return and_(_open(), Invitation.expires_at > now)
