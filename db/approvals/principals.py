"""Who may answer: names become principals when a request is opened, principals become people when one answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Absence, Group, GroupMember, Membership, User
from schemas.approvals import ANYONE, Assignees
from schemas.errors import ErrorCode, PerdureError
from schemas.roles import Role


@dataclass(frozen=True)
class Voter:
    """Somebody who wants to answer."""

    kind: str
    """`user`, `key`, `operator` or `system`."""
    id: UUID | None
    name: str
    role: Role


def user_principal(user_id: UUID) -> str:
    """The principal of one person."""
    return f"user:{user_id}"


async def principals_of(session: AsyncSession, assignees: Assignees) -> list[str]:
    """The principals behind names.

    Raises:
        PerdureError: `invalid_config` naming everybody who does not exist.
    """
    if not assignees.named:
        return [ANYONE]
    users, no_users = await _ids_by_email(session, assignees.users)
    groups, no_groups = await _ids_by_name(session, assignees.groups)
    missing = [f"member {name!r}" for name in no_users] + [f"group {name!r}" for name in no_groups]
    if missing:
        raise PerdureError(
            ErrorCode.INVALID_CONFIG,
            f"The assignees name what this workspace does not have: {', '.join(missing)}. "
            "Correct the node, or add them to the workspace.",
        )
    found = [
        *(f"user:{i}" for i in users),
        *(f"role:{r.value}" for r in assignees.roles),
        *(f"group:{g}" for g in groups),
    ]
    return list(dict.fromkeys(found))


async def principals_of_user(session: AsyncSession, user_id: UUID, role: Role) -> list[str]:
    """All principals that a member answers for by themselves."""
    groups = await session.scalars(select(GroupMember.group_id).where(GroupMember.user_id == user_id))
    return [ANYONE, user_principal(user_id), f"role:{role.value}", *(f"group:{group}" for group in groups)]


async def principals_of_voter(session: AsyncSession, voter: Voter) -> list[str]:
    """The same for whoever calls: a program answers only what is open to anyone."""
    if voter.kind != "user" or voter.id is None:
        return [ANYONE]
    return await principals_of_user(session, voter.id, voter.role)


async def absent_for(session: AsyncSession, substitute_id: UUID) -> list[tuple[UUID, Role]]:
    """Members who are away now and whom somebody answers for."""
    now = func.clock_timestamp()
    query = (
        select(Absence.user_id, Membership.role)
        .join(Membership, Membership.user_id == Absence.user_id)
        .where(Absence.substitute_id == substitute_id, Absence.starts_at <= now, Absence.ends_at > now)
        .distinct()
    )
    return [(row.user_id, Role(row.role)) for row in await session.execute(query)]


async def people_behind(session: AsyncSession, principals: Sequence[str], excluded: Iterable[UUID] = ()) -> set[UUID]:
    """Members with one of these principals who can answer at all; `anyone` names nobody in particular."""
    users = [UUID(p[5:]) for p in principals if p.startswith("user:")]
    roles = [p[5:] for p in principals if p.startswith("role:")]
    groups = [UUID(p[6:]) for p in principals if p.startswith("group:")]
    in_group = select(GroupMember.user_id).where(GroupMember.group_id.in_(groups))
    named = or_(Membership.user_id.in_(users), Membership.role.in_(roles), Membership.user_id.in_(in_group))
    query = (
        select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(named, Membership.role != Role.VIEWER.value, User.disabled_at.is_(None))
    )
    return set(await session.scalars(query)) - set(excluded)


async def _ids_by_email(session: AsyncSession, emails: list[str]) -> tuple[list[UUID], list[str]]:
    if not emails:
        return [], []
    wanted = {email.lower() for email in emails}
    query = select(User.id, func.lower(User.email)).join(Membership, Membership.user_id == User.id)
    found = {row[1]: row[0] for row in await session.execute(query.where(func.lower(User.email).in_(wanted)))}
    return [found[e.lower()] for e in emails if e.lower() in found], [e for e in emails if e.lower() not in found]


async def _ids_by_name(session: AsyncSession, names: list[str]) -> tuple[list[UUID], list[str]]:
    if not names:
        return [], []
    wanted = {name.lower() for name in names}
    query = select(Group.id, func.lower(Group.name)).where(func.lower(Group.name).in_(wanted))
    found = {row[1]: row[0] for row in await session.execute(query)}
    return [found[n.lower()] for n in names if n.lower() in found], [n for n in names if n.lower() not in found]
