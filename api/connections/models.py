"""Requests and answers about connections; no answer has a place for a secret."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr

from api.identity.models import Body
from schemas.connections.actions import NAME_PATTERN, ActionEffect
from schemas.connections.providers import Address, Endpoints

Name = Annotated[str, Field(pattern=NAME_PATTERN, examples=["team-slack"])]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
Scope = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$")]
ActionName = Annotated[str, Field(min_length=1, max_length=64)]

_NAME_HELP = "How documents refer to it: small letters, digits, dots, hyphens and underscores."
_WORKFLOWS_HELP = "Slugs of the workflows that may use it; null: all of the workspace."
_ALLOWED_HELP = "Names of the actions that may be called; null: all."
_RATE_HELP = "Calls a minute; a step beyond it waits."


class ConnectionStatus(StrEnum):
    """Where a connection stands. Part of the public API."""

    PENDING = "pending"
    """Nobody has given access yet."""
    ACTIVE = "active"
    BROKEN = "broken"
    """The provider does not accept it any more; a person must connect again."""


class ProviderAction(BaseModel):
    """An action that comes with a provider."""

    name: str
    title: str
    effect: ActionEffect
    scopes: list[str] = Field(description="What the account must have granted.")


class ConnectionProvider(BaseModel):
    """A provider of accounts."""

    name: str
    title: str
    description: str
    scopes: list[str] = Field(description="What is asked for if nothing else is said.")
    endpoints: Endpoints | None = Field(description="Null if whoever makes an OAuth client says them.")
    operator_app: bool = Field(description="Whether the operator has an OAuth client that every workspace may use.")
    help_url: str = Field(description="Where one makes an OAuth client.")
    actions: list[ProviderAction]


class ConnectionProviderList(BaseModel):
    """All providers."""

    items: list[ConnectionProvider]
    redirect_uri: str = Field(description="What is entered at the provider as the redirect URI of an OAuth client.")


class CreateConnectionApp(Body):
    """Body of the creation of an OAuth client."""

    name: Name = Field(description="A name for it.")
    provider: str = Field(max_length=100, description="One of GET /v1/connection-providers.", examples=["slack"])
    client_id: str = Field(min_length=1, max_length=1_000, pattern=r"^[\x21-\x7e]+$", examples=["123.456"])
    client_secret: SecretStr | None = Field(
        default=None,
        min_length=6,
        max_length=8_000,
        description="Stored encrypted and never shown again; null for a public client.",
        json_schema_extra={"writeOnly": True},
    )
    endpoints: Endpoints | None = Field(
        default=None, description="Needed for another provider; for a known one instead of its usual ones."
    )


class UpdateConnectionApp(Body):
    """Body of a change; endpoints cannot change, for tokens would follow."""

    client_id: str | None = Field(default=None, min_length=1, max_length=1_000, pattern=r"^[\x21-\x7e]+$")
    client_secret: SecretStr | None = Field(
        default=None, min_length=6, max_length=8_000, json_schema_extra={"writeOnly": True}
    )


class ConnectionApp(BaseModel):
    """An OAuth client of the workspace."""

    id: UUID
    name: str
    provider: str
    client_id: str
    has_secret: bool
    endpoints: Endpoints
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class ConnectionAppList(BaseModel):
    """OAuth clients by name."""

    items: list[ConnectionApp]


class CreateConnection(Body):
    """Body of the creation of a connection; either an OAuth client or a credential authenticates it."""

    name: Name = Field(description=_NAME_HELP)
    provider: str = Field(max_length=100, description="One of GET /v1/connection-providers.", examples=["slack"])
    app: UUID | None = Field(
        default=None, description="OAuth client of the workspace; null: the operator's.", examples=[None]
    )
    credential: str | None = Field(
        default=None,
        max_length=200,
        description="Name or id of a credential instead of OAuth; it must say its `hosts`. Only for `custom`.",
        examples=[None],
    )
    api_url: Address | None = Field(
        default=None, description="With a credential: before the path of every action.", examples=[None]
    )
    description: str = Field(default="", max_length=2_000)
    scopes: Annotated[list[Scope], Field(max_length=100)] | None = Field(
        default=None, description="What is asked for; null: what the provider usually needs.", examples=[None]
    )
    allowed: Annotated[list[ActionName], Field(max_length=500)] | None = Field(default=None, description=_ALLOWED_HELP)
    workflows: Annotated[list[Slug], Field(max_length=200)] | None = Field(default=None, description=_WORKFLOWS_HELP)
    calls_per_minute: int = Field(default=60, ge=1, le=6_000, description=_RATE_HELP)


class UpdateConnection(Body):
    """Body of a change; what is left out stays as it is."""

    description: str | None = Field(default=None, max_length=2_000)
    scopes: Annotated[list[Scope], Field(max_length=100)] | None = Field(
        default=None, description="What is asked for from now on; takes effect when somebody connects again."
    )
    allowed: Annotated[list[ActionName], Field(max_length=500)] | None = Field(default=None, description=_ALLOWED_HELP)
    workflows: Annotated[list[Slug], Field(max_length=200)] | None = Field(default=None, description=_WORKFLOWS_HELP)
    calls_per_minute: int | None = Field(default=None, ge=1, le=6_000, description=_RATE_HELP)


class Connection(BaseModel):
    """A connection without its tokens."""

    id: UUID
    name: str
    provider: str
    provider_title: str
    app: UUID | None = Field(description="OAuth client of the workspace; null: the operator's, or a credential.")
    credential: str | None = Field(description="Name of the credential that authenticates it instead of OAuth.")
    own_access: bool = Field(description="Whether the OAuth client acts for itself, so that nobody signs in.")
    api_url: str | None
    description: str
    scopes: list[str]
    status: ConnectionStatus
    problem: str | None = Field(description="Why it is broken.")
    account: str | None = Field(description="Whose account it is, as the provider says.")
    allowed: list[str] | None = Field(description=_ALLOWED_HELP)
    workflows: list[str] | None = Field(description=_WORKFLOWS_HELP)
    calls_per_minute: int = Field(description=_RATE_HELP)
    expires_at: datetime | None = Field(description="Until when the access token is good; it is renewed before.")
    refreshed_at: datetime | None = Field(description="When the access token was given.")
    last_used_at: datetime | None
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class ConnectionPage(BaseModel):
    """Connections by name."""

    items: list[Connection]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class ConnectionSignIn(BaseModel):
    """Where a person gives access."""

    url: str = Field(description="Open it in the browser of the person who began; it leads back to the web app.")
    expires_at: datetime = Field(description="After it the sign-in counts no more.")


class FinishConnectionSignIn(Body):
    """What the provider has sent back."""

    state: str = Field(min_length=20, max_length=200, examples=["what the provider has sent back as state"])
    code: str | None = Field(default=None, min_length=1, max_length=4_000, json_schema_extra={"writeOnly": True})
    error: str | None = Field(default=None, max_length=300, description="If access was not given.")
    iss: str | None = Field(default=None, max_length=2_000, description="Who has sent the answer, if it says so.")


class ConnectionAction(BaseModel):
    """An action of a connection."""

    name: str
    title: str
    description: str
    effect: ActionEffect
    repeatable: bool = Field(description="Whether the provider knows a repeated call by its key, or nothing changes.")
    method: str
    path: str
    scopes: list[str] = Field(description="What the account must have granted.")
    granted: bool = Field(description="Whether it has, as far as the provider told.")
    enabled: bool = Field(description="Whether it may be called.")
    imported: bool = Field(description="Whether it came from an API description.")
    input_schema: dict[str, Any] = Field(description="JSON Schema of the arguments.")


class ConnectionActionList(BaseModel):
    """Actions of a connection by name."""

    items: list[ConnectionAction]


class ImportActions(Body):
    """An API description whose operations become actions."""

    document: str = Field(
        min_length=2,
        max_length=900_000,
        description="OpenAPI 3 or Swagger 2.0, as JSON or YAML. Calls go to the connection's own address, whatever "
        "the description says.",
        examples=['{"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {}}'],
    )
    operations: Annotated[list[ActionName], Field(max_length=300)] | None = Field(
        default=None, description="Names of those that are wanted; null: all."
    )
    effects: dict[ActionName, ActionEffect] = Field(
        default_factory=dict, description="What some of them may change, if their method does not tell.", examples=[{}]
    )
    idempotency_header: str | None = Field(
        default=None,
        max_length=100,
        pattern=r"^[A-Za-z0-9-]+$",
        description="Header by which this API knows a repeated call, if it has one.",
        examples=[None],
    )
    preview: bool = Field(default=False, description="Only tell what would come of it.")


class LeftOutOperation(BaseModel):
    """An operation that cannot be an action."""

    operation: str
    reason: str


class ImportedActions(BaseModel):
    """What came of an import."""

    items: list[ConnectionAction]
    left_out: list[LeftOutOperation]


class TryConnectionAction(Body):
    """Body of a trial."""

    arguments: dict[str, Any] = Field(default_factory=dict, examples=[{}])


class ActionAnswer(BaseModel):
    """What the provider has answered, without secrets."""

    status: int
    headers: dict[str, str]
    body: Any
    base64: bool = Field(description="Whether `body` is base64, because it is neither JSON nor text.")


class ConnectionCall(BaseModel):
    """One call of an action; neither arguments nor answers are kept."""

    id: UUID
    action: str
    effect: ActionEffect
    run_id: UUID | None = Field(description="Run that made it; null if somebody tried it out.")
    path: str | None = Field(description="Step of the run.")
    actor: str | None = Field(description="Who tried it out.")
    status: int | None = Field(description="HTTP status of the answer, if there was one.")
    error_code: str | None
    milliseconds: int
    created_at: datetime


class ConnectionCallPage(BaseModel):
    """Calls, the newest first."""

    items: list[ConnectionCall]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")
