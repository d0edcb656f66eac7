"""The types of credentials: of each, the fields that are secret, those that are not, and what steps may do with it."""

import base64
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

MIN_SECRET_CHARS: Final = 6
"""Shorter values could not be kept out of results and logs: they turn up in ordinary text."""

MAX_SECRET_CHARS: Final = 20_000
_MAX_FIELDS: Final = 50
_FIELD_NAME: Final = r"^[A-Za-z_][A-Za-z0-9_.-]{0,99}$"
_WEBHOOK_KEY_BYTES: Final = range(24, 65)
"""As Standard Webhooks has it."""

_WRITE_ONLY: Final[dict[str, JsonValue]] = {"writeOnly": True, "format": "password"}

Text = Annotated[str, StringConstraints(min_length=MIN_SECRET_CHARS, max_length=MAX_SECRET_CHARS)]
Token = Annotated[
    str,
    StringConstraints(
        # A pasted value often brings a line break along; no other is possible in a header.
        strip_whitespace=True,
        min_length=MIN_SECRET_CHARS,
        max_length=8_000,
        pattern=r"^[\x20-\x7e]*$",
    ),
]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$")]


class Fields(BaseModel):
    """Base of the fields of a type."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoFields(Fields):
    """A type without fields of that kind."""


class ApiKeyPublic(Fields):
    """Where an API key goes."""

    place: Literal["header", "query", "path"] = Field(
        default="header", description="Sent as header, in the query, or in the path of the address."
    )
    name: HeaderName = Field(
        default="X-API-Key",
        description="Name of the header or the query parameter; in a path, what stands for it, as in /bot{name}/.",
    )


class ApiKeySecret(Fields):
    """An API key."""

    key: Token = Field(description="The key.", json_schema_extra=_WRITE_ONLY)


class BearerSecret(Fields):
    """A bearer token."""

    token: Token = Field(description="The token, without the word Bearer.", json_schema_extra=_WRITE_ONLY)


class BasicPublic(Fields):
    """Who signs in."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^:\x00-\x1f\x7f]+$")] = Field(
        description="User name; it may not hold a colon."
    )


class BasicSecret(Fields):
    """A password."""

    password: Annotated[Text, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$")] = Field(
        description="The password.", json_schema_extra=_WRITE_ONLY
    )


class HeaderPublic(Fields):
    """A header."""

    name: HeaderName = Field(description="Name of the header.")


class HeaderSecret(Fields):
    """The value of a header."""

    value: Token = Field(description="The whole value of the header.", json_schema_extra=_WRITE_ONLY)


class LlmProviderPublic(Fields):
    """A provider of models."""

    provider: Literal["openai", "anthropic", "other"] = Field(
        description="Whose API it speaks. `other` speaks OpenAI's to a base URL; without one, the prefix of the "
        "model's name, as in mistral/…, says who is called."
    )
    base_url: (
        Annotated[str, StringConstraints(max_length=2_000, pattern=r"^https?://[^\s/?#@\\]+[^\s?#@\\]*$")] | None
    ) = Field(default=None, description="Address of the API, if it is not the provider's own.")


class LlmProviderSecret(Fields):
    """The key of a provider."""

    api_key: Token = Field(description="The key.", json_schema_extra=_WRITE_ONLY)


class PostgresPublic(Fields):
    """Which database, and who asks it."""

    host: Annotated[str, StringConstraints(to_lower=True, pattern=r"^[a-z0-9.:_-]{1,253}$")] = Field(
        description="Host name or address of the server."
    )
    port: int = Field(default=5432, ge=1, le=65_535, description="Port of the server.")
    database: Annotated[str, StringConstraints(min_length=1, max_length=63)] = Field(description="The database.")
    username: Annotated[str, StringConstraints(min_length=1, max_length=63)] = Field(
        description="User; one that may do no more than its tools need, such as only read."
    )
    tls: Literal["verify", "require", "off"] = Field(
        default="verify",
        description="Whether the certificate is checked; `require` encrypts without knowing for whom, `off` does not.",
    )


class PostgresSecret(Fields):
    """A password."""

    password: Text = Field(description="The password.", json_schema_extra=_WRITE_ONLY)


class WebhookSigningSecret(Fields):
    """What webhooks are signed with."""

    secret: Token = Field(
        description="`whsec_` and the base64 form of 24 to 64 random bytes.", json_schema_extra=_WRITE_ONLY
    )

    @model_validator(mode="after")
    def _is_key(self) -> Self:
        try:
            key = base64.b64decode(self.secret.removeprefix("whsec_"), validate=True)
        except ValueError:
            key = b""
        if len(key) not in _WEBHOOK_KEY_BYTES:
            raise ValueError("a signing secret is whsec_ and the base64 form of 24 to 64 bytes")
        return self


class _Named(BaseModel):
    """Fields of the author's choice."""

    model_config = ConfigDict(extra="allow", frozen=True)
    least: ClassVar[int] = 0

    @model_validator(mode="after")
    def _count(self) -> Self:
        names = self.model_extra or {}
        if not self.least <= len(names) <= _MAX_FIELDS:
            raise ValueError(f"give {self.least} to {_MAX_FIELDS} named fields")
        return self


_FieldName = Annotated[str, StringConstraints(pattern=_FIELD_NAME)]


class GenericPublic(_Named):
    """What is not secret, by name."""

    __pydantic_extra__: dict[_FieldName, Annotated[str, StringConstraints(max_length=2_000)]]


class GenericSecret(_Named):
    """Secret values by name."""

    least: ClassVar[int] = 1
    __pydantic_extra__: dict[_FieldName, Text]


class CredentialType(BaseModel):
    """A type of credentials."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    name: str
    title: str
    description: str
    public: type[BaseModel] = NoFields
    secret: type[BaseModel] = NoFields
    main: str | None = Field(default=None, description="The secret field that a marker without `field` means.")
    sendable: bool = Field(default=True, description="Whether a marker may put it into a request.")
    available: bool = Field(default=True, description="Whether one can be made already.")


_TYPES: Final = (
    CredentialType(
        name="api_key",
        title="API key",
        description="A key that is sent as a header, in the query or in the path.",
        public=ApiKeyPublic,
        secret=ApiKeySecret,
        main="key",
    ),
    CredentialType(
        name="bearer",
        title="Bearer token",
        description="Sent as `Authorization: Bearer …`.",
        secret=BearerSecret,
        main="token",
    ),
    CredentialType(
        name="basic",
        title="User name and password",
        description="Sent as `Authorization: Basic …`.",
        public=BasicPublic,
        secret=BasicSecret,
        main="password",
    ),
    CredentialType(
        name="header",
        title="Header",
        description="A header with a secret value.",
        public=HeaderPublic,
        secret=HeaderSecret,
        main="value",
    ),
    CredentialType(
        name="oauth2",
        title="OAuth 2",
        description="Tokens that are renewed by themselves; reserved, none can be made yet.",
        available=False,
    ),
    CredentialType(
        name="llm_provider",
        title="Model provider",
        description="The key of a provider of language models.",
        public=LlmProviderPublic,
        secret=LlmProviderSecret,
        main="api_key",
        sendable=False,
    ),
    CredentialType(
        name="webhook_signing",
        title="Webhook signing secret",
        description="Signs what `notify` sends, by the Standard Webhooks rules.",
        secret=WebhookSigningSecret,
        main="secret",
        sendable=False,
    ),
    CredentialType(
        name="postgres",
        title="PostgreSQL database",
        description="A database that SQL tools of agents ask.",
        public=PostgresPublic,
        secret=PostgresSecret,
        main="password",
        sendable=False,
    ),
    CredentialType(
        name="generic",
        title="Named values",
        description="Secret values by name, for markers in a request.",
        public=GenericPublic,
        secret=GenericSecret,
    ),
)

CREDENTIAL_TYPES: Final[Mapping[str, CredentialType]] = {kind.name: kind for kind in _TYPES}
"""Every type by name."""


def plain(fields: BaseModel) -> dict[str, Any]:
    """Checked fields as JSON, defaults filled in."""
    return fields.model_dump(mode="json", exclude_none=True)
