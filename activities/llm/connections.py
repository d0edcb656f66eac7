"""HTTP connections to providers: kept alive over streamed answers, and kept away from private addresses."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import httpx

_END_SECONDS = 0.1
"""How long the end of a body may take that should be there already."""


Guarded = Callable[[Any], dict[str, Any]]
"""Options for a client of httpx, or of a library of the same make, that keep it away from private addresses."""


def library_of(client: type) -> Any:
    """The library that a vendor's SDK has made its client of: httpx, or one of the same make."""
    return importlib.import_module(client.__mro__[1].__module__.partition(".")[0])


def unguarded(library: Any) -> dict[str, Any]:
    """No options: the address of the provider was chosen by an operator."""
    return {}


async def read_to_the_end(response: httpx.Response) -> None:
    """An httpx response hook for the OpenAI SDK, which stops reading at `[DONE]`.

    What follows is only the end of the body, but httpx closes a connection on which it has not seen that, and every
    call would begin with a new TLS handshake.
    """
    if isinstance(response.stream, httpx.AsyncByteStream):
        response.stream = _EndingStream(response.stream)


class _EndingStream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream
        self._parts: AsyncIterator[bytes] | None = None
        self._over = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._parts is None:
            self._parts = self._stream.__aiter__()
        try:
            return await anext(self._parts)
        except BaseException:
            self._over = True
            raise

    async def aclose(self) -> None:
        if self._parts is not None and not self._over:
            with suppress(StopAsyncIteration, TimeoutError, httpx.HTTPError):
                async with asyncio.timeout(_END_SECONDS):
                    await anext(self)
        await self._stream.aclose()
