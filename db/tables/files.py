"""Table `files`: what people upload and steps write."""

from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, OwnedByWorkspace


class File(Base):
    """A file of a workspace; its content never changes."""

    __tablename__ = "files"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("files_workspace_id_folder_created_at_idx", "workspace_id", "folder", text("created_at DESC"), "id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    folder: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    """Left out of a plain `select`."""
    key: Mapped[str | None]
    """Of the step that wrote it."""
    run_id: Mapped[UUID | None]
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
