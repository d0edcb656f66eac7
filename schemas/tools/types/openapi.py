"""`openapi`: operations of an HTTP API, imported from its description; each one is a tool."""

from typing import Any, Final, Literal, Self
from urllib.parse import unquote

from pydantic import Field, model_validator

from schemas.conversation import MAX_TOOLS, TOOL_NAME_PATTERN, ToolDefinition
from schemas.document import Strict
from schemas.node_spec import CredentialName
from schemas.nodes.http_request import READING
from schemas.tools.parameters import check_parameters
from schemas.tools.spec import MAX_DESCRIPTION_CHARS, Effect, Idempotency, ToolSettings, ToolSpec

BODY: Final = "body"
"""Name of the argument that is the body of the request."""


def climbs(path: str) -> bool:
    """Whether a part of a path is `.` or `..`, plainly or in other letters."""
    return any(part in (".", "..") for part in unquote(path).replace("\\", "/").split("/"))


class ApiParameter(Strict):
    """A parameter of an operation."""

    argument: str = Field(pattern=r"^[A-Za-z0-9_.\[\]-]{1,64}$", description="Name of the argument.")
    name: str = Field(min_length=1, max_length=200, description="Its name in the request.")
    place: Literal["path", "query", "header"]
    explode: bool = Field(default=True, description="Whether each item of a list is sent by itself.")


class ApiOperation(Strict):
    """An operation as a tool."""

    name: str = Field(pattern=TOOL_NAME_PATTERN)
    description: str = Field(default="", max_length=MAX_DESCRIPTION_CHARS)
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
    path: str = Field(pattern=r"^/", max_length=2_000, description="`{name}` stands for a parameter.")
    parameters: tuple[ApiParameter, ...] = Field(default=(), max_length=100)
    body: Literal["json", "form"] | None = Field(default=None, description="How the argument `body` is sent.")
    input_schema: dict[str, Any] = Field(description="JSON Schema of the arguments.")
    effect: Literal["read", "write", "irreversible"] | None = Field(
        default=None, description="By default GET and HEAD read, DELETE is irreversible, everything else writes."
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        check_parameters(self.input_schema)
        if climbs(self.path):
            raise ValueError("the path has parts that are only dots: they would lead out of the API")
        return self


class OpenapiSettings(ToolSettings):
    """Settings of `openapi`; the import fills in the operations."""

    url: str = Field(pattern=r"^https?://", max_length=2_000, description="Address of the API, before every path.")
    operations: tuple[ApiOperation, ...] = Field(min_length=1, max_length=MAX_TOOLS, description="The tools.")
    credential: CredentialName | None = Field(default=None, description="Credential that requests authenticate with.")
    headers: dict[str, str] = Field(default_factory=dict, max_length=50, description="Further headers.")
    idempotency_header: str | None = Field(
        default=None,
        description="Header with a key by which the API knows a repeated call, if it has one; else a person is asked "
        "before a call is repeated whose answer was lost.",
    )
    max_bytes: int = Field(default=200_000, ge=1, le=1_000_000, description="Longest accepted answer.")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [operation.name for operation in self.operations]
        if len(set(names)) < len(names):
            raise ValueError("two operations have one name")
        return self

    def operation(self, name: str) -> ApiOperation:
        """The operation of a name."""
        return next(operation for operation in self.operations if operation.name == name)


def _definitions(settings: OpenapiSettings) -> tuple[ToolDefinition, ...]:
    return tuple(
        ToolDefinition(name=operation.name, description=operation.description, input_schema=operation.input_schema)
        for operation in settings.operations
    )


def _effect(settings: OpenapiSettings, name: str) -> Effect:
    operation = settings.operation(name)
    if operation.effect is not None:
        return Effect(operation.effect)
    if operation.method in READING:
        return Effect.READ
    return Effect.IRREVERSIBLE if operation.method == "DELETE" else Effect.WRITE


def _idempotency(settings: OpenapiSettings, name: str) -> Idempotency:
    safe = settings.operation(name).method in READING or settings.idempotency_header is not None
    return Idempotency.KEY if safe else Idempotency.NONE


SPEC = ToolSpec(
    type="openapi",
    title="OpenAPI",
    description="Operations of an HTTP API, imported from its OpenAPI description.",
    icon="api",
    settings=OpenapiSettings,
    define=_definitions,
    effect=_effect,
    idempotency=_idempotency,
    credential_types=("api_key", "bearer", "basic", "header"),
    hints={"operations": {"widget": "operations"}},
)
