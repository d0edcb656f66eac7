"""`http`: one request to an HTTP API, fixed but for the places of arguments, as a tool."""

from typing import Any, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from schemas.conversation import ToolDefinition
from schemas.node_spec import CredentialName
from schemas.nodes.http_request import READING
from schemas.tools.parameters import check_parameters
from schemas.tools.placeholders import names_in
from schemas.tools.spec import MAX_DESCRIPTION_CHARS, Effect, Idempotency, MarkedText, ToolSettings, ToolSpec

CREDENTIAL_TYPES: Final = ("api_key", "bearer", "basic", "header")
_NO_PARAMETERS: Final = {"type": "object", "properties": {}}


class HttpSettings(ToolSettings):
    """Settings of `http`. `{name}` stands for the argument of that name, in path, query, headers and body."""

    description: str = Field(
        min_length=1, max_length=MAX_DESCRIPTION_CHARS, description="What the model is told the tool does."
    )
    url: str = Field(
        min_length=1, max_length=8_000, description="http or https; the host is fixed, `{name}` may stand behind it."
    )
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = Field(default="GET", description="HTTP method.")
    parameters: dict[str, Any] = Field(
        default=_NO_PARAMETERS, description="JSON Schema of the arguments; their type is object."
    )
    headers: dict[str, MarkedText] = Field(default_factory=dict, max_length=100, description="Headers of the request.")
    query: dict[str, Any] = Field(default_factory=dict, description="Added to the URL; null values are left out.")
    json_body: Any = Field(default=None, alias="json", description="Body sent as JSON.")
    credential: CredentialName | None = Field(default=None, description="Credential the request authenticates with.")
    effect: Literal["read", "write", "irreversible"] | None = Field(
        default=None, description="By default GET and HEAD read, DELETE is irreversible, everything else writes."
    )
    idempotency_header: str | None = Field(
        default="Idempotency-Key",
        description="Header with a key by which the server knows a repeated call; null sends none, and then a person "
        "is asked before a call is repeated whose answer was lost.",
    )
    max_bytes: int = Field(default=200_000, ge=1, le=1_000_000, description="Longest accepted answer.")

    @field_validator("parameters")
    @classmethod
    def _object(cls, schema: dict[str, Any]) -> dict[str, Any]:
        return check_parameters(schema)

    @model_validator(mode="after")
    def _fixed_host(self) -> Self:
        host = self.url.partition("://")[2].partition("/")[0].partition("?")[0]
        if names_in(host, self.parameters.get("properties", {})):
            raise ValueError("the host of the url is fixed; no argument may stand in it")
        return self


def _effect(settings: HttpSettings, name: str) -> Effect:
    if settings.effect is not None:
        return Effect(settings.effect)
    if settings.method in READING:
        return Effect.READ
    return Effect.IRREVERSIBLE if settings.method == "DELETE" else Effect.WRITE


def _idempotency(settings: HttpSettings, name: str) -> Idempotency:
    return Idempotency.KEY if settings.method in READING or settings.idempotency_header else Idempotency.NONE


def _definitions(settings: HttpSettings) -> tuple[ToolDefinition, ...]:
    told = ToolDefinition(
        name="http_request", description=settings.description, input_schema=settings.parameters or _NO_PARAMETERS
    )
    return (told,)


SPEC = ToolSpec(
    type="http",
    title="HTTP request",
    description="One request to an HTTP API; the model gives the arguments.",
    icon="world",
    settings=HttpSettings,
    define=_definitions,
    effect=_effect,
    idempotency=_idempotency,
    credential_types=CREDENTIAL_TYPES,
    secret_fields=("headers", "query", "json"),
    hints={"description": {"widget": "text"}, "parameters": {"widget": "json-schema"}},
)
