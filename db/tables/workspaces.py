"""Table `workspaces`: the tenants."""

from typing import Final
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id

DEFAULT_WORKSPACE_ID: Final = UUID("00000000-0000-4000-8000-000000000001")
"""The workspace that the first migration creates, slug `default`."""


class Workspace(Base):
    """A tenant; every other row belongs to one."""

    __tablename__ = "workspaces"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[CreatedAt]
