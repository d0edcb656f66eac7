"""Groups of the directory, and who is in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.identity import repository as people
from api.scim import store, users
from api.scim.documents import GROUP
from api.scim.errors import ScimError, invalid
from api.scim.filters import find
from api.scim.store import FoundGroup
from db import audit
from db.audit import Actor
from db.tables import ScimUser

MAX_MEMBERS: Final = 20_000


@dataclass(frozen=True)
class Wanted:
    """What a group is to be like."""

    name: str
    external_id: str | None
    members: frozenset[UUID]


def read_group(resource: Any) -> Wanted:
    """The resource of a group.

    Raises:
        ScimError: `invalidSyntax`, `invalidValue`.
    """
    if not isinstance(resource, dict):
        raise invalid("Send a group as a JSON object.", "invalidSyntax")
    name = users.text_of(resource, "displayName")
    if not name or len(name) > 100:
        raise invalid("`displayName` must be there, with at most 100 characters.")
    return Wanted(name, users.text_of(resource, "externalId") or None, frozenset(_members(find(resource, "members"))))


def describe(found: FoundGroup, members: list[ScimUser], base: str) -> dict[str, Any]:
    """A group as a resource."""
    shown: dict[str, Any] = {
        "schemas": [GROUP],
        "id": str(found.group.id),
        "displayName": found.group.name,
        "members": [
            {"value": str(one.id), "$ref": f"{base}/Users/{one.id}", "display": one.user_name, "type": "User"}
            for one in members
        ],
        "meta": {
            "resourceType": "Group",
            "created": found.group.created_at.isoformat(),
            "lastModified": found.kept.updated_at.isoformat(),
            "location": f"{base}/Groups/{found.group.id}",
            "version": f'W/"{found.kept.version}"',
        },
    }
    if found.kept.external_id is not None:
        shown["externalId"] = found.kept.external_id
    return shown


async def create(session: AsyncSession, actor: Actor, wanted: Wanted) -> FoundGroup:
    """Make a group.

    Raises:
        ScimError: `uniqueness`; `invalidValue` for members who are not there.
    """
    await _check_name(session, actor, wanted.name, UUID(int=0))
    found = await store.add_group(session, actor.workspace_id, wanted.name, wanted.external_id)
    audit.record(session, actor, "group.created", ("group", found.group.id), after=_audited(found))
    await _change_members(session, actor, found, frozenset(), wanted.members)
    return found


async def update(session: AsyncSession, actor: Actor, found: FoundGroup, wanted: Wanted) -> None:
    """Make a group, which is locked, what it is to be like.

    Raises:
        ScimError: `uniqueness`; `invalidValue` for members who are not there.
    """
    group, kept, before = found.group, found.kept, _audited(found)
    renamed = group.name != wanted.name
    if renamed:
        await _check_name(session, actor, wanted.name, group.id)
    group.name, kept.external_id = wanted.name, wanted.external_id
    after = _audited(found)
    if before != after:
        audit.record(session, actor, "group.updated", ("group", group.id), before=before, after=after)
    await session.flush()
    present = {one.id for one in (await store.members(session, actor.workspace_id, [group.id])).get(group.id, [])}
    changed = await _change_members(session, actor, found, frozenset(present), wanted.members)
    if renamed:  # then it may mean something else
        await _reapply(session, actor, present & wanted.members)
    if changed or before != after:
        kept.version, kept.updated_at = kept.version + 1, await people.now(session)
        await session.flush()


async def remove(session: AsyncSession, actor: Actor, found: FoundGroup) -> None:
    """Delete a group; its members stay."""
    members = (await store.members(session, actor.workspace_id, [found.group.id])).get(found.group.id, [])
    audit.record(session, actor, "group.deleted", ("group", found.group.id), before=_audited(found))
    await store.delete_group(session, actor.workspace_id, found.group.id)
    await _reapply(session, actor, {one.id for one in members})


async def _change_members(
    session: AsyncSession, actor: Actor, found: FoundGroup, present: frozenset[UUID], wanted: frozenset[UUID]
) -> bool:
    """Put in who is missing and take out who is too much; each gets the role that their groups then mean."""
    changed = present ^ wanted
    if not changed:
        return False
    rows = {row.id: row for row in await store.users(session, actor.workspace_id, ScimUser.id.in_(changed), at=None)}
    if unknown := changed - rows.keys():
        raise invalid(f"There is no User {next(iter(sorted(map(str, unknown))))!r} to be a member.")
    for identity in sorted(changed):
        await _move(session, actor, found, rows[identity], joins=identity in wanted)
    await _reapply(session, actor, changed)
    return True


async def _move(session: AsyncSession, actor: Actor, found: FoundGroup, row: ScimUser, *, joins: bool) -> None:
    group_id = found.group.id
    if not row.active:
        rest = [one for one in row.groups if one != group_id]
        row.groups = [*rest, group_id] if joins else rest
        await session.flush()
        return
    value = {"name": found.group.name, "user_id": str(row.user_id)}
    if joins:
        await store.add_member(session, actor.workspace_id, group_id, row.user_id)
        audit.record(session, actor, "group.member_added", ("group", group_id), after=value)
    else:
        await store.remove_member(session, actor.workspace_id, group_id, row.user_id)
        audit.record(session, actor, "group.member_removed", ("group", group_id), before=value)


async def _reapply(session: AsyncSession, actor: Actor, identities: Iterable[UUID]) -> None:
    for identity in sorted(identities):
        row = await store.find_user(session, actor.workspace_id, identity)
        if row is not None:
            await users.reapply(session, actor, row)


async def _check_name(session: AsyncSession, actor: Actor, name: str, but: UUID) -> None:
    # The same lock as that of `api.groups`: both give names to the groups of a workspace.
    await store.lock_names(session, actor.workspace_id, "groups")
    if await store.name_is_taken(session, actor.workspace_id, name, but):
        raise ScimError(409, f"There is a group {name!r} already.", "uniqueness")


def _members(listed: Any) -> Iterable[UUID]:
    if listed is None or not isinstance(listed, list):
        if isinstance(listed, str | dict | int | float):
            raise invalid("`members` must be a list.")
        return
    if len(listed) > MAX_MEMBERS:
        raise invalid(f"A group has at most {MAX_MEMBERS:,} members.", "tooMany")
    for one in listed:
        value = find(one, "value")
        try:
            yield UUID(value if isinstance(value, str) else "")
        except ValueError:
            raise invalid("Each member has the id of a User as its `value`.") from None


def _audited(found: FoundGroup) -> dict[str, Any]:
    return {"name": found.group.name, "description": found.group.description, "directory": True}
