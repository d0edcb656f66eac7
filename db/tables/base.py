"""Base of all tables: naming of constraints, column types that every table uses."""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, MetaData, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
}

Id = Annotated[UUID, mapped_column(Uuid, primary_key=True, server_default=text("gen_random_uuid()"))]
"""Primary key, chosen by the writer or by the database."""

WorkspaceId = Annotated[UUID, mapped_column(Uuid, nullable=False)]
"""The tenant a row belongs to; row-level security looks at it. Rows of a run inherit its reference."""

OwnedByWorkspace = Annotated[UUID, mapped_column(Uuid, ForeignKey("workspaces.id"), nullable=False)]
"""The same in tables that refer to the workspace directly."""

CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())]
"""When the row was written."""

Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
"""A point in time, UTC."""

Json = Annotated[Any, mapped_column(JSONB(none_as_null=True))]
"""Any JSON value; Python's `None` is SQL's NULL."""


class Base(DeclarativeBase):
    """Base of the mapped classes."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: Text, UUID: Uuid}
