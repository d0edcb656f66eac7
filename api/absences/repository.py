"""Queries on absences."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.tables import Absence, Membership, User
from schemas.roles import Role


@dataclass(frozen=True)
class Found:
    """An absence with the people it is about."""

    absence: Absence
    user: str
    substitute: str
    substitute_away: bool


def _absences() -> "Select[Absence, str, str, bool]":
    away, other, theirs = aliased(User), aliased(User), aliased(Absence)
    also = select(theirs.id).where(
        theirs.user_id == Absence.substitute_id,
        theirs.starts_at < Absence.ends_at,
        theirs.ends_at > Absence.starts_at,
    )
    return (
        select(Absence, away.email, other.email, also.exists())
        .join(away, away.id == Absence.user_id)
        .join(other, other.id == Absence.substitute_id)
        .execution_options(populate_existing=True)
    )


async def find_absence(session: AsyncSession, absence_id: UUID, user_id: UUID | None) -> Found | None:
    """An absence; only of one member if that is given."""
    query = _absences().where(Absence.id == absence_id)
    if user_id is not None:
        query = query.where(Absence.user_id == user_id)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Found(row[0], row[1], row[2], row[3])


async def list_absences(
    session: AsyncSession, *, user_id: UUID | None, ended: bool, after: tuple[datetime, UUID] | None, limit: int
) -> list[Found]:
    """Absences, the earliest first."""
    order = (Absence.starts_at, Absence.id)
    query = _absences()
    if user_id is not None:
        query = query.where(Absence.user_id == user_id)
    if not ended:
        query = query.where(Absence.ends_at > func.clock_timestamp())
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after))
    rows = await session.execute(query.order_by(*order).limit(limit))
    return [Found(row[0], row[1], row[2], row[3]) for row in rows]


async def lock_member(session: AsyncSession, user_id: UUID) -> bool:
    """Whether somebody is a member; whoever writes down an absence of theirs waits for whoever else does."""
    query = select(Membership.user_id).where(Membership.user_id == user_id).with_for_update(key_share=True)
    return await session.scalar(query) is not None


async def role_of(session: AsyncSession, user_id: UUID) -> Role | None:
    """The role of a member."""
    role = await session.scalar(select(Membership.role).where(Membership.user_id == user_id))
    return None if role is None else Role(role)


async def overlapping(
    session: AsyncSession, user_id: UUID, starts_at: datetime, ends_at: datetime, but: UUID | None
) -> Absence | None:
    """Another absence of a member at the same time."""
    query = select(Absence).where(Absence.user_id == user_id, Absence.starts_at < ends_at, Absence.ends_at > starts_at)
    if but is not None:
        query = query.where(Absence.id != but)
    found: Absence | None = await session.scalar(query.limit(1))
    return found
