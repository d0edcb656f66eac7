"""A small HTTP client that costs little itself: keep-alive connections that send one request again and again."""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Post:
    """A request."""

    url: str
    body: bytes
    token: str = ""

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
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class RefusedError(Exception):
    """The server answered something else than what was expected."""


async def hammer(post: Post, *, connections: int, seconds: float, status: int) -> tuple[list[float], float]:
    """Send the request over all connections for a while.

    Returns:
        Seconds of each answer, and seconds in all.

    Raises:
        RefusedError: Another status came.
    """
    began = time.perf_counter()
    lanes = [_lane(post, began + seconds, status) for _ in range(connections)]
    found = await asyncio.gather(*lanes)
    return [one for lane in found for one in lane], time.perf_counter() - began


async def _lane(post: Post, until: float, status: int) -> list[float]:
    parts, request, times = urlsplit(post.url), post.encode(), []
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        while time.perf_counter() < until:
            began = time.perf_counter()
            writer.write(request)
            await _answer(reader, status)
            times.append(time.perf_counter() - began)
    finally:
        writer.close()
    return times


async def _answer(reader: asyncio.StreamReader, status: int) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next(int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:"))
    body = await reader.readexactly(length)
    if int(head[9:12]) != status:
        raise RefusedError(f"{head[:12]}: {body[:300]!r}")
