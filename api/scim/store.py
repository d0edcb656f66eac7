"""Queries of the directory; in sessions of `Database.identity()`, which see every workspace: each names its own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, cast, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Group, GroupMember, LoginSession, Membership, ScimGroup, ScimUser, SignOnIdentity

Named = tuple[UUID, str]
"""A group."""


@dataclass(frozen=True)
class FoundGroup:
    """A group that the directory keeps."""

    group: Group
    kept: ScimGroup


async def find_user(
    session: AsyncSession, workspace_id: UUID, identity: UUID, *, lock: bool = False
) -> ScimUser | None:
    """A person by the id that the directory knows."""
    query = select(ScimUser).where(ScimUser.workspace_id == workspace_id, ScimUser.id == identity)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def users(
    session: AsyncSession, workspace_id: UUID, *conditions: ColumnElement[bool], at: tuple[int, int] | None
) -> list[ScimUser]:
    """People in the order in which they came; all, or a page: offset and number."""
    query = select(ScimUser).where(ScimUser.workspace_id == workspace_id, *conditions)
    return list(await session.scalars(_page(query.order_by(ScimUser.created_at, ScimUser.id), at)))


async def count_users(session: AsyncSession, workspace_id: UUID) -> int:
    """How many people the directory keeps."""
    query = select(func.count()).select_from(ScimUser).where(ScimUser.workspace_id == workspace_id)
    return (await session.execute(query)).scalar_one()


async def is_taken(session: AsyncSession, workspace_id: UUID, condition: ColumnElement[bool], but: UUID) -> bool:
    """Whether somebody else fits a condition."""
    query = select(ScimUser.id).where(ScimUser.workspace_id == workspace_id, condition, ScimUser.id != but)
    return await session.scalar(query.limit(1)) is not None


async def lock_names(session: AsyncSession, workspace_id: UUID, kind: str) -> None:
    """Whoever gives something of the workspace a name waits for whoever else does."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{kind}:{workspace_id}", 0))))


async def groups_of(session: AsyncSession, workspace_id: UUID, user_ids: Collection[UUID]) -> dict[UUID, list[Named]]:
    """Groups that the directory keeps, by member."""
    query = (
        select(GroupMember.user_id, Group.id, Group.name)
        .join(Group, Group.id == GroupMember.group_id)
        .join(ScimGroup, ScimGroup.group_id == Group.id)
        .where(GroupMember.workspace_id == workspace_id, GroupMember.user_id.in_(user_ids))
        .order_by(func.lower(Group.name))
    )
    found: dict[UUID, list[Named]] = {}
    for user_id, group_id, name in await session.execute(query):
        found.setdefault(user_id, []).append((group_id, name))
    return found


async def memberships(session: AsyncSession, user_id: UUID) -> set[UUID]:
    """Workspaces that somebody is in."""
    return set(await session.scalars(select(Membership.workspace_id).where(Membership.user_id == user_id)))


async def remove_membership(session: AsyncSession, workspace_id: UUID, user_id: UUID) -> list[UUID]:
    """End a membership; gives the groups that end with it."""
    own = (GroupMember.workspace_id == workspace_id, GroupMember.user_id == user_id)
    groups = list(await session.scalars(select(GroupMember.group_id).where(*own)))
    gone = delete(Membership).where(Membership.workspace_id == workspace_id, Membership.user_id == user_id)
    await session.execute(gone)
    return groups


async def rejoin(session: AsyncSession, workspace_id: UUID, user_id: UUID, groups: Collection[UUID]) -> None:
    """Put a member back into those of the groups that are still there."""
    query = select(Group.id).where(Group.workspace_id == workspace_id, Group.id.in_(groups))
    for group_id in await session.scalars(query):
        await add_member(session, workspace_id, group_id, user_id)


async def end_sessions(session: AsyncSession, workspace_id: UUID, user_id: UUID, *, all_of_them: bool) -> int:
    """End the sessions of somebody in a workspace, or everywhere. How many there were."""
    here = or_(LoginSession.workspace_id == workspace_id, LoginSession.sign_on_workspace_id == workspace_id)
    ended = update(LoginSession).where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
    if not all_of_them:
        ended = ended.where(here)
    because = "the directory has deactivated the account"
    values = ended.values(revoked_at=func.clock_timestamp(), revoked_because=because)
    return len((await session.execute(values.returning(LoginSession.id))).all())


async def forget_user(session: AsyncSession, row: ScimUser) -> None:
    """Forget a person of the directory, and who they are at the providers of the workspace."""
    await session.execute(delete(ScimUser).where(ScimUser.id == row.id))
    own = (SignOnIdentity.workspace_id == row.workspace_id, SignOnIdentity.user_id == row.user_id)
    await session.execute(delete(SignOnIdentity).where(*own))


async def find_group(
    session: AsyncSession, workspace_id: UUID, identity: UUID, *, lock: bool = False
) -> FoundGroup | None:
    """A group that the directory keeps."""
    query = _groups(workspace_id).where(Group.id == identity)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else FoundGroup(row[0], row[1])


async def groups(
    session: AsyncSession, workspace_id: UUID, *conditions: ColumnElement[bool], at: tuple[int, int] | None
) -> list[FoundGroup]:
    """Groups that the directory keeps, in the order in which they came; all, or a page."""
    query = _groups(workspace_id).where(*conditions).order_by(Group.created_at, Group.id)
    return [FoundGroup(row[0], row[1]) for row in await session.execute(_page(query, at))]


async def count_groups(session: AsyncSession, workspace_id: UUID) -> int:
    """How many groups the directory keeps."""
    query = select(func.count()).select_from(ScimGroup).where(ScimGroup.workspace_id == workspace_id)
    return (await session.execute(query)).scalar_one()


async def name_is_taken(session: AsyncSession, workspace_id: UUID, name: str, but: UUID) -> bool:
    """Whether another group of the workspace has a name, kept by the directory or not."""
    same = func.lower(Group.name) == func.lower(name)
    query = select(Group.id).where(Group.workspace_id == workspace_id, same, Group.id != but)
    return await session.scalar(query) is not None


async def add_group(session: AsyncSession, workspace_id: UUID, name: str, external_id: str | None) -> FoundGroup:
    """Insert a group."""
    group = Group(id=uuid4(), workspace_id=workspace_id, name=name)
    session.add(group)
    await session.flush()
    kept = ScimGroup(workspace_id=workspace_id, group_id=group.id, external_id=external_id)
    session.add(kept)
    await session.flush()
    await session.refresh(group, ["created_at"])
    await session.refresh(kept, ["version", "updated_at"])
    return FoundGroup(group, kept)


async def members(session: AsyncSession, workspace_id: UUID, group_ids: Sequence[UUID]) -> dict[UUID, list[ScimUser]]:
    """People of the directory by group; of those who are not active, the groups that wait for them."""
    ids = set(group_ids)
    query = (
        select(GroupMember.group_id, ScimUser)
        .join(
            ScimUser,
            (ScimUser.user_id == GroupMember.user_id) & (ScimUser.workspace_id == GroupMember.workspace_id),
        )
        .where(GroupMember.workspace_id == workspace_id, GroupMember.group_id.in_(ids))
        .order_by(ScimUser.created_at, ScimUser.id)
    )
    found: dict[UUID, list[ScimUser]] = {}
    for group_id, row in await session.execute(query):
        found.setdefault(group_id, []).append(row)
    waiting = ScimUser.groups.op("&&", is_comparison=True)(cast(list(ids), ARRAY(Uuid)))
    for row in await users(session, workspace_id, ~ScimUser.active, waiting, at=None):
        for group_id in ids.intersection(row.groups):
            found.setdefault(group_id, []).append(row)
    return found


async def add_member(session: AsyncSession, workspace_id: UUID, group_id: UUID, user_id: UUID) -> None:
    """Put a member into a group."""
    row = insert(GroupMember).values(workspace_id=workspace_id, group_id=group_id, user_id=user_id)
    await session.execute(row.on_conflict_do_nothing())


async def remove_member(session: AsyncSession, workspace_id: UUID, group_id: UUID, user_id: UUID) -> None:
    """Take a member out of a group."""
    own = (GroupMember.workspace_id == workspace_id, GroupMember.group_id == group_id)
    await session.execute(delete(GroupMember).where(*own, GroupMember.user_id == user_id))


async def delete_group(session: AsyncSession, workspace_id: UUID, group_id: UUID) -> None:
    """Delete a group; its members stay."""
    await session.execute(delete(Group).where(Group.workspace_id == workspace_id, Group.id == group_id))


def _groups(workspace_id: UUID) -> Any:
    return (
        select(Group, ScimGroup)
        .join(ScimGroup, ScimGroup.group_id == Group.id)
        .where(Group.workspace_id == workspace_id, ScimGroup.workspace_id == workspace_id)
    )


def _page(query: Select[Any], at: tuple[int, int] | None) -> Select[Any]:
    return query if at is None else query.offset(at[0]).limit(at[1])
