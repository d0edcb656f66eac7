"""How messages get to a server: by HTTP through the egress client, or over the pipes of a process of the operator's."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import orjson
from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from activities.credentials.authentication import Authentication
from activities.egress import Egress, EgressRequest
from activities.egress.messages import Watch
from activities.mcp.messages import MAX_MESSAGE_BYTES, PROTOCOL, answer_in, no_answer, parsed, streamed_answer
from schemas.errors import ErrorCode, PerdureError

_ACCEPTED: Final = frozenset({200, 202})
_END_SECONDS: Final = 2.0
_REFUSALS: Final = (401, 403)


class Transport(Protocol):
    """Carries messages to one server, within one session."""

    async def ask(self, message: dict[str, Any], watch: Watch | None = None) -> dict[str, Any]:
        """Sends a question and waits for its answer.

        Raises:
            PerdureError: what becomes of requests, `auth_failed`, `upstream_failed`.
        """

    async def tell(self, message: dict[str, Any]) -> None:
        """Sends what needs no answer."""

    async def close(self) -> None:
        """Ends the session."""


@dataclass
class HttpTransport:
    """Streamable HTTP: one POST per message, answered by JSON or by a stream of events."""

    egress: Egress
    url: str
    proof: Authentication = field(repr=False)
    timeout: float | None = None
    protocol: str = PROTOCOL
    """What was agreed on."""
    session: str | None = None
    """Given by the server."""

    async def ask(self, message: dict[str, Any], watch: Watch | None = None) -> dict[str, Any]:
        """See `Transport`."""
        number = message["id"]

        def complete(body: bytes) -> bool:
            return streamed_answer(body, number) is not None

        response = await self._post(message, watch, complete)
        self.session = response.headers.get("mcp-session-id", self.session)
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            answer = streamed_answer(response.body + b"\n\n", number)
        else:
            answer = answer_in(parsed(response.body), number)
        if answer is None:
            raise no_answer()
        return answer

    async def tell(self, message: dict[str, Any]) -> None:
        """See `Transport`."""
        await self._post(message, None, None)

    async def close(self) -> None:
        """See `Transport`."""
        if self.session is not None:
            # Servers may refuse it; then the session ends by itself.
            with suppress(PerdureError):
                await self.egress.send(self._request("DELETE", None))

    async def _post(self, message: dict[str, Any], watch: Watch | None, complete: Any) -> Any:
        try:
            return await self.egress.send(self._request("POST", orjson.dumps(message), watch, complete))
        except PerdureError as error:
            if error.info.details.get("status") in _REFUSALS:
                raise PerdureError(ErrorCode.AUTH_FAILED, error.info.message, details=error.info.details) from None
            raise

    def _request(
        self, method: str, body: bytes | None, watch: Watch | None = None, complete: Any = None
    ) -> EgressRequest:
        headers = {"accept": "application/json, text/event-stream", "mcp-protocol-version": self.protocol}
        headers |= {} if body is None else {"content-type": "application/json"}
        headers |= {} if self.session is None else {"mcp-session-id": self.session}
        return EgressRequest(
            method=method,
            url=self.proof.in_address(self.url),
            headers=headers | self.proof.headers,
            body=body,
            expect=_ACCEPTED,
            timeout=self.timeout,
            max_bytes=MAX_MESSAGE_BYTES,
            follow_redirects=False,
            watch=watch,
            until=complete,
        )


class StdioServer(BaseModel):
    """A server that the operator lets run as a process."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: tuple[str, ...] = Field(min_length=1, description="Program and arguments.")
    env: dict[str, str] = Field(default_factory=dict, description="Its environment, beside PATH.")


class McpServers(BaseSettings):
    """Servers of the operator, from `PERDURE_MCP_STDIO`: JSON, `{"name": {"command": ["…"], "env": {…}}}`."""

    model_config = SettingsConfigDict(env_prefix="PERDURE_MCP_", extra="ignore", frozen=True)

    stdio: dict[str, StdioServer] = Field(
        default_factory=dict, description="Servers by the name that agents call them by; nothing else is ever started."
    )


class StdioTransport:
    """A process with a message per line. It is given nothing of our own environment but PATH.

    Args:
        process: Just started.
        name: Of the server, for messages.
    """

    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process has no pipes")
        self._process = process
        self._input, self._output = process.stdin, process.stdout
        self._name = name

    @classmethod
    async def started(cls, name: str, servers: Mapping[str, StdioServer]) -> "StdioTransport":
        """A fresh process of a server of the operator's.

        Raises:
            PerdureError: `missing_credential` if the operator has configured none of that name, `internal`.
        """
        server = servers.get(name)
        if server is None:
            message = f"The operator of this installation runs no MCP server {name!r} (PERDURE_MCP_STDIO)."
            raise PerdureError(ErrorCode.MISSING_CREDENTIAL, message)
        try:
            process = await _process(server.command, server.env)
        except OSError:
            raise PerdureError(ErrorCode.INTERNAL, f"The MCP server {name!r} cannot be started.") from None
        return cls(process, name)

    async def ask(self, message: dict[str, Any], watch: Watch | None = None) -> dict[str, Any]:
        """See `Transport`."""
        if watch is not None:
            await watch.leaving(f"MCP {self._name}")
        await self.tell(message)
        while line := await self._line():
            if (answer := answer_in(parsed(line), message["id"])) is not None:
                if watch is not None:
                    watch.answered(200, done=True)
                return answer
        raise PerdureError(ErrorCode.UPSTREAM_FAILED, f"The MCP server {self._name!r} ended without an answer.")

    async def tell(self, message: dict[str, Any]) -> None:
        """See `Transport`."""
        try:
            self._input.write(orjson.dumps(message) + b"\n")
            await self._input.drain()
        except OSError:
            raise PerdureError(ErrorCode.UPSTREAM_FAILED, f"The MCP server {self._name!r} has ended.") from None

    async def close(self) -> None:
        """See `Transport`."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            try:
                async with asyncio.timeout(_END_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def _line(self) -> bytes:
        try:
            return await self._output.readline()
        except ValueError:
            raise PerdureError(ErrorCode.RESULT_TOO_LARGE, "The MCP server sent a message that is too large.") from None


async def _process(command: Sequence[str], environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", os.defpath), **environment},
        limit=MAX_MESSAGE_BYTES,
        start_new_session=True,
    )
