"""`mcp`: looks whether the tool is still the one that a person has seen, then uses it."""

from collections.abc import Container
from typing import Any

from activities.credentials.authentication import authentication
from activities.mcp.client import McpClient, session
from activities.mcp.transports import HttpTransport, StdioTransport, Transport
from activities.step import Outcome, StepContext
from activities.text import clean_output, json_size
from schemas.errors import ErrorCode, PerdureError
from schemas.limits import MAX_VALUE_BYTES
from schemas.tools.result import ToolResult
from schemas.tools.types.mcp import SPEC, McpSettings, McpTool


async def run(settings: McpSettings, name: str, arguments: dict[str, Any], context: StepContext) -> Outcome:
    """Uses a tool of the server.

    Raises:
        PerdureError: `tools_changed` if the server describes the tool otherwise than it did, or has it no more;
            `auth_failed`, `missing_credential`; and what requests raise.
    """
    pinned = settings.tool(name)
    async with session(await _transport(settings, context)) as client:
        await _unchanged(client, pinned, context.step.config.get("accepted", ()))
        result = await client.call(pinned.name, arguments, context.step.idempotency_key, context.delivery)
    return Outcome(output=_bounded(result))


async def _transport(settings: McpSettings, context: StepContext) -> Transport:
    if settings.server is not None:
        return await StdioTransport.started(settings.server, context.services.mcp_servers)
    url = str(settings.url)
    opened = context.credentials.named({"credential": settings.credential, "url": url}, *SPEC.credential_types)
    return HttpTransport(context.services.egress, url, authentication(opened), context.timeout)


async def _unchanged(client: McpClient, pinned: McpTool, accepted: Container[str]) -> None:
    """Looks at the tool; `accepted` are digests that a person has looked at since."""
    now = next((tool for tool in await client.tools() if tool.name == pinned.name), None)
    if now is not None and (now.digest == pinned.digest or now.digest in accepted):
        return
    what = "has no such tool any more" if now is None else "describes it otherwise now"
    raise PerdureError(
        ErrorCode.TOOLS_CHANGED,
        f"The tool {pinned.name!r} is not what the agent was given: the MCP server {what}. Look at its tools, and "
        "publish the agent with them again.",
        details={
            "tool": pinned.name,
            "pinned": _told(pinned),
            "now": None if now is None else _told(now),
            "digest": None if now is None else now.digest,
        },
    )


def _told(tool: McpTool) -> dict[str, Any]:
    return tool.model_dump(mode="json", include={"name", "description", "input_schema", "hints"})


def _bounded(result: ToolResult) -> ToolResult:
    """A result that fits; images are left out first."""
    cleaned = result.model_copy(update={"value": clean_output(result.value)})
    if json_size(cleaned.model_dump(mode="json")) <= MAX_VALUE_BYTES // 2:
        return cleaned
    return ToolResult(value=cleaned.text, is_error=result.is_error)
