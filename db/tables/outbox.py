"""Table `outbox`: signals to workflows, written in the transaction that causes them."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Moment, OwnedByWorkspace


class OutboxRow(Base):
    """A signal that is still to be delivered, or was."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_due_idx", "next_attempt_at", postgresql_where=text("delivered_at IS NULL")),
        Index("outbox_order_idx", "workflow_id", "id", postgresql_where=text("delivered_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    workspace_id: Mapped[OwnedByWorkspace]
    run_id: Mapped[UUID]
    workflow_id: Mapped[str]
    signal: Mapped[str]
    payload: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
    delivered_at: Mapped[Moment | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[CreatedAt]
    last_error: Mapped[str | None]
