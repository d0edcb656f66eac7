"""Reads the body of an answer: bounded before and after decompression."""

import zlib
from collections.abc import AsyncIterator, Callable, Iterator

import httpx

from activities.egress.urls import place
from schemas.errors import ErrorCode, PerdureError

ACCEPT_ENCODING = "gzip, deflate"
_PIECE = 64 * 1024
_GZIP_BITS = 16 + zlib.MAX_WBITS


class _Identity:
    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data


class _Inflate:
    """Decompresses in pieces, so that a bomb is noticed before it has grown."""

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._stream = zlib.decompressobj(bits)
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._stream.eof:
            yield self._inflate(data)
            data = self._stream.unconsumed_tail

    def _inflate(self, data: bytes) -> bytes:
        first, self._started = not self._started, True
        try:
            return self._stream.decompress(data, _PIECE)
        except zlib.error:
            if not first or self._bits == _GZIP_BITS:
                raise
        # Some servers send deflate without its zlib header.
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        return self._stream.decompress(data, _PIECE)


def _decoder(url: httpx.URL, encoding: str) -> _Identity | _Inflate:
    match encoding.strip().lower():
        case "" | "identity":
            return _Identity()
        case "gzip" | "x-gzip":
            return _Inflate(_GZIP_BITS)
        case "deflate":
            return _Inflate(zlib.MAX_WBITS)
    raise PerdureError(
        ErrorCode.UPSTREAM_REFUSED, f"{place(url)} compressed its answer in a way that we did not ask for."
    )


async def pieces(url: httpx.URL, response: httpx.Response, size: int | None = _PIECE) -> AsyncIterator[bytes]:
    """The body, decompressed, in pieces of a size, or without one as they come.

    Raises:
        PerdureError: `upstream_failed` if the compressed data is damaged, `upstream_refused` for another compression.
    """
    decoder = _decoder(url, response.headers.get("content-encoding", ""))
    try:
        async for data in response.aiter_raw(size):
            for piece in decoder.feed(data):
                yield piece
    except zlib.error as error:
        raise PerdureError(ErrorCode.UPSTREAM_FAILED, f"{place(url)} sent a damaged compressed answer.") from error


async def read_body(
    url: httpx.URL, response: httpx.Response, max_bytes: int, until: Callable[[bytes], bool] | None = None
) -> bytes:
    """The whole body, or its beginning as soon as `until` has enough of it.

    Raises:
        PerdureError: `result_too_large` as soon as it is known to be longer than `max_bytes`.
    """
    announced = response.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and len(announced) < 20 and int(announced) > max_bytes:
        raise _too_large(url, max_bytes)
    body = bytearray()
    async for piece in pieces(url, response, _PIECE if until is None else None):
        body += piece
        if len(body) > max_bytes:
            raise _too_large(url, max_bytes)
        if until is not None and until(bytes(body)):
            break
    return bytes(body)


async def read_beginning(url: httpx.URL, response: httpx.Response, max_bytes: int) -> bytes:
    """At most the first bytes of the body."""
    body = bytearray()
    async for piece in pieces(url, response):
        body += piece
        if len(body) >= max_bytes:
            break
    return bytes(body[:max_bytes])


def _too_large(url: httpx.URL, max_bytes: int) -> PerdureError:
    return PerdureError(
        ErrorCode.RESULT_TOO_LARGE,
        f"The answer of {place(url)} is longer than the {max_bytes:,} bytes that are allowed.",
        details={"limit": max_bytes},
    )
