"""Mails about what has stopped by itself, to whoever can mend it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Membership, NotificationMessage, User
from schemas.notifications import EMAIL
from schemas.roles import Role


async def tell_responsible(
    session: AsyncSession, workspace_id: UUID, owner_id: UUID | None, event: str, facts: Mapping[str, Any], key: str
) -> None:
    """Write a mail to each who is responsible.

    Args:
        session: A transaction in the workspace.
        workspace_id: The workspace.
        owner_id: Who made what has stopped; nobody if a program did.
        event: What has happened.
        facts: What the mail says.
        key: Tells the occasion from others, so that nobody hears of it twice.
    """
    notices = [
        {
            "workspace_id": workspace_id,
            "user_id": user_id,
            "event": event,
            "kind": EMAIL,
            "address": email,
            "facts": dict(facts),
            "key": f"{key}:{user_id}",
        }
        for user_id, email in await responsible(session, owner_id)
    ]
    if notices:
        await session.execute(insert(NotificationMessage).values(notices).on_conflict_do_nothing())


async def responsible(session: AsyncSession, owner_id: UUID | None) -> list[tuple[UUID, str]]:
    """Who is told when something stops by itself: its owner while a member, and else whoever runs the workspace."""
    members = select(User.id, User.email).join(Membership, Membership.user_id == User.id)
    members = members.where(User.disabled_at.is_(None)).order_by(User.id)
    admins = Membership.role.in_([Role.OWNER.value, Role.ADMIN.value])
    for wanted in (User.id == owner_id, admins):
        if found := (await session.execute(members.where(wanted))).all():
            return [(row.id, row.email) for row in found]
    return []
