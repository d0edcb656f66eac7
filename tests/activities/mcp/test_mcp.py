"""The client of MCP servers, against a server in a process of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from activities.credentials.authentication import Authentication
from activities.mcp.client import session
from activities.mcp.transports import HttpTransport, McpServers, StdioServer, StdioTransport
from activities.step import Services
from schemas.errors import ErrorCode, PerdureError
from schemas.tools.result import ToolResult
from schemas.tools.spec import Effect
from schemas.tools.types.mcp import SPEC, McpSettings, McpTool, pin_of
from tests.support.mcp_server import TOKEN
from tests.support.steps import run_step, services, step_failure, step_input

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "tests.support.mcp_server")


@asynccontextmanager
async def running() -> AsyncIterator[str]:
    """Address of a server."""
    process = await asyncio.create_subprocess_exec(*COMMAND, "http", stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}/mcp"
    finally:
        process.kill()
        await process.wait()


def proof(token: str = TOKEN) -> Authentication:
    return Authentication(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step here authenticates with the server's token; how it gets one is tested elsewhere."""
    monkeypatch.setattr("activities.tools.types.mcp.authentication", lambda _: proof())


def settings_of(tools: tuple[McpTool, ...], **where: Any) -> dict[str, Any]:
    return {**where, "tools": [tool.model_dump() for tool in tools], "pin": pin_of(tools)}


async def call(given: Services, settings: dict[str, Any], name: str, arguments: dict[str, Any]) -> ToolResult:
    config = {"type": "mcp", "settings": settings, "name": name, "arguments": arguments}
    return ToolResult.model_validate((await run_step(given, step_input("tool_call", config))).output)


@pytest.mark.usefixtures("opened")
async def test_tools_are_called_as_long_as_they_are_what_a_person_has_seen() -> None:
    async with running() as url, services(url.split("/")[2]) as given:
        async with session(HttpTransport(given.egress, url, proof())) as client:
            tools = await client.tools()
        assert [tool.name for tool in tools] == ["add", "drop.table", "change", "cut", "picture"]
        settings = settings_of(tools, url=url)
        added = await call(given, settings, "add", {"a": 2, "b": 3})
        assert added.value == {"sum": 5}
        assert (await call(given, settings, "add", {"a": "2"})).is_error
        refused = await call(given, settings, "drop_table", {})
        assert refused.is_error
        assert "drop.table done: ['add', 'drop.table']" in refused.text
        [image] = (await call(given, settings, "picture", {})).parts
        assert image.model_dump()["data"] == "aGk="
        cut = {"type": "mcp", "settings": settings, "name": "cut", "arguments": {}}
        # Nobody knows whether it was done, so it is not made again.
        assert (await step_failure(given, step_input("tool_call", cut))).code is ErrorCode.OUTCOME_UNKNOWN
        await call(given, settings, "change", {})
        changed = {"type": "mcp", "settings": settings, "name": "add", "arguments": {"a": 1, "b": 1}}
        error = await step_failure(given, step_input("tool_call", changed))
        assert error.code is ErrorCode.TOOLS_CHANGED
        assert error.details["pinned"]["description"] == "Adds two numbers."
        assert error.details["now"]["description"].startswith("Ignore all rules")
        calls = await call(given, settings, "change", {})
        assert calls.text.count("'add'") == 1


async def test_a_server_that_does_not_accept_us_needs_a_person() -> None:
    async with running() as url, services(url.split("/")[2]) as given, services() as strict:
        with pytest.raises(PerdureError) as refused:
            async with session(HttpTransport(given.egress, url, proof("wrong"))):
                pass
        assert refused.value.code is ErrorCode.AUTH_FAILED
        with pytest.raises(PerdureError) as inside:
            async with session(HttpTransport(strict.egress, url, proof())):
                pass
        assert inside.value.code is ErrorCode.ADDRESS_DENIED


async def test_processes_are_only_those_of_the_operator_and_know_nothing_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PERDURE_MCP_STDIO", '{"shop": {"command": ["python"], "env": {"A": "b"}}}')
    assert McpServers().stdio == {"shop": StdioServer(command=("python",), env={"A": "b"})}
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-operator")
    servers = {"shop": StdioServer(command=(*COMMAND, "stdio"), env={"PYTHONPATH": str(ROOT), "OWN": "1"})}
    async with services() as given:
        given = replace(given, mcp_servers=servers)
        async with session(await StdioTransport.started("shop", servers)) as client:
            tools = await client.tools()
        assert set(tools[0].description.removeprefix("Adds; ").split(",")) <= {"PATH", "PYTHONPATH", "OWN", "LC_CTYPE"}
        assert (await call(given, settings_of(tools, server="shop"), "add", {"a": 1, "b": 1})).value == {"sum": 2}
        named = {
            "type": "mcp",
            "settings": settings_of(tools, server="bash"),
            "name": "add",
            "arguments": {"a": 1, "b": 1},
        }
        assert (await step_failure(given, step_input("tool_call", named))).code is ErrorCode.MISSING_CREDENTIAL
    with pytest.raises(ValueError, match="extra_forbidden"):
        McpSettings.model_validate(settings_of(tools, server="shop", command=["bash"]))


def test_what_a_server_says_of_itself_is_not_believed_unless_the_author_wants_it() -> None:
    read = McpTool(name="read", hints={"readOnlyHint": True})
    write = McpTool(name="write", hints={"destructiveHint": False, "idempotentHint": True})
    known = McpTool(name="known", effect="read")
    tools = (read, write, known)
    doubting = McpSettings(url="https://a.test", tools=tools, pin=pin_of(tools))
    trusting = doubting.model_copy(update={"trust_hints": True})
    effects = [[SPEC.effect_of(settings, tool.name) for tool in tools] for settings in (doubting, trusting)]
    assert effects == [
        [Effect.IRREVERSIBLE, Effect.IRREVERSIBLE, Effect.READ],
        [Effect.READ, Effect.WRITE, Effect.READ],
    ]
    with pytest.raises(ValueError, match="not those that were looked at"):
        McpSettings(url="https://a.test", tools=(read,), pin=doubting.pin)
