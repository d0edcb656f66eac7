"""Tables `users`, `memberships`, `sessions`, `login_tickets`, `throttles`, `api_keys`: who may call.

Hashes and secrets are left out of a plain `select`; `undefer_group(SECRETS)` asks for them, which only a session of
`Database.identity()` may.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Moment, OwnedByWorkspace
from schemas.roles import Role

SECRETS: Final = "secrets"
"""Group of the columns that prove something."""

_IS_ROLE: Final = f"role IN ({', '.join(repr(role.value) for role in Role)})"


class User(Base):
    """A person. Belongs to no workspace; `memberships` say where they may act."""

    __tablename__ = "users"
    __table_args__ = (Index("users_email_key", func.lower("email"), unique=True),)

    id: Mapped[Id]
    email: Mapped[str]
    email_verified_at: Mapped[Moment | None]
    """Since when it is known that the mailbox is theirs."""
    name: Mapped[str]
    password_hash: Mapped[str | None] = mapped_column(deferred=True, deferred_group=SECRETS, deferred_raiseload=True)
    password_changed_at: Mapped[Moment | None] = mapped_column(
        deferred=True, deferred_group=SECRETS, deferred_raiseload=True
    )
    totp_secret_encrypted: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True, deferred_group=SECRETS, deferred_raiseload=True
    )
    totp_confirmed_at: Mapped[Moment | None]
    totp_last_step: Mapped[int | None] = mapped_column(
        BigInteger, deferred=True, deferred_group=SECRETS, deferred_raiseload=True
    )
    disabled_at: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]


class Membership(Base):
    """A person in a workspace."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint(_IS_ROLE, name="memberships_role_check"),
        Index("memberships_user_idx", "user_id"),
    )

    workspace_id: Mapped[OwnedByWorkspace] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str]
    created_at: Mapped[CreatedAt]


class LoginSession(Base):
    """A sign-in on one device, with the family of its refresh tokens."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("sessions_family_key", "family", unique=True),
        Index("sessions_user_idx", "user_id", "created_at"),
        Index("sessions_expiry_idx", "expires_at"),
    )

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    workspace_id: Mapped[OwnedByWorkspace]
    family: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    rotated_at: Mapped[CreatedAt]
    created_at: Mapped[CreatedAt]
    last_used_at: Mapped[CreatedAt]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]
    revoked_because: Mapped[str | None]
    address: Mapped[str] = mapped_column(server_default="")
    user_agent: Mapped[str] = mapped_column(server_default="")
    sign_on_workspace_id: Mapped[UUID | None] = mapped_column(ForeignKey("workspaces.id"))
    """Begun at a provider of that workspace; it counts nowhere else."""


class LoginTicket(Base):
    """A link that can be used once."""

    __tablename__ = "login_tickets"
    __table_args__ = (
        CheckConstraint("purpose IN ('login', 'setup')", name="login_tickets_purpose_check"),
        Index("login_tickets_token_hash_key", "token_hash", unique=True),
    )

    id: Mapped[Id]
    purpose: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    forget_password: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]


class Throttle(Base):
    """Failures under one key, such as an e-mail or a network address."""

    __tablename__ = "throttles"
    __table_args__ = (Index("throttles_changed_idx", "changed_at"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[float] = mapped_column(server_default="0")
    blocked_until: Mapped[Moment | None]
    changed_at: Mapped[CreatedAt]


class ApiKey(Base):
    """A key of a program. It may what its scopes, its role and the present role of its creator all allow."""

    __tablename__ = "api_keys"
    __table_args__ = (
        CheckConstraint(_IS_ROLE, name="api_keys_role_check"),
        Index("api_keys_prefix_key", "prefix", unique=True),
        Index("api_keys_list_idx", "workspace_id", "created_at", "id"),
        Index("api_keys_created_by_idx", "created_by"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    prefix: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(
        LargeBinary, deferred=True, deferred_group=SECRETS, deferred_raiseload=True
    )
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    role: Mapped[str]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Moment | None]
    last_used_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]
