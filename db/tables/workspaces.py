"""Table `workspaces`: the tenants."""

from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id
from schemas.roles import Role

DEFAULT_WORKSPACE_ID: Final = UUID("00000000-0000-4000-8000-000000000001")
"""The workspace that the first migration creates, slug `default`."""

_IS_ROLE: Final = f"sign_on_role IN ({', '.join(repr(role.value) for role in Role)})"


class Workspace(Base):
    """A tenant; every other row belongs to one."""

    __tablename__ = "workspaces"
    __table_args__ = (CheckConstraint(_IS_ROLE, name="workspaces_sign_on_role_check"),)

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    second_factor_required: Mapped[bool] = mapped_column(server_default=false())
    sign_on_required: Mapped[bool] = mapped_column(server_default=false())
    """Only owners may come in otherwise than by a provider of the workspace."""
    sign_on_role: Mapped[str] = mapped_column(server_default="viewer")
    """Of people whom a provider or the directory brings, unless a group says more."""
    created_at: Mapped[CreatedAt]
