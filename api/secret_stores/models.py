"""Requests and answers about stores; no answer has a place for a secret."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr

from api.identity.models import Body
from schemas.connections.actions import NAME_PATTERN
from schemas.secret_stores import StoreSettings

Name = Annotated[str, Field(pattern=NAME_PATTERN, examples=["vault"])]
Proof = Annotated[
    SecretStr,
    Field(
        min_length=6,
        max_length=8_000,
        description="What signs in there: the token, or the secret id of the role. Stored encrypted, never shown.",
        json_schema_extra={"writeOnly": True},
    ),
]


class CreateSecretStore(Body):
    """Body of the creation of a store."""

    name: Name
    settings: StoreSettings
    secret: Proof
    is_default: bool = Field(
        default=False, description="Whether credentials that name no store are read from here, if they have a source."
    )


class UpdateSecretStore(Body):
    """Body of a change; what is left out stays as it is."""

    settings: StoreSettings | None = Field(
        default=None, description="All settings. To change them, enter the secret again.", examples=[None]
    )
    secret: Proof | None = Field(default=None, examples=[None])
    is_default: bool | None = None


class SecretStore(BaseModel):
    """A store without what signs in to it."""

    id: UUID
    name: str
    settings: StoreSettings
    is_default: bool
    credentials: int = Field(description="How many credentials have their values there.")
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class SecretStoreList(BaseModel):
    """Stores by name."""

    items: list[SecretStore]


class SecretStoreCheck(BaseModel):
    """What came of a test."""

    message: str
