"""`mcp`: tools of a server that speaks the Model Context Protocol, pinned as they were when they were given."""

import hashlib
from typing import Any, Literal, Self

import orjson
from pydantic import Field, model_validator

from schemas.conversation import MAX_TOOLS, ToolDefinition
from schemas.document import Strict
from schemas.node_spec import CredentialName
from schemas.tools.parameters import check_parameters
from schemas.tools.spec import MAX_DESCRIPTION_CHARS, Effect, Idempotency, ToolSettings, ToolSpec, tool_name


class McpTool(Strict):
    """A tool of a server, as it was when somebody looked at it and gave it to the agent."""

    name: str = Field(min_length=1, max_length=200, description="Its name on the server.")
    description: str = Field(default="", max_length=MAX_DESCRIPTION_CHARS)
    input_schema: dict[str, Any] = Field(default_factory=lambda: {"type": "object"})
    hints: dict[str, bool] = Field(
        default_factory=dict, max_length=20, description="What the server says of its effect, such as readOnlyHint."
    )
    effect: Literal["pure", "read", "write", "irreversible"] | None = Field(
        default=None, description="What it may change, if the author knows it; else it counts as irreversible."
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        check_parameters(self.input_schema)
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of all that the server says of it."""
        said = self.model_dump(mode="json", include={"name", "description", "input_schema", "hints"})
        return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


class McpSettings(ToolSettings):
    """Settings of `mcp`."""

    url: str | None = Field(
        default=None, pattern=r"^https?://", max_length=2_000, description="Address of the server (streamable HTTP)."
    )
    server: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="Name of a server that the operator of this installation runs as a process, instead of an address.",
    )
    credential: CredentialName | None = Field(default=None, description="Credential that requests authenticate with.")
    tools: tuple[McpTool, ...] = Field(min_length=1, max_length=MAX_TOOLS, description="The tools that are given.")
    pin: str = Field(description="SHA-256 over the tools; a person has looked at exactly these.")
    trust_hints: bool = Field(
        default=False, description="Whether what the server says of the effect of its tools is believed."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.url is None) == (self.server is None):
            raise ValueError("give either the url of the server, or the name of a server of the operator")
        names = [tool_name(tool.name) for tool in self.tools]
        if len(set(names)) < len(names):
            raise ValueError("two tools have one name")
        if self.pin != pin_of(self.tools):
            raise ValueError("the tools are not those that were looked at; read them from the server again")
        return self

    def tool(self, name: str) -> McpTool:
        """The tool that a model knows by a name."""
        return next(tool for tool in self.tools if tool_name(tool.name) == name)


def pin_of(tools: tuple[McpTool, ...]) -> str:
    """SHA-256 over what a server says of tools, whatever their order."""
    digests = sorted(tool.digest for tool in tools)
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _definitions(settings: McpSettings) -> tuple[ToolDefinition, ...]:
    return tuple(
        ToolDefinition(
            name=tool_name(tool.name),
            description=tool.description,
            input_schema={"type": "object", **tool.input_schema},
        )
        for tool in settings.tools
    )


def _effect(settings: McpSettings, name: str) -> Effect:
    tool = settings.tool(name)
    if tool.effect is not None:
        return Effect(tool.effect)
    if not settings.trust_hints:
        return Effect.IRREVERSIBLE
    if tool.hints.get("readOnlyHint"):
        return Effect.READ
    return Effect.IRREVERSIBLE if tool.hints.get("destructiveHint", True) else Effect.WRITE


def _idempotency(settings: McpSettings, name: str) -> Idempotency:
    repeatable = settings.trust_hints and settings.tool(name).hints.get("idempotentHint", False)
    return Idempotency.KEY if repeatable else Idempotency.NONE


SPEC = ToolSpec(
    type="mcp",
    title="MCP server",
    description="Tools of a server that speaks the Model Context Protocol.",
    icon="plug-connected",
    settings=McpSettings,
    define=_definitions,
    effect=_effect,
    idempotency=_idempotency,
    credential_types=("api_key", "bearer", "basic", "header"),
    hints={"tools": {"widget": "mcp-tools"}},
)
