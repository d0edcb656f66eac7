"""A small HTTP client that costs little itself: keep-alive connections that send one request again and again."""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4


@dataclass(frozen=True)
class Post:
    """A request."""

    url: str
    body: bytes
    token: str = ""
    idempotent: bool = False
    """Whether each request has an Idempotency-Key of its own."""

    def encode(self) -> bytes:
        """As it goes over the wire."""
        parts = urlsplit(self.url)
        lines = [
            f"POST {parts.path} HTTP/1.1",
            f"host: {parts.netloc}",
            "content-type: application/json",
            f"content-length: {len(self.body)}",
            f"authorization: Bearer {self.token}",
        ]
        if self.idempotent:
            lines.append(f"idempotency-key: {uuid4()}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class RefusedError(Exception):
    """The server answered something else than what was expected."""


async def hammer(
    post: Post, *, connections: int, seconds: float, status: int, per_second: float | None = None
) -> tuple[list[float], float]:
    """Send the request over all connections for a while.

    Args:
        post: What is sent.
        connections: How many send at a time.
        seconds: For how long.
        status: Of every answer.
        per_second: Requests in all that are due in a second, whatever the answers take: how long one waited for
            its connection counts too. Each connection sends as soon as it has its answer if this is not said.

    Returns:
        Seconds of each answer, and seconds in all.

    Raises:
        RefusedError: Another status came.
    """
    began = time.perf_counter()
    pause = 0.0 if per_second is None else connections / per_second
    lanes = [_lane(post, began + pause * n / connections, began + seconds, status, pause) for n in range(connections)]
    found = await asyncio.gather(*lanes)
    return [one for lane in found for one in lane], time.perf_counter() - began


async def _lane(post: Post, due: float, until: float, status: int, pause: float) -> list[float]:
    parts, times = urlsplit(post.url), []
    request = post.encode()
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        while (began := due if pause else time.perf_counter()) < until:
            await asyncio.sleep(max(began - time.perf_counter(), 0) if pause else 0)
            writer.write(request)
            await _answer(reader, status)
            times.append(time.perf_counter() - began)
            if post.idempotent:
                request = post.encode()
            due += pause
    finally:
        writer.close()
    return times


async def _answer(reader: asyncio.StreamReader, status: int) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next(int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:"))
    body = await reader.readexactly(length)
    if int(head[9:12]) != status:
        raise RefusedError(f"{head[:12]}: {body[:300]!r}")
