"""A small HTTP server under full control of a test: it can also answer what no decent server would."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Received:
    """A request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


Handler = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class HttpServer:
    """A running server and what it has received."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def allowed(self) -> str:
        return f"127.0.0.1:{self.port}"


def answer(
    body: bytes = b"", *, status: int = 200, content_type: str = "text/plain", headers: dict[str, str] | None = None
) -> bytes:
    """An answer as bytes; the connection stays open unless `headers` say otherwise."""
    fields = {"content-type": content_type, "content-length": str(len(body)), **(headers or {})}
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in fields.items() if value)]
    return "\r\n".join([*lines, "", ""]).encode() + body


def json_answer(value: object, status: int = 200) -> bytes:
    return answer(json.dumps(value).encode(), status=status, content_type="application/json")


async def echo(request: Received, writer: asyncio.StreamWriter) -> None:
    """`/status/<code>` answers that code; everything else is told what it sent."""
    if request.path.startswith("/status/"):
        writer.write(answer(b"as you wished", status=int(request.path.rpartition("/")[2])))
        return
    told = {"method": request.method, "target": request.target, "headers": request.headers}
    writer.write(json_answer({**told, "body": request.body.decode("utf-8", "replace")}))


@asynccontextmanager
async def http_server(
    handler: Handler = echo, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[HttpServer]:
    """Serves until the block ends; connections that are still open are then dropped."""
    state = HttpServer(scheme="http" if tls is None else "https")
    open_connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_connections.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while not writer.is_closing():
                    request = await _read(reader)
                    state.received.append(request)
                    await handler(request, writer)
                    await writer.drain()
        finally:
            open_connections.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, host, 0, ssl=tls)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        for task in open_connections:
            task.cancel()


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(method, target, headers, body)
