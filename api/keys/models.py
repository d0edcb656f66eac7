"""Requests and answers about API keys."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from api.access.permissions import Permission
from api.identity.models import Body, UserSummary


class KeyState(StrEnum):
    """Whether a key is accepted."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    """Whoever made it is no member any more."""


class CreateKey(Body):
    """Body of the creation of a key."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S", examples=["nightly import"])]
    scopes: Annotated[list[Permission], Field(min_length=1, max_length=len(Permission))] = Field(
        description="What the key may do, at most what its maker may. If the maker loses a permission, so does the key."
    )
    expires_at: AwareDatetime | None = Field(default=None, description="Never by default.")


class Key(BaseModel):
    """An API key without its secret."""

    id: UUID
    name: str
    prefix: str = Field(description="Beginning of the key, to recognise it by.")
    scopes: list[Permission]
    state: KeyState
    created_by: UserSummary | None = Field(description="Null for the operator, and for who is no member any more.")
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To within a minute.")
    revoked_at: datetime | None


class CreatedKey(Key):
    """A new API key."""

    key: str = Field(description="The key itself. Shown only here; nobody can show it again.")


class KeyPage(BaseModel):
    """API keys, the newest first."""

    items: list[Key]
    next_cursor: str | None
