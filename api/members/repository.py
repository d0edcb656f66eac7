"""Queries on members."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, delete, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Group, GroupMember, Invitation, LoginSession, Membership, User
from schemas.roles import Role

Found = tuple[Membership, User]
"""A membership and its person."""


async def find_member(session: AsyncSession, user_id: UUID) -> Found | None:
    """A member of the workspace of the session."""
    row = (await session.execute(_members().where(Membership.user_id == user_id))).one_or_none()
    return None if row is None else (row[0], row[1])


async def list_members(
    session: AsyncSession,
    *,
    role: Role | None,
    group: UUID | None,
    text: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Found]:
    """Members in the order in which they joined."""
    order = (Membership.created_at, Membership.user_id)
    query = _members()
    if role is not None:
        query = query.where(Membership.role == role.value)
    if group is not None:
        of_group = select(GroupMember.user_id).where(GroupMember.group_id == group)
        query = query.where(Membership.user_id.in_(of_group))
    if text is not None:
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in (User.email, User.name))))
    if after is not None:
        query = query.where(tuple_(*order) > after)
    return [(row[0], row[1]) for row in await session.execute(query.order_by(*order).limit(limit))]


async def lock_members(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, Found]:
    """Members by id, and all owners, locked until the transaction ends.

    Whoever changes a role locks all owners, always in the same order. So of two who would take away each other's role,
    the second one waits, and then sees what the first one has left.
    """
    query = (
        _members()
        .where(or_(Membership.user_id.in_(user_ids), Membership.role == Role.OWNER.value))
        .order_by(Membership.user_id)
        .with_for_update(of=Membership)
        .execution_options(populate_existing=True)
    )
    return {row[0].user_id: (row[0], row[1]) for row in await session.execute(query)}


async def hold_membership(session: AsyncSession, user_id: UUID) -> Membership | None:
    """A membership that nobody changes until the transaction ends."""
    query = select(Membership).where(Membership.user_id == user_id).with_for_update(read=True)
    return (await session.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def set_role(session: AsyncSession, user_id: UUID, role: Role) -> None:
    """Give a member a role."""
    await session.execute(update(Membership).where(Membership.user_id == user_id).values(role=role.value))


async def remove(session: AsyncSession, user_id: UUID) -> None:
    """End a membership; its groups go with it."""
    await session.execute(delete(Membership).where(Membership.user_id == user_id))


async def revoke_invitations(session: AsyncSession, invited_by: UUID, roles: Collection[Role]) -> int:
    """Revoke the open invitations of a member to some roles. How many there were."""
    revoked = (
        update(Invitation)
        .where(
            Invitation.invited_by == invited_by,
            Invitation.role.in_([role.value for role in roles]),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=func.clock_timestamp())
    )
    return len((await session.execute(revoked.returning(Invitation.id))).all())


async def groups_of(session: AsyncSession, user_ids: Sequence[UUID]) -> dict[UUID, list[Group]]:
    """Groups by member, each by name."""
    query = (
        select(GroupMember.user_id, Group)
        .join(Group, Group.id == GroupMember.group_id)
        .where(GroupMember.user_id.in_(user_ids))
        .order_by(func.lower(Group.name), Group.id)
    )
    found: dict[UUID, list[Group]] = {}
    for user_id, group in await session.execute(query):
        found.setdefault(user_id, []).append(group)
    return found


async def last_seen(session: AsyncSession, workspace_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When people last used a workspace; in a session of `Database.identity()`."""
    query = (
        select(LoginSession.user_id, func.max(LoginSession.last_used_at))
        .where(LoginSession.workspace_id == workspace_id, LoginSession.user_id.in_(user_ids))
        .group_by(LoginSession.user_id)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


def _members() -> "Select[Membership, User]":
    return select(Membership, User).join(User, User.id == Membership.user_id)
