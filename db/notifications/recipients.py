"""Who hears of something: those who are asked, their substitutes, and members who want to hear of open requests."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.approvals.principals import people_behind
from db.tables import (
    Absence,
    Approval,
    ApprovalEntry,
    Membership,
    Notification,
    NotificationPreferences,
    User,
)
from schemas.approvals import ANYONE
from schemas.notifications import CALLS, Notice, Preferences
from schemas.roles import Role


@dataclass(frozen=True)
class Recipient:
    """Somebody who hears of something."""

    user_id: UUID
    email: str
    wanted: Preferences


async def recipients(session: AsyncSession, told: Notification, approval: Approval) -> list[Recipient]:
    """The people who hear of a notification, without who caused it and who may not answer."""
    named = await people_behind(session, [p for p in told.principals if p != ANYONE])
    if Notice(told.event) in CALLS:
        named |= await _substitutes(session, named)
    if told.event == Notice.COMMENTED:
        named |= await _talkers(session, approval)
    silent = {told.actor_id, *approval.excluded}
    found = await _people(session, named, watching=ANYONE in told.principals)
    return [one for one in found if one.user_id not in silent]


async def answerers(session: AsyncSession, told: Notification) -> list[Recipient]:
    """The people who hear of a conversation that was given to people, without who gave it."""
    named = await people_behind(session, told.principals)
    found = await _people(session, named | await _substitutes(session, named), watching=False)
    return [one for one in found if one.user_id != told.actor_id]


async def _substitutes(session: AsyncSession, absent: set[UUID]) -> set[UUID]:
    now = func.clock_timestamp()
    query = select(Absence.substitute_id).where(
        Absence.user_id.in_(absent), Absence.starts_at <= now, Absence.ends_at > now
    )
    return set(await session.scalars(query))


async def _talkers(session: AsyncSession, approval: Approval) -> set[UUID]:
    """Who has said something about the request before."""
    query = select(ApprovalEntry.actor_id).where(
        ApprovalEntry.approval_id == approval.id,
        ApprovalEntry.actor_kind == "user",
        ApprovalEntry.kind.in_(("comment", "question", "answer")),
    )
    return {one for one in await session.scalars(query) if one is not None}


async def _people(session: AsyncSession, named: set[UUID], *, watching: bool) -> list[Recipient]:
    """These members; also those who want to hear of what anybody may answer, if that is so."""
    chosen: ColumnElement[bool] = User.id.in_(named)
    if watching:
        wants = NotificationPreferences.wanted["unassigned"].as_boolean()
        chosen = or_(chosen, and_(wants, Membership.role != Role.VIEWER.value))
    query = (
        select(User.id, User.email, NotificationPreferences.wanted)
        .join(Membership, Membership.user_id == User.id)
        .outerjoin(NotificationPreferences, NotificationPreferences.user_id == User.id)
        .where(User.disabled_at.is_(None), chosen)
        .order_by(User.id)
    )
    return [Recipient(row.id, row.email, preferences_of(row.wanted)) for row in await session.execute(query)]


def preferences_of(stored: object) -> Preferences:
    """Preferences as they are stored; the defaults if there are none."""
    return Preferences() if stored is None else Preferences.model_validate(stored)
