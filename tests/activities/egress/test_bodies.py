"""Answers that are too long, compressed, damaged, or all of it."""

import asyncio
import gzip
import zlib
from contextlib import suppress

import pytest

from schemas.errors import ErrorCode, PerdureError
from tests.support.egress import failure, get, reach
from tests.support.http_server import Handler, Received, answer

LIMIT = 10_000


def compressed(body: bytes, encoding: str) -> Handler:
    async def handler(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(body, headers={"content-encoding": encoding}))

    return handler


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"hello", mtime=0)),
        ("GZIP", gzip.compress(b"hello", mtime=0)),
        ("x-gzip", gzip.compress(b"hello", mtime=0)),
        ("deflate", zlib.compress(b"hello")),
        ("deflate", raw_deflate(b"hello")),
        ("identity", b"hello"),
        ("", b"hello"),
    ],
)
async def test_compressed_answers(encoding: str, packed: bytes) -> None:
    async with reach(compressed(packed, encoding)) as (egress, server):
        assert (await get(egress, server.url)).body == b"hello"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "x"])
async def test_other_compressions_are_refused(encoding: str) -> None:
    async with reach(compressed(b"hello", encoding)) as (egress, server):
        assert (await failure(egress, server.url)).code is ErrorCode.UPSTREAM_REFUSED


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_damaged_compression(encoding: str) -> None:
    async with reach(compressed(b"not compressed at all", encoding)) as (egress, server):
        assert (await failure(egress, server.url)).code is ErrorCode.UPSTREAM_FAILED


@pytest.mark.parametrize(
    ("encoding", "bomb"),
    [("gzip", gzip.compress(bytes(60_000_000), 9)), ("deflate", zlib.compress(bytes(60_000_000), 9))],
    ids=["gzip", "deflate"],
)
async def test_a_bomb_is_noticed_early(encoding: str, bomb: bytes) -> None:
    assert len(bomb) < 200_000
    async with reach(compressed(bomb, encoding)) as (egress, server):
        error = await failure(egress, server.url, max_bytes=1_000_000, timeout=5)
        assert error.code is ErrorCode.RESULT_TOO_LARGE


async def test_a_bomb_in_an_error_is_only_begun() -> None:
    async def angry(request: Received, writer: asyncio.StreamWriter) -> None:
        bomb = gzip.compress(b"angry " * 10_000_000)
        writer.write(answer(bomb, status=500, headers={"content-encoding": "gzip"}))

    async with reach(angry) as (egress, server):
        error = await failure(egress, server.url, timeout=5)
        assert error.code is ErrorCode.UPSTREAM_FAILED
        assert len(error.info.message) < 600


@pytest.mark.parametrize("length", [LIMIT, LIMIT + 1])
async def test_the_bound_is_exact_when_the_length_is_known(length: int) -> None:
    async def long(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"x" * length))

    async with reach(long) as (egress, server):
        if length == LIMIT:
            assert len((await get(egress, server.url, max_bytes=LIMIT)).body) == LIMIT
            return
        error = await failure(egress, server.url, max_bytes=LIMIT)
        assert error.code is ErrorCode.RESULT_TOO_LARGE
        assert "10,000 bytes" in error.info.message
        assert not error.info.reaction.retryable


async def test_an_endless_answer_without_length_is_cut_off() -> None:
    async def endless(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            await writer.drain()

    async with reach(endless) as (egress, server):
        error = await failure(egress, server.url, max_bytes=LIMIT, timeout=5)
        assert error.code is ErrorCode.RESULT_TOO_LARGE


@pytest.mark.parametrize("length", ["999999999999999999999999999", "x", "12, 12"])
async def test_nonsense_lengths_are_no_crash(length: str) -> None:
    async def odd(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"x" * 12, headers={"content-length": length}))
        writer.close()

    async with reach(odd) as (egress, server):
        with suppress(PerdureError):
            assert (await get(egress, server.url, max_bytes=LIMIT)).body == b"x" * 12
