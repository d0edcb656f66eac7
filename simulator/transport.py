"""How an answer leaves the process: paced, in odd slices, cut off, or never."""

import asyncio
from collections.abc import Callable, Iterable

from starlette.types import Receive, Scope, Send

from simulator.faults import Break

_SLICE = 7
"""Bytes of a slice of a slow answer: odd, so that characters and events are torn apart."""


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
        if self._broken in (Break.CUT, Break.CUT_CLEAN, Break.HANG_MID):
            for part in self._parts[: self._break_after]:
                await self._send(part, send)
            await self._break(receive, send)
            return
        *slices, last = self._slices()
        for part in slices:
            await self._send(part, send)
        # Counted before the last byte leaves: a client that has the whole answer finds its call in the statistics.
        self._when_complete()
        await self._send(last, send, more=False)

    async def _begin(self, send: Send) -> None:
        headers = [(name.encode(), value.encode()) for name, value in self._headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    def _slices(self) -> list[bytes]:
        if self._broken is not Break.SLOW:
            return self._parts
        return [part[at : at + _SLICE] for part in self._parts for at in range(0, len(part), _SLICE)]

    async def _send(self, part: bytes, send: Send, *, more: bool = True) -> None:
        if self._pause:
            await asyncio.sleep(self._pause)
        await send({"type": "http.response.body", "body": part, "more_body": more})

    async def _break(self, receive: Receive, send: Send) -> None:
        if self._broken is Break.HANG_MID:
            await wait_for_disconnect(receive)
        elif self._broken is Break.CUT_CLEAN:
            await send({"type": "http.response.body", "body": b""})


async def wait_for_disconnect(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
