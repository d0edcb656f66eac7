"""Requests and answers about credentials; no answer has a place for a value."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.identity.models import Body
from schemas.credentials.references import REFERENCE_PATTERN
from schemas.secret_stores import StorePath

Name = Annotated[str, Field(pattern=REFERENCE_PATTERN, examples=["stripe"])]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
HostRule = Annotated[str, Field(max_length=300, pattern=r"^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*(:[1-9][0-9]{0,4})?$")]

_NAME_HELP = "How documents refer to it: small letters, digits, dots, hyphens and underscores."
_WORKFLOWS_HELP = "Slugs of the workflows that may use it; null: all of the workspace."
_HOSTS_HELP = (
    "Where it may be sent: `host`, `host:port` or `*.domain`. Null: to the address that is written out in the workflow."
)
_SECRET: dict[str, Any] = {"writeOnly": True}


class CredentialSource(Body):
    """Where the value is, if another store keeps it: it is read when a step needs it, and never stored here."""

    store: str | None = Field(
        default=None, max_length=100, description="Name or id of the store; null: the workspace's own choice."
    )
    path: StorePath = Field(description="Path of the secret below the mount, without `data/`.", examples=["apps/shop"])
    version: int | None = Field(default=None, ge=1, description="Which version; null: the newest.")
    keys: dict[str, Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=dict,
        max_length=50,
        description="Key in the secret by field of the type, where they are not named alike.",
        examples=[{"token": "api_key"}],
    )


class CreateCredential(Body):
    """Body of the creation of a credential."""

    name: Name = Field(description=_NAME_HELP)
    type: str = Field(max_length=100, description="One of GET /v1/credential-types.", examples=["bearer"])
    description: str = Field(default="", max_length=2_000, description="What it is for.")
    public: dict[str, Any] = Field(
        default_factory=dict, description="Fields of the type that are not secret.", examples=[{}]
    )
    secret: dict[str, Any] | None = Field(
        default=None,
        description="Secret fields of the type. Stored encrypted and never shown again. Needed without `source`.",
        json_schema_extra=_SECRET,
        examples=[{"token": "the token, as its issuer shows it"}],
    )
    source: CredentialSource | None = Field(
        default=None, description="Where the value is, instead of `secret`.", examples=[None]
    )
    workflows: Annotated[list[Slug], Field(max_length=200)] | None = Field(default=None, description=_WORKFLOWS_HELP)
    hosts: Annotated[list[HostRule], Field(max_length=50)] | None = Field(default=None, description=_HOSTS_HELP)


class UpdateCredential(Body):
    """Body of a change; what is left out stays as it is."""

    name: Name | None = Field(default=None, description=_NAME_HELP)
    description: str | None = Field(default=None, max_length=2_000, description="What it is for.")
    public: dict[str, Any] | None = Field(
        default=None,
        description="All fields that are not secret. Changing them needs `secret` too, for they say where it goes.",
        examples=[None],
    )
    secret: dict[str, Any] | None = Field(
        default=None,
        description="The new value, all secret fields of it.",
        json_schema_extra=_SECRET,
        examples=[{"token": "the new token"}],
    )
    source: CredentialSource | None = Field(
        default=None, description="Another place of a value that a store keeps.", examples=[None]
    )
    workflows: Annotated[list[Slug], Field(max_length=200)] | None = Field(default=None, description=_WORKFLOWS_HELP)
    hosts: Annotated[list[HostRule], Field(max_length=50)] | None = Field(
        default=None, description=_HOSTS_HELP + " Allowing more of them needs `secret` too.", examples=[None]
    )


class Credential(BaseModel):
    """A credential without its value."""

    id: UUID
    name: str
    type: str
    description: str
    public: dict[str, Any] = Field(description="Fields that are not secret.")
    fields: list[str] = Field(description="Names of its secret fields.")
    source: CredentialSource | None = Field(description="Where the value is, if another store keeps it.")
    hint: str | None = Field(description="The last four characters of a long value, to recognise it by.")
    workflows: list[str] | None = Field(description=_WORKFLOWS_HELP)
    hosts: list[str] | None = Field(description=_HOSTS_HELP)
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    value_changed_at: datetime = Field(description="When the value was last replaced.")
    last_used_at: datetime | None = Field(description="When a step last used it, to within a minute.")


class CredentialPage(BaseModel):
    """Credentials by name."""

    items: list[Credential]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class TestCredential(Body):
    """Body of a test."""

    url: Annotated[str, Field(max_length=8_000)] | None = Field(
        default=None,
        description="Who is asked, by GET; must be one of the `hosts` of the credential. A model provider is asked for "
        "its models instead.",
        examples=["https://api.example.com/v1/me"],
    )


class Verdict(StrEnum):
    """What came of a test."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    """Nobody answered, or the answer says nothing about the credential."""


class CredentialTest(BaseModel):
    """What came of a test; of the answer of the other side, only the status is told."""

    result: Verdict
    status: int | None = Field(description="HTTP status of the answer, if there was one.")
    message: str


class VersionUse(BaseModel):
    """A version that refers to a credential."""

    workflow: str = Field(description="Slug.")
    name: str
    version: int = Field(description="Its number; 0 for a draft that was tried out.")
    nodes: list[str] = Field(description="Dotted paths of the nodes that use it.")
    newest: bool = Field(description="Whether new runs of the workflow run this version.")
    unfinished_runs: int = Field(description="Runs of this version that have not ended.")


class DraftUse(BaseModel):
    """A draft that refers to a credential."""

    workflow: str = Field(description="Slug.")
    name: str
    nodes: list[str]


class CredentialUsage(BaseModel):
    """Where a credential is used."""

    versions: list[VersionUse] = Field(description="By workflow, the newest version first; at most a thousand.")
    drafts: list[DraftUse]


class CredentialType(BaseModel):
    """A type of credentials."""

    name: str
    title: str
    description: str
    available: bool = Field(description="Whether one can be made.")
    sendable: bool = Field(description="Whether `$credential` markers in a request may stand for its fields.")
    main: str | None = Field(description="The secret field that a marker without `field` stands for.")
    public_schema: dict[str, Any] = Field(description="JSON Schema of `public`.")
    secret_schema: dict[str, Any] = Field(description="JSON Schema of `secret`.")


class CredentialTypeList(BaseModel):
    """All types."""

    items: list[CredentialType]
