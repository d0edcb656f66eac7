"""Tables `prompts`, `prompt_versions`, `prompt_labels`: texts for models."""

from uuid import UUID

from sqlalchemy import ARRAY, ForeignKeyConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, OwnedByWorkspace, WorkspaceId


class Prompt(Base):
    """A named text; its content is in its versions."""

    __tablename__ = "prompts"
    __table_args__ = (UniqueConstraint("workspace_id", "name"), UniqueConstraint("workspace_id", "id"))

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]


class PromptVersion(Base):
    """A text as it was saved: never changed, only added."""

    __tablename__ = "prompt_versions"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "prompt_id"], ["prompts.workspace_id", "prompts.id"], ondelete="CASCADE"),
    )

    prompt_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    workspace_id: Mapped[WorkspaceId]
    text: Mapped[str]
    variables: Mapped[list[str]] = mapped_column(ARRAY(Text))
    note: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]


class PromptLabel(Base):
    """Which version of a prompt counts under a label, such as `production`."""

    __tablename__ = "prompt_labels"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "prompt_id"], ["prompts.workspace_id", "prompts.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["prompt_id", "version"], ["prompt_versions.prompt_id", "prompt_versions.version"], ondelete="CASCADE"
        ),
    )

    prompt_id: Mapped[UUID] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    version: Mapped[int]
    updated_at: Mapped[CreatedAt]
    updated_by: Mapped[str]
