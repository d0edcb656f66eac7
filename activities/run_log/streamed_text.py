"""Text that a step streams while it runs, kept as `step.delta` events in pieces worth a statement."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from activities.run_log.log import RunLog
from schemas.messages import StepInput

EmitText = Callable[[str], Awaitable[None]]

FLUSH_CHARS: Final = 2_000
FLUSH_SECONDS: Final = 0.1

_log = logging.getLogger(__name__)


class TextStream:
    """Collects the text of one attempt and writes it: the first piece at once, then every 100 ms or 2,000 characters.

    Watching is a convenience: if the database is away, the text is dropped and the step goes on.
    """

    def __init__(self, log: RunLog, step: StepInput, attempt: int) -> None:
        self._log = log
        self._step = step
        self._attempt = attempt
        self._parts: list[str] = []
        self._chars = 0
        self._first = True
        self._timer: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    async def emit(self, text: str) -> None:
        """Add a piece; waits only while a full buffer is written."""
        if not text:
            return
        self._parts.append(text)
        self._chars += len(text)
        if self._chars >= FLUSH_CHARS:
            await self.flush()
        elif self._first:
            # Whoever waits for an answer sees that it begins.
            self._first = False
            self._timer = asyncio.create_task(self._flush_soon(0.0))
        elif self._timer is None or self._timer.done():
            self._timer = asyncio.create_task(self._flush_soon(FLUSH_SECONDS))

    async def flush(self) -> None:
        """Write what has been collected."""
        async with self._writing:
            text, self._parts, self._chars = "".join(self._parts), [], 0
            if not text:
                return
            try:
                await self._log.step_delta(self._step, self._attempt, text)
            except Exception as error:
                _log.warning("streamed text was dropped: %s", type(error).__name__)

    async def close(self) -> None:
        """Write the rest."""
        if self._timer is not None:
            self._timer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._timer
        await self.flush()

    async def _flush_soon(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await asyncio.shield(self.flush())


def emitter(log: RunLog) -> Callable[[StepInput, int], contextlib.AbstractAsyncContextManager[EmitText]]:
    """Opens the text stream of an attempt; leaving the context writes the rest."""

    @asynccontextmanager
    async def open_stream(step: StepInput, attempt: int) -> AsyncIterator[EmitText]:
        stream = TextStream(log, step, attempt)
        try:
            yield stream.emit
        finally:
            await stream.close()

    return open_stream
