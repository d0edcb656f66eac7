"""Listing members, changing their roles, letting them go."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.access.permissions import GRANTS, Permission
from api.access.person import Person
from api.errors import not_found
from api.members import models, repository, rules
from api.members.repository import Found
from api.requests import decode_moment_cursor, encode_cursor
from api.services import Services
from db import audit
from db.tables import Group
from schemas.roles import Role


async def list_members(
    services: Services,
    workspace_id: UUID,
    *,
    role: Role | None,
    group: UUID | None,
    text: str | None,
    cursor: str | None,
    limit: int,
) -> models.MemberPage:
    """A page of members."""
    after = None if cursor is None else decode_moment_cursor(cursor)
    async with services.database.tenant(workspace_id) as session:
        rows = await repository.list_members(session, role=role, group=group, text=text, after=after, limit=limit + 1)
        groups = await repository.groups_of(session, _ids(rows))
    items = await _described(services, workspace_id, rows[:limit], groups)
    more = encode_cursor(items[-1].joined_at.isoformat(), str(items[-1].user_id)) if len(rows) > limit else None
    return models.MemberPage(items=items, next_cursor=more)


async def get_member(services: Services, workspace_id: UUID, user_id: UUID) -> models.Member:
    """A member.

    Raises:
        RequestError: `not_found`.
    """
    async with services.database.tenant(workspace_id) as session:
        found = await repository.find_member(session, user_id)
        if found is None:
            raise not_found("member", user_id)
        groups = await repository.groups_of(session, [user_id])
    [member] = await _described(services, workspace_id, [found], groups)
    return member


async def change_role(services: Services, caller: Caller, user_id: UUID, role: Role) -> models.Member:
    """Give a member another role.

    Raises:
        RequestError: `not_found`; `forbidden` beyond what the caller may give; `conflict` for the last owner.
    """
    async with services.database.tenant(caller.workspace_id) as session:
        locked = await _locked(session, caller, user_id)
        membership, user = locked[user_id]
        present = Role(membership.role)
        rules.check_reach(caller, present)
        rules.check_gift(caller, role)
        if present is Role.OWNER and role is not Role.OWNER:
            rules.check_owner_remains(locked.values(), user_id)
        if present is not role:
            await repository.set_role(session, user_id, role)
            after = {"email": user.email, "role": role.value, **await _revoked_invitations(session, user_id, role)}
            before = {"email": user.email, "role": present.value}
            audit.record(session, caller.actor, "member.role_changed", ("user", user_id), before=before, after=after)
    services.directory.forget()
    return await get_member(services, caller.workspace_id, user_id)


async def remove_member(services: Services, caller: Caller, user_id: UUID) -> None:
    """Take somebody out of the workspace; their keys stop working with it.

    Raises:
        RequestError: `not_found`; `forbidden` for an owner, unless by an owner; `conflict` for the last owner.
    """
    async with services.database.tenant(caller.workspace_id) as session:
        locked = await _locked(session, caller, user_id)
        rules.check_reach(caller, Role(locked[user_id][0].role))
        await _remove(session, caller, locked, user_id, "member.removed")
    services.directory.forget()


async def leave(services: Services, person: Person) -> None:
    """Leave the workspace in which one acts.

    Raises:
        RequestError: `conflict` for the last owner.
    """
    caller = person.caller
    async with services.database.tenant(caller.workspace_id) as session:
        locked = await _locked(session, caller, person.user_id)
        await _remove(session, caller, locked, person.user_id, "member.left")
    services.directory.forget()


async def _locked(session: AsyncSession, caller: Caller, user_id: UUID) -> dict[UUID, Found]:
    """All owners, the caller, and the member, who is there."""
    wanted = {user_id} if caller.id is None else {user_id, caller.id}
    locked = await repository.lock_members(session, wanted)
    own = None if caller.id is None else locked.get(caller.id)
    rules.check_still(caller, None if own is None else own[0])
    if user_id not in locked:
        raise not_found("member", user_id)
    return locked


async def _remove(session: AsyncSession, caller: Caller, locked: dict[UUID, Found], user_id: UUID, action: str) -> None:
    membership, user = locked[user_id]
    if membership.role == Role.OWNER:
        rules.check_owner_remains(locked.values(), user_id)
    before = {"email": user.email, "role": membership.role}
    after = await _revoked_invitations(session, user_id, None)
    await repository.remove(session, user_id)
    audit.record(session, caller.actor, action, ("user", user_id), before=before, after=after or None)


async def _revoked_invitations(session: AsyncSession, user_id: UUID, role: Role | None) -> dict[str, int]:
    """Revoke the invitations that somebody could not make any more: nobody comes in by a lost right."""
    if role is Role.OWNER:
        return {}
    may_invite = role is not None and Permission.MEMBERS_MANAGE in GRANTS[role]
    count = await repository.revoke_invitations(session, user_id, [Role.OWNER] if may_invite else list(Role))
    return {"invitations_revoked": count} if count else {}


def _ids(rows: list[Found]) -> list[UUID]:
    return [membership.user_id for membership, _ in rows]


async def _described(
    services: Services, workspace_id: UUID, rows: list[Found], groups: dict[UUID, list[Group]]
) -> list[models.Member]:
    async with services.database.identity() as session:
        seen = await repository.last_seen(session, workspace_id, _ids(rows))
    return [
        models.Member(
            user_id=user.id,
            email=user.email,
            email_verified=user.email_verified_at is not None,
            name=user.name,
            role=Role(membership.role),
            groups=[models.GroupOfMember(id=group.id, name=group.name) for group in groups.get(user.id, ())],
            second_factor=user.totp_confirmed_at is not None,
            disabled=user.disabled_at is not None,
            joined_at=membership.created_at,
            last_seen_at=seen.get(user.id),
        )
        for membership, user in rows
    ]
