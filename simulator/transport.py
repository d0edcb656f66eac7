"""How an answer leaves the process: paced, in odd slices, cut off, or never."""

import asyncio
from collections.abc import Callable, Iterable

from starlette.types import Receive, Scope, Send

from simulator.faults import Break


class PacedAnswer:
    """An ASGI response that sends its parts with a pause before each and can break on the way.

    Args:
        parts: Body, in the portions in which it is sent.
        headers: Response headers.
        pause: Seconds before every part.
        broken: What goes wrong, if anything.
        break_after: Number of parts that are still sent before the break.
        when_complete: Called when everything has been sent.
    """

    def __init__(
        self,
        parts: Iterable[bytes],
        headers: dict[str, str],
        *,
        pause: float = 0.0,
        broken: Break | None = None,
        break_after: int = 3,
        when_complete: Callable[[], None] = lambda: None,
    ) -> None:
        self._parts = list(parts)
        self._headers = headers
        self._pause = pause
        self._broken = broken
        self._break_after = min(break_after, max(len(self._parts) - 2, 0))
        self._when_complete = when_complete

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        if self._broken is Break.HANG:
            await wait_for_disconnect(receive)
            return
        await self._begin(send)
        breaks = self._broken in (Break.CUT, Break.CUT_CLEAN, Break.HANG_MID)
        for part in self._parts[: self._break_after] if breaks else self._parts:
            await self._send(part, send)
        if breaks:
            await self._break(receive, send)
            return
        # Counted before the last byte leaves: a client that has the whole answer finds its call in the statistics.
        self._when_complete()
        await send({"type": "http.response.body", "body": b""})

    async def _begin(self, send: Send) -> None:
        headers = [(name.encode(), value.encode()) for name, value in self._headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _send(self, part: bytes, send: Send) -> None:
        step = 7 if self._broken is Break.SLOW else len(part)
        for start in range(0, len(part), max(step, 1)):
            if self._pause:
                await asyncio.sleep(self._pause)
            await send({"type": "http.response.body", "body": part[start : start + step], "more_body": True})

    async def _break(self, receive: Receive, send: Send) -> None:
        if self._broken is Break.HANG_MID:
            await wait_for_disconnect(receive)
        elif self._broken is Break.CUT_CLEAN:
            await send({"type": "http.response.body", "body": b""})


async def wait_for_disconnect(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
