"""What a server is asked: which tools it has, and to use one of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from pydantic import ValidationError

from activities.egress.messages import Watch
from activities.mcp.messages import KNOWN, PROTOCOL, no_answer, notification, request, result_of
from activities.mcp.transports import HttpTransport, Transport
from activities.text import clean_text
from schemas.conversation import ImagePart, Part
from schemas.errors import ErrorCode, PerdureError
from schemas.tools.result import ToolResult
from schemas.tools.spec import MAX_DESCRIPTION_CHARS
from schemas.tools.types.mcp import McpTool

MAX_PAGES: Final = 20
MAX_IMAGES: Final = 4
MAX_IMAGE_CHARS: Final = 700_000
"""Of one image as base64: a result must fit into the run log."""


class McpClient:
    """A session with a server.

    Args:
        transport: Carries the messages.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._number = 0

    async def begin(self) -> None:
        """Agrees on the protocol.

        Raises:
            PerdureError: `upstream_refused` for a version that we do not know, and what the transport raises.
        """
        hello = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": "Perdure", "version": _own()}}
        agreed = (await self._ask("initialize", hello)).get("protocolVersion")
        if agreed not in KNOWN:
            message = f"The MCP server speaks version {str(agreed)[:40]}; known are {', '.join(sorted(KNOWN))}."
            raise PerdureError(ErrorCode.UPSTREAM_REFUSED, message)
        if isinstance(self._transport, HttpTransport):
            self._transport.protocol = agreed
        await self._transport.tell(notification("notifications/initialized"))

    async def tools(self) -> tuple[McpTool, ...]:
        """All tools of the server.

        Raises:
            PerdureError: `upstream_failed` if one of them is none, `result_too_large`.
        """
        return tuple(tool_of(raw) for raw in await self.described())

    async def described(self) -> list[Any]:
        """What the server says of its tools, sound or not.

        Raises:
            PerdureError: `upstream_failed`, `result_too_large`.
        """
        found: list[Any] = []
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = await self._ask("tools/list", {} if cursor is None else {"cursor": cursor})
            listed = page.get("tools")
            if not isinstance(listed, list):
                raise no_answer()
            found += listed
            cursor = page.get("nextCursor")
            if not isinstance(cursor, str) or not cursor:
                return found
        raise PerdureError(ErrorCode.RESULT_TOO_LARGE, "The MCP server has too many tools.")

    async def call(self, name: str, arguments: dict[str, Any], key: str, watch: Watch | None = None) -> ToolResult:
        """Uses a tool.

        Args:
            name: Its name on the server.
            arguments: Of the call.
            key: The same on every attempt, for servers that look at it.
            watch: Is told what becomes of the call.
        """
        asked = {"name": name, "arguments": arguments, "_meta": {"perdure/idempotencyKey": key}}
        return _result(await self._ask("tools/call", asked, watch))

    async def _ask(self, method: str, parameters: dict[str, Any], watch: Watch | None = None) -> dict[str, Any]:
        self._number += 1
        return result_of(await self._transport.ask(request(self._number, method, parameters), watch))


@asynccontextmanager
async def session(transport: Transport) -> AsyncIterator[McpClient]:
    """A session that has begun, and is ended."""
    client = McpClient(transport)
    try:
        await client.begin()
        yield client
    finally:
        await transport.close()


def _own() -> str:
    try:
        return version("perdure")
    except PackageNotFoundError:
        return "0"


def tool_of(raw: Any) -> McpTool:
    """A tool as its server describes it.

    Raises:
        PerdureError: `upstream_failed` if that is no description of a tool.
    """
    annotations = raw.get("annotations") if isinstance(raw, dict) else None
    hints = annotations if isinstance(annotations, dict) else {}
    try:
        return McpTool(
            name=raw["name"],
            description=clean_text(str(raw.get("description") or raw.get("title") or ""))[:MAX_DESCRIPTION_CHARS],
            input_schema=raw.get("inputSchema") or {"type": "object"},
            hints={key: value for key, value in sorted(hints.items()) if isinstance(value, bool)},
        )
    except (ValidationError, KeyError, TypeError, AttributeError):
        named = str(raw.get("name"))[:100] if isinstance(raw, dict) else "a tool"
        message = f"What the MCP server says of {named!r} is no sound description of a tool."
        raise PerdureError(ErrorCode.UPSTREAM_FAILED, message) from None


def _result(result: dict[str, Any]) -> ToolResult:
    content = result.get("content")
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    texts = [text for block in blocks if (text := _text(block)) is not None]
    structured = result.get("structuredContent")
    # The text of a result with data is the same data, written out.
    value = structured if structured is not None and not result.get("isError") else clean_text("\n".join(texts))
    return ToolResult(value=value, is_error=result.get("isError") is True, parts=_images(blocks))


def _text(block: dict[str, Any]) -> str | None:
    match block.get("type"):
        case "text":
            return str(block.get("text", ""))
        case "resource" if isinstance(block.get("resource"), dict):
            resource = block["resource"]
            return str(resource["text"]) if "text" in resource else f"[{resource.get('uri')}]"
        case "resource_link":
            return f"[{block.get('name')}]({block.get('uri')})"
        case "audio":
            return "[audio]"
    return None


def _images(blocks: list[dict[str, Any]]) -> tuple[Part, ...]:
    found: list[Part] = []
    for block in blocks:
        data = block.get("data")
        if block.get("type") == "image" and isinstance(data, str) and len(data) <= MAX_IMAGE_CHARS:
            try:
                found.append(ImagePart(media_type=block.get("mimeType"), data=data))
            except ValidationError:
                continue
    return tuple(found[:MAX_IMAGES])
