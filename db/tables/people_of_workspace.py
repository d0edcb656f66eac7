"""Tables `groups`, `group_members`, `invitations`, `recovery_codes`: the people of a workspace and how they come in."""

from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Moment, OwnedByWorkspace, WorkspaceId
from db.tables.identity import SECRETS
from schemas.roles import Role

_IS_ROLE = f"role IN ({', '.join(repr(role.value) for role in Role)})"


class Group(Base):
    """Members under one name, such as those who may approve refunds."""

    __tablename__ = "groups"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        Index("groups_name_key", "workspace_id", func.lower(text("name")), unique=True),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]


class GroupMember(Base):
    """A member of the workspace in a group; ends with the membership or with the group."""

    __tablename__ = "group_members"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "group_id"], ["groups.workspace_id", "groups.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["workspace_id", "user_id"], ["memberships.workspace_id", "memberships.user_id"], ondelete="CASCADE"
        ),
        Index("group_members_user_idx", "workspace_id", "user_id"),
    )

    workspace_id: Mapped[WorkspaceId]
    group_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[CreatedAt]


class Invitation(Base):
    """A way into a workspace for whoever holds its token; works once."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint(_IS_ROLE, name="invitations_role_check"),
        Index("invitations_token_hash_key", "token_hash", unique=True),
        Index(
            "invitations_open_key",
            "workspace_id",
            func.lower(text("email")),
            unique=True,
            postgresql_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
        ),
        Index("invitations_list_idx", "workspace_id", "created_at", "id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    email: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(
        LargeBinary, deferred=True, deferred_group=SECRETS, deferred_raiseload=True
    )
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    invited_by_name: Mapped[str]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Moment]
    accepted_at: Mapped[Moment | None]
    accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    revoked_at: Mapped[Moment | None]


class RecoveryCode(Base):
    """Takes the place of a code of the second factor, once. Only `Database.identity()` sees it."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    created_at: Mapped[CreatedAt]
    used_at: Mapped[Moment | None]
