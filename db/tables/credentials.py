"""Table `credentials`: secrets that steps use, encrypted."""

from uuid import UUID

from sqlalchemy import ARRAY, ForeignKeyConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Json, Moment, OwnedByWorkspace


class Credential(Base):
    """A named secret of a workspace."""

    __tablename__ = "credentials"
    __table_args__ = (
        UniqueConstraint("workspace_id", "name"),
        UniqueConstraint("workspace_id", "id"),
        ForeignKeyConstraint(["workspace_id", "store_id"], ["secret_stores.workspace_id", "secret_stores.id"]),
        Index("credentials_store_idx", "store_id", postgresql_where=text("store_id IS NOT NULL")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    name: Mapped[str]
    type: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    public: Mapped[Json] = mapped_column(nullable=False, server_default="{}")
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    """Left out of a plain `select`: only the vault of a worker asks for it."""
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Names of what is in `sealed`."""
    hint: Mapped[str | None]
    store_id: Mapped[UUID | None]
    source: Mapped[Json | None]
    """`schemas.secret_stores.SecretSource`: where the value is, if another store keeps it."""
    workflows: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    hosts: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    updated_at: Mapped[CreatedAt]
    updated_by: Mapped[str]
    value_changed_at: Mapped[CreatedAt]
    last_used_at: Mapped[Moment | None]
