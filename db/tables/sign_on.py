"""Tables of signing in at a company's identity provider, and of its directory (SCIM)."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Moment, OwnedByWorkspace
from db.tables.identity import SECRETS
from schemas.roles import Role

_IS_ROLE = f"role IN ({', '.join(repr(role.value) for role in Role)})"


class SignOnProvider(Base):
    """An identity provider, as the owner of a workspace has configured it."""

    __tablename__ = "sign_on_providers"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        Index("sign_on_providers_name_key", "workspace_id", func.lower(text("name")), unique=True),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    name: Mapped[str]
    issuer: Mapped[str]
    client_id: Mapped[str]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The client secret; nothing for a public client."""
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    algorithms: Mapped[list[str]] = mapped_column(ARRAY(Text))
    domains: Mapped[list[str]] = mapped_column(ARRAY(Text))
    groups_claim: Mapped[str]
    trust_email: Mapped[bool]
    create_accounts: Mapped[bool]
    enabled: Mapped[bool]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class SignOnAttempt(Base):
    """A sign-in that is under way at a provider. Only `Database.identity()` sees it."""

    __tablename__ = "sign_on_attempts"
    __table_args__ = (
        Index("sign_on_attempts_expiry_idx", "expires_at"),
        Index("sign_on_attempts_provider_idx", "provider_id"),
    )

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("sign_on_providers.id", ondelete="CASCADE"))
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Nonce and code verifier."""
    redirect_uri: Mapped[str]
    expires_at: Mapped[Moment]


class SignOnIdentity(Base):
    """Who somebody is at a provider."""

    __tablename__ = "sign_on_identities"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "provider_id"],
            ["sign_on_providers.workspace_id", "sign_on_providers.id"],
            ondelete="CASCADE",
        ),
        Index("sign_on_identities_user_idx", "user_id"),
    )

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[OwnedByWorkspace]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    email: Mapped[str]
    created_at: Mapped[CreatedAt]
    last_used_at: Mapped[CreatedAt]


class GroupMapping(Base):
    """What being in a group of the company means in the workspace."""

    __tablename__ = "group_mappings"
    __table_args__ = (
        CheckConstraint(_IS_ROLE, name="group_mappings_role_check"),
        ForeignKeyConstraint(["workspace_id", "group_id"], ["groups.workspace_id", "groups.id"], ondelete="CASCADE"),
        Index("group_mappings_group_idx", "group_id"),
    )

    workspace_id: Mapped[OwnedByWorkspace] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    external: Mapped[str]
    role: Mapped[str | None]
    group_id: Mapped[UUID | None]


class ScimToken(Base):
    """Proves that the directory of the company calls."""

    __tablename__ = "scim_tokens"
    __table_args__ = (
        Index("scim_tokens_prefix_key", "prefix", unique=True),
        Index("scim_tokens_list_idx", "workspace_id", "created_at", "id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    prefix: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(
        LargeBinary, deferred=True, deferred_group=SECRETS, deferred_raiseload=True
    )
    name: Mapped[str]
    created_by_name: Mapped[str]
    created_at: Mapped[CreatedAt]
    last_used_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]


class ScimUser(Base):
    """A person as the directory knows them."""

    __tablename__ = "scim_users"
    __table_args__ = (
        UniqueConstraint("workspace_id", "user_id"),
        Index("scim_users_name_key", "workspace_id", func.lower(text("user_name")), unique=True),
        Index("scim_users_external_idx", "workspace_id", "external_id"),
        Index("scim_users_user_idx", "user_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    user_name: Mapped[str]
    external_id: Mapped[str | None]
    active: Mapped[bool]
    owns_account: Mapped[bool]
    """The directory has made the account."""
    attributes: Mapped[Any] = mapped_column(JSONB)
    groups: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default="{}")
    """Of somebody who is not active."""
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class ScimGroup(Base):
    """A group that the directory keeps."""

    __tablename__ = "scim_groups"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "group_id"], ["groups.workspace_id", "groups.id"], ondelete="CASCADE"),
        Index("scim_groups_list_idx", "workspace_id", "group_id"),
    )

    group_id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[OwnedByWorkspace]
    external_id: Mapped[str | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    updated_at: Mapped[CreatedAt]
