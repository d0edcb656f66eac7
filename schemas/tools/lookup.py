"""Looking at tools that others describe, in OpenAPI or by MCP. Messages of the workflow `tool_lookup`."""

from typing import Final, Literal

from pydantic import Field

from schemas.messages import Message
from schemas.tools.openapi_import import LeftOut
from schemas.tools.types.mcp import McpTool
from schemas.tools.types.openapi import ApiOperation

TOOL_LOOKUP: Final = "tool_lookup"
"""Workflow type, and activity."""

MAX_TEXT_CHARS: Final = 900_000
"""Of a description that comes with the request; longer ones are read from their address."""


class LookUpTools(Message):
    """Argument of `tool_lookup`."""

    source: Literal["openapi", "mcp"]
    url: str | None = None
    server: str | None = Field(default=None, description="A server that the operator runs as a process.")
    text: str | None = Field(default=None, description="The description itself, instead of its address.")
    credential_id: str | None = None
    words: str = Field(default="", description="Only operations in which all of these words occur.")


class FoundTools(Message):
    """Result of `tool_lookup`."""

    title: str = ""
    url: str = Field(default="", description="Address of the API; empty if the description does not say it.")
    operations: tuple[ApiOperation, ...] = ()
    tools: tuple[McpTool, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
