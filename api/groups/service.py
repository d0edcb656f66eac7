"""Making groups, and who is in them."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError, not_found
from api.groups import models, repository
from api.requests import bad_cursor, decode_cursor, encode_cursor
from db import audit
from db.audit import Actor
from db.tables import Group
from schemas.errors import ErrorCode


async def list_groups(session: AsyncSession, text: str | None, cursor: str | None, limit: int) -> models.GroupPage:
    """A page of groups."""
    after = None if cursor is None else _place(cursor)
    rows = await repository.list_groups(session, text=text, after=after, limit=limit + 1)
    items = [_described(*row) for row in rows[:limit]]
    more = encode_cursor(items[-1].name, str(items[-1].id)) if len(rows) > limit else None
    return models.GroupPage(items=items, next_cursor=more)


async def get_group(session: AsyncSession, group_id: UUID) -> models.Group:
    """A group.

    Raises:
        RequestError: `not_found`.
    """
    found = await repository.find_group(session, group_id)
    if found is None:
        raise not_found("group", group_id)
    return _described(*found)


async def create_group(session: AsyncSession, actor: Actor, body: models.CreateGroup) -> models.Group:
    """Make a group.

    Raises:
        RequestError: `conflict` if the name is taken.
    """
    await _check_name(session, actor, body.name)
    group = await repository.add_group(session, actor.workspace_id, body.name, body.description)
    audit.record(session, actor, "group.created", ("group", group.id), after=_audited(group))
    return _described(group, 0)


async def update_group(session: AsyncSession, actor: Actor, group_id: UUID, body: models.UpdateGroup) -> models.Group:
    """Change name or description.

    Raises:
        RequestError: `not_found`, `conflict` if the name is taken.
    """
    if body.name is not None:
        await _check_name(session, actor, body.name, but=group_id)
    group = await _locked(session, group_id)
    before = _audited(group)
    group.name = group.name if body.name is None else body.name
    group.description = group.description if body.description is None else body.description
    if before != _audited(group):
        audit.record(session, actor, "group.updated", ("group", group_id), before=before, after=_audited(group))
    await session.flush()
    return await get_group(session, group_id)


async def delete_group(session: AsyncSession, actor: Actor, group_id: UUID) -> None:
    """Delete a group.

    Raises:
        RequestError: `not_found`.
    """
    group = await _locked(session, group_id)
    await repository.delete_group(session, group_id)
    audit.record(session, actor, "group.deleted", ("group", group_id), before=_audited(group))


async def add_member(session: AsyncSession, actor: Actor, group_id: UUID, user_id: UUID) -> None:
    """Put a member of the workspace into a group; a second time changes nothing.

    Raises:
        RequestError: `not_found` for the group or the member.
    """
    # Membership first: whoever removes somebody locks in this order too.
    is_member = await repository.lock_membership(session, user_id)
    group = await _locked(session, group_id)
    if not is_member:
        raise not_found("member", user_id)
    if await repository.add_member(session, actor.workspace_id, group_id, user_id):
        after = {"name": group.name, "user_id": str(user_id)}
        audit.record(session, actor, "group.member_added", ("group", group_id), after=after)


async def remove_member(session: AsyncSession, actor: Actor, group_id: UUID, user_id: UUID) -> None:
    """Take a member out of a group; a second time changes nothing.

    Raises:
        RequestError: `not_found` for the group.
    """
    group = await _locked(session, group_id)
    if await repository.remove_member(session, group_id, user_id):
        before = {"name": group.name, "user_id": str(user_id)}
        audit.record(session, actor, "group.member_removed", ("group", group_id), before=before)


async def _check_name(session: AsyncSession, actor: Actor, name: str, but: UUID | None = None) -> None:
    await repository.lock_names(session, actor.workspace_id)
    if await repository.name_is_taken(session, name, but):
        raise RequestError(ErrorCode.CONFLICT, f"There is a group {name!r} already; choose another name.")


async def _locked(session: AsyncSession, group_id: UUID) -> Group:
    group = await repository.lock_group(session, group_id)
    if group is None:
        raise not_found("group", group_id)
    return group


def _place(cursor: str) -> tuple[str, UUID]:
    name, identity = decode_cursor(cursor, 2)
    try:
        return name, UUID(identity)
    except ValueError:
        raise bad_cursor() from None


def _audited(group: Group) -> dict[str, Any]:
    return {"name": group.name, "description": group.description}


def _described(group: Group, members: int) -> models.Group:
    return models.Group(
        id=group.id,
        name=group.name,
        description=group.description,
        members=members,
        created_at=group.created_at,
    )
