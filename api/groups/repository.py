"""Queries on groups."""

from uuid import UUID, uuid4

from sqlalchemy import Select, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Group, GroupMember, Membership

Found = tuple[Group, int]
"""A group and the number of its members."""


async def find_group(session: AsyncSession, group_id: UUID) -> Found | None:
    """A group."""
    row = (await session.execute(_groups().where(Group.id == group_id))).one_or_none()
    return None if row is None else (row[0], row[1])


async def lock_group(session: AsyncSession, group_id: UUID) -> Group | None:
    """A group, locked until the transaction ends."""
    query = select(Group).where(Group.id == group_id).with_for_update()
    return (await session.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def list_groups(
    session: AsyncSession, *, text: str | None, after: tuple[str, UUID] | None, limit: int
) -> list[Found]:
    """Groups by name, whatever the case of its letters."""
    order = (func.lower(Group.name), Group.id)
    query = _groups()
    if text is not None:
        query = query.where(Group.name.icontains(text, autoescape=True))
    if after is not None:
        # Lowered by the database, whose idea of small letters orders the list.
        query = query.where(tuple_(*order) > tuple_(func.lower(after[0]), after[1]))
    return [(row[0], row[1]) for row in await session.execute(query.order_by(*order).limit(limit))]


async def name_is_taken(session: AsyncSession, name: str, but: UUID | None = None) -> bool:
    """Whether another group has a name already."""
    query = select(Group.id).where(func.lower(Group.name) == func.lower(name))
    if but is not None:
        query = query.where(Group.id != but)
    return await session.scalar(query) is not None


async def lock_names(session: AsyncSession, workspace_id: UUID) -> None:
    """Whoever gives a group of the workspace a name waits for whoever else does."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"groups:{workspace_id}", 0))))


async def add_group(session: AsyncSession, workspace_id: UUID, name: str, description: str) -> Group:
    """Insert a group."""
    group = Group(id=uuid4(), workspace_id=workspace_id, name=name, description=description)
    session.add(group)
    await session.flush()
    await session.refresh(group, ["created_at"])
    return group


async def delete_group(session: AsyncSession, group_id: UUID) -> None:
    """Delete a group; its members stay members of the workspace."""
    await session.execute(delete(Group).where(Group.id == group_id))


async def lock_membership(session: AsyncSession, user_id: UUID) -> bool:
    """Whether somebody is a member of the workspace, and stays it until the transaction ends."""
    query = select(Membership.user_id).where(Membership.user_id == user_id).with_for_update(read=True, key_share=True)
    return await session.scalar(query) is not None


async def add_member(session: AsyncSession, workspace_id: UUID, group_id: UUID, user_id: UUID) -> bool:
    """Put a member into a group; whether they were not in it before."""
    row = insert(GroupMember).values(workspace_id=workspace_id, group_id=group_id, user_id=user_id)
    added = row.on_conflict_do_nothing().returning(GroupMember.user_id)
    return (await session.execute(added)).one_or_none() is not None


async def remove_member(session: AsyncSession, group_id: UUID, user_id: UUID) -> bool:
    """Take a member out of a group; whether they were in it before."""
    removed = delete(GroupMember).where(GroupMember.group_id == group_id, GroupMember.user_id == user_id)
    return (await session.execute(removed.returning(GroupMember.user_id))).one_or_none() is not None


def _groups() -> "Select[Group, int]":
    members = select(func.count()).select_from(GroupMember).where(GroupMember.group_id == Group.id).scalar_subquery()
    return select(Group, members)
