"""Requests and answers about tools."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, model_validator

from api.workflows.draft_models import Body
from schemas.conversation import ToolDefinition
from schemas.tools.lookup import MAX_TEXT_CHARS
from schemas.tools.spec import Effect

_CREDENTIAL = "Credential to authenticate with, by name or id; needs the permission credentials:edit."

Url = Annotated[str, Field(pattern=r"^https?://", max_length=2_000)]
CredentialReference = Annotated[str, Field(min_length=1, max_length=200, description=_CREDENTIAL)]


class ToolEffect(StrEnum):
    """What calls of a type of tools may change."""

    PURE = "pure"
    READ = "read"
    WRITE = "write"
    IRREVERSIBLE = "irreversible"
    BY_SETTINGS = "by_settings"
    """It depends on the settings, and on which of its tools is called."""


class ToolIdempotency(StrEnum):
    """How calls of a type of tools are kept from being carried out twice."""

    KEY = "key"
    LOOKUP = "lookup"
    NONE = "none"
    BY_SETTINGS = "by_settings"


class ToolType(BaseModel):
    """A type of tools: what an editor needs to offer it and to build its form."""

    type: str
    title: str
    description: str
    icon: str = Field(description="Tabler icon name.")
    settings_schema: dict[str, Any] = Field(description="JSON Schema of `settings`.")
    hints: dict[str, dict[str, Any]] = Field(
        description="Form hints by setting: `widget` is one of `credential` (with `types`), `text`, `json-schema`, "
        "`agent`, `workflow`, `knowledge`, `people`, `tools` (of the same agent), `operations` (of POST "
        "/v1/tools/openapi), `mcp-tools` (of POST /v1/tools/mcp)."
    )
    effect: ToolEffect = Field(description="By default a person is asked about what is irreversible.")
    idempotency: ToolIdempotency
    control: bool = Field(description="Whether the workflow itself carries calls out, such as asking a person.")
    credential_types: list[str] = Field(description="Types that the setting `credential` takes.")
    secret_fields: list[str] = Field(description="Settings inside of which `$credential` markers may stand.")
    definitions: list[ToolDefinition] = Field(
        description="What the model is offered without any settings; empty if there must be some."
    )


class ToolTypeList(BaseModel):
    """All types of tools, by name."""

    items: list[ToolType]
    policy_schema: dict[str, Any] = Field(description="JSON Schema of `policy`: when a person is asked first.")


class LeftOutTool(BaseModel):
    """Something that cannot be a tool."""

    name: str
    reason: str


class ImportOpenapi(Body):
    """Body of reading the description of an API."""

    url: Url | None = Field(default=None, description="Where the description is: OpenAPI 3.0 or 3.1, Swagger 2.0.")
    text: str | None = Field(
        default=None, min_length=2, max_length=MAX_TEXT_CHARS, description="Or itself, as JSON or YAML."
    )
    credential: CredentialReference | None = None
    q: str = Field(default="", max_length=200, description="Only operations in which all of these words occur.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.url is None) == (self.text is None):
            raise ValueError("Give either `url` or `text`.")
        if self.text is not None and self.credential is not None:
            raise ValueError("`credential` goes with `url`.")
        return self


class OpenapiOperation(BaseModel):
    """An operation as a tool."""

    name: str
    description: str
    method: str
    path: str
    effect: Effect = Field(description="By its method; the settings may say it otherwise.")
    operation: dict[str, Any] = Field(description="An entry of `operations` in the settings of the tool `openapi`.")


class ImportedOpenapi(BaseModel):
    """The operations of an API."""

    title: str
    url: str = Field(description="Address of the API; empty if the description does not say it.")
    items: list[OpenapiOperation]
    left_out: list[LeftOutTool] = Field(description="Operations that cannot be tools, and why.")


class ListMcpTools(Body):
    """Body of asking an MCP server for its tools."""

    url: Url | None = Field(default=None, description="Address of the server (streamable HTTP).")
    server: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="Or the name of a server that the operator of this installation runs as a process.",
    )
    credential: CredentialReference | None = None
    only: list[Annotated[str, Field(min_length=1, max_length=200)]] | None = Field(
        default=None, min_length=1, max_length=1_000, description="Only these tools; the pin is then over them."
    )

    @model_validator(mode="after")
    def _one_server(self) -> Self:
        if (self.url is None) == (self.server is None):
            raise ValueError("Give either `url` or `server`.")
        if self.server is not None and self.credential is not None:
            raise ValueError("`credential` goes with `url`.")
        return self


class McpToolFound(BaseModel):
    """A tool of an MCP server."""

    name: str
    description: str
    input_schema: dict[str, Any]
    hints: dict[str, bool] = Field(description="What the server says of its effect; it need not be true.")
    digest: str = Field(description="SHA-256 of all that the server says of it.")
    tool: dict[str, Any] = Field(description="An entry of `tools` in the settings of the tool `mcp`.")


class McpToolList(BaseModel):
    """Tools of an MCP server."""

    items: list[McpToolFound]
    pin: str = Field(description="SHA-256 over these tools: `pin` of the settings of the tool `mcp`.")
    left_out: list[LeftOutTool] = Field(description="What cannot be a tool, and why.")
