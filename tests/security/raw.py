"""Requests as bytes: a client library would tidy up what these tests send."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class RawAnswer:
    """What came back."""

    status: int
    head: str
    body: str


async def send(
    url: str, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> RawAnswer:
    """Send one request exactly as it is written.

    Args:
        url: Of the server.
        method: As it stands in the first line.
        target: What stands where the path usually stands.
        headers: `Host` is added unless it is among them.
        body: Its length is announced.
    """
    parts = urlsplit(url)
    fields = {"Host": parts.netloc, "Connection": "close", "Content-Length": str(len(body)), **(headers or {})}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        async with asyncio.timeout(20):
            received = (await reader.read()).decode("utf-8", "replace")
    finally:
        writer.close()
    head, _, rest = received.partition("\r\n\r\n")
    return RawAnswer(int(head.split(" ", 2)[1]), head, rest)
