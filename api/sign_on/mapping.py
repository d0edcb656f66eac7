"""From the groups of a company to roles and groups here; the same for ID tokens and for the directory."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.permissions import GRANTS, Permission
from db import audit
from db.audit import Actor
from db.tables import Group, GroupMapping, GroupMember, Invitation, Membership, User, Workspace
from schemas.roles import Role

_BY_RANK: Final = sorted(Role, key=lambda role: len(GRANTS[role]), reverse=True)

Locked = tuple[Membership, datetime | None]
"""A membership, and since when the account is closed."""


@dataclass(frozen=True)
class Meant:
    """What the groups of somebody mean."""

    role: Role | None
    """Nothing if roles do not follow from groups at all."""
    joined: frozenset[UUID]
    managed: frozenset[UUID]
    """Groups here that follow from groups there: whoever is not meant to be in one leaves it."""


def meaning(mappings: Iterable[GroupMapping], groups: Collection[str], default: Role) -> Meant:
    """What groups mean by the mappings; of several roles, the one with the most rights counts."""
    known = {name.casefold() for name in groups}
    rules = list(mappings)
    hits = [rule for rule in rules if rule.external.casefold() in known]
    given = {Role(rule.role) for rule in hits if rule.role is not None}
    by_groups = any(rule.role is not None for rule in rules)
    role = next((one for one in _BY_RANK if one in given), default) if by_groups else None
    return Meant(
        role=role,
        joined=frozenset(rule.group_id for rule in hits if rule.group_id is not None),
        managed=frozenset(rule.group_id for rule in rules if rule.group_id is not None),
    )


async def load(session: AsyncSession, workspace_id: UUID) -> list[GroupMapping]:
    """The mappings of a workspace, in order."""
    query = select(GroupMapping).where(GroupMapping.workspace_id == workspace_id).order_by(GroupMapping.position)
    return list(await session.scalars(query))


async def apply(session: AsyncSession, actor: Actor, user: User, groups: Collection[str], *, new: bool = False) -> Role:
    """Make somebody a member with the role and the groups that their groups mean.

    Args:
        session: Of `Database.identity()`.
        actor: Who is said to do it; its workspace is meant.
        user: Who.
        groups: Names of their groups in the company.
        new: Whether they become a member.

    Returns:
        The role that they have now.
    """
    workspace_id = actor.workspace_id
    default = Role(await _default_role(session, workspace_id))
    meant = meaning(await load(session, workspace_id), groups, default)
    role = meant.role or default
    if not (new and await _join(session, actor, user, role)):
        locked = await locked_members(session, workspace_id, user.id)
        if user.id not in locked:
            raise LookupError("whoever is no member cannot be given a role")
        role = await _change_role(session, actor, user, locked, meant.role)
    await _change_groups(session, actor, user, meant)
    return role


async def _join(session: AsyncSession, actor: Actor, user: User, role: Role) -> bool:
    """Make somebody a member; false if they have become one in the meantime."""
    row = insert(Membership).values(workspace_id=actor.workspace_id, user_id=user.id, role=role.value)
    if await session.scalar(row.on_conflict_do_nothing().returning(Membership.user_id)) is None:
        return False
    after = {"email": user.email, "role": role.value}
    audit.record(session, actor, "member.provisioned", ("user", user.id), after=after)
    return True


async def locked_members(session: AsyncSession, workspace_id: UUID, user_id: UUID) -> dict[UUID, Locked]:
    """Somebody's membership and all owners, locked in the order in which `api.members` locks them."""
    query = (
        select(Membership, User.disabled_at)
        .join(User, User.id == Membership.user_id)
        .where(Membership.workspace_id == workspace_id)
        .where(or_(Membership.user_id == user_id, Membership.role == Role.OWNER.value))
        .order_by(Membership.user_id)
        .with_for_update(of=Membership)
        .execution_options(populate_existing=True)
    )
    return {row[0].user_id: (row[0], row[1]) for row in await session.execute(query)}


def is_sole_owner(locked: Mapping[UUID, Locked], user_id: UUID) -> bool:
    """Whether the workspace would have no owner without somebody. Owners whose account is closed do not count."""
    owners = {one for one, (membership, _) in locked.items() if membership.role == Role.OWNER}
    return user_id in owners and all(locked[one][1] is not None for one in owners - {user_id})


async def revoke_invitations(session: AsyncSession, workspace_id: UUID, user_id: UUID, role: Role | None) -> int:
    """Revoke what somebody could not invite any more: nobody comes in by a lost right."""
    if role is Role.OWNER:
        return 0
    may_invite = role is not None and Permission.MEMBERS_MANAGE in GRANTS[role]
    lost = [Role.OWNER.value] if may_invite else [one.value for one in Role]
    revoked = update(Invitation).where(
        Invitation.workspace_id == workspace_id,
        Invitation.invited_by == user_id,
        Invitation.role.in_(lost),
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    ended = revoked.values(revoked_at=func.clock_timestamp()).returning(Invitation.id)
    return len((await session.execute(ended)).all())


async def _change_role(
    session: AsyncSession, actor: Actor, user: User, locked: Mapping[UUID, Locked], meant: Role | None
) -> Role:
    role = Role(locked[user.id][0].role)
    if meant is None or meant is role:
        return role
    if is_sole_owner(locked, user.id):
        return role  # a workspace never loses its last owner, whatever the company says
    key = (Membership.workspace_id == actor.workspace_id, Membership.user_id == user.id)
    await session.execute(update(Membership).where(*key).values(role=meant.value))
    before, after = {"email": user.email, "role": role.value}, {"email": user.email, "role": meant.value}
    revoked = await revoke_invitations(session, actor.workspace_id, user.id, meant)
    more = {"invitations_revoked": revoked} if revoked else {}
    audit.record(session, actor, "member.role_changed", ("user", user.id), before=before, after={**after, **more})
    return meant


async def _change_groups(session: AsyncSession, actor: Actor, user: User, meant: Meant) -> None:
    if not meant.managed:
        return
    own = (GroupMember.workspace_id == actor.workspace_id, GroupMember.user_id == user.id)
    query = select(GroupMember.group_id).where(*own, GroupMember.group_id.in_(meant.managed))
    present = set(await session.scalars(query))
    names = await _group_names(session, actor.workspace_id, meant.managed)
    for group_id in sorted(meant.joined - present):
        values = {"workspace_id": actor.workspace_id, "group_id": group_id, "user_id": user.id}
        await session.execute(insert(GroupMember).values(**values).on_conflict_do_nothing())
        _audit_group(session, actor, "group.member_added", group_id, names, user)
    for group_id in sorted(present - meant.joined):
        await session.execute(delete(GroupMember).where(*own, GroupMember.group_id == group_id))
        _audit_group(session, actor, "group.member_removed", group_id, names, user)


def _audit_group(
    session: AsyncSession, actor: Actor, action: str, group_id: UUID, names: dict[UUID, str], user: User
) -> None:
    value = {"name": names.get(group_id, ""), "user_id": str(user.id)}
    side: dict[str, Any] = {"after" if action.endswith("added") else "before": value}
    audit.record(session, actor, action, ("group", group_id), **side)


async def _default_role(session: AsyncSession, workspace_id: UUID) -> str:
    return (await session.execute(select(Workspace.sign_on_role).where(Workspace.id == workspace_id))).scalar_one()


async def _group_names(session: AsyncSession, workspace_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    query = select(Group.id, Group.name).where(Group.workspace_id == workspace_id, Group.id.in_(ids))
    return {row[0]: row[1] for row in await session.execute(query)}
