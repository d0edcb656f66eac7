"""Queries that find out who calls."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer_group

from api.access.opaque_tokens import same
from api.access.permissions import GRANTS, Permission
from db.tables import SECRETS, ApiKey, LoginSession, Membership, User, Workspace
from schemas.roles import Role

_NOTED_EVERY: Final = func.make_interval(0, 0, 0, 0, 0, 1)
"""Minutes between two notes that a key is used."""

_MAY_COME_OTHERWISE: Final = or_(~Workspace.sign_on_required, Membership.role == Role.OWNER.value)
"""Than by sign-on: owners always may, so that a provider that is away or wrong locks nobody out for good."""

_LACKS_SECOND_FACTOR: Final = Workspace.second_factor_required & User.totp_confirmed_at.is_(None)


@dataclass(frozen=True)
class SessionOwner:
    """A signed-in person in a workspace."""

    user_id: UUID
    email: str
    role: Role
    lacks_second_factor: bool
    """The workspace asks for one."""
    expires_at: datetime
    confined: bool
    """The session was begun at a provider of the workspace."""

    @property
    def counts(self) -> bool:
        """Whether the session has not expired meanwhile."""
        return self.expires_at > datetime.now(UTC)


@dataclass(frozen=True)
class KeyOwner:
    """An API key."""

    key_id: UUID
    workspace_id: UUID
    name: str
    role: Role
    permissions: frozenset[Permission]
    lacks_second_factor: bool
    """Whoever made it lacks it."""
    secret_hash: bytes
    expires_at: datetime | None

    @property
    def counts(self) -> bool:
        """Whether the key has not expired meanwhile."""
        return self.expires_at is None or self.expires_at > datetime.now(UTC)

    def proved_by(self, secret_hash: bytes) -> bool:
        """Whether a secret is that of the key."""
        return same(secret_hash, self.secret_hash)


async def find_session_owner(session: AsyncSession, session_id: UUID, workspace_id: UUID) -> SessionOwner | None:
    """The person of a session, unless it has ended, the account is closed, or they are no member."""
    by_sign_on = LoginSession.sign_on_workspace_id.is_not(None)
    # Whoever signs in at the company has shown there what the company wants to see.
    lacks = _LACKS_SECOND_FACTOR & ~by_sign_on
    query = (
        select(User.id, User.email, Membership.role, lacks, LoginSession.expires_at, by_sign_on)
        .join(LoginSession, LoginSession.user_id == User.id)
        .join(Membership, Membership.user_id == User.id)
        .join(Workspace, Workspace.id == Membership.workspace_id)
        .where(
            LoginSession.id == session_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > func.now(),
            User.disabled_at.is_(None),
            Membership.workspace_id == workspace_id,
            or_(LoginSession.sign_on_workspace_id == workspace_id, _MAY_COME_OTHERWISE & ~by_sign_on),
        )
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else SessionOwner(row[0], row[1], Role(row[2]), row[3], row[4], row[5])


async def find_key_owner(session: AsyncSession, prefix: str, secret_hash: bytes) -> KeyOwner | None:
    """A key, unless the secret is wrong, it has ended, or whoever made it is no member any more."""
    query = (
        select(ApiKey, Membership.role, User.disabled_at, _LACKS_SECOND_FACTOR)
        .options(undefer_group(SECRETS))
        .join(Workspace, Workspace.id == ApiKey.workspace_id)
        .outerjoin(User, User.id == ApiKey.created_by)
        .outerjoin(
            Membership, (Membership.user_id == ApiKey.created_by) & (Membership.workspace_id == ApiKey.workspace_id)
        )
        .where(
            ApiKey.prefix == prefix,
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now()),
        )
    )
    row = (await session.execute(query)).one_or_none()
    if row is None or not same(secret_hash, row[0].secret_hash):
        return None
    key, creators_role, creator_disabled_at, lacks_second_factor = row
    if key.created_by is not None and (creators_role is None or creator_disabled_at is not None):
        return None
    await _note_use(session, key.id)
    lacks = key.created_by is not None and lacks_second_factor
    return _key_owner(key, None if creators_role is None else Role(creators_role), lacks_second_factor=lacks)


def _key_owner(key: ApiKey, creators_role: Role | None, *, lacks_second_factor: bool) -> KeyOwner:
    """What the key may: what its scopes, its role and the present role of its creator all allow."""
    role = Role(key.role)
    permissions = frozenset(granted for granted in GRANTS[role] if granted in key.scopes)
    if creators_role is not None:
        permissions &= GRANTS[creators_role]
    return KeyOwner(
        key_id=key.id,
        workspace_id=key.workspace_id,
        name=key.name,
        role=role,
        permissions=permissions,
        lacks_second_factor=lacks_second_factor,
        secret_hash=key.secret_hash,
        expires_at=key.expires_at,
    )


async def _note_use(session: AsyncSession, key_id: UUID) -> None:
    """At most once a minute, whatever the number of calls and of processes."""
    now = func.clock_timestamp()
    long_ago = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < now - _NOTED_EVERY)
    await session.execute(update(ApiKey).where(ApiKey.id == key_id, long_ago).values(last_used_at=now))
