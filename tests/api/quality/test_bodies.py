"""Bodies on a real socket: announced falsely, in pieces, compressed, of another type, or never complete."""

import asyncio
import gzip
import json
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from api.bodies import MAX_BODY_BYTES
from tests.api.conftest import TOKEN
from tests.api.test_gate import check_problem
from tests.support.serving import served

EVENT = b'{"type": "t", "key": "k"}'
TYPES = [
    b"",
    b"text/plain",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"application/xml",
]


async def exchange(url: str, *headers: str, body: bytes = b"", hang_up: bool = False) -> tuple[int, bytes]:
    """Status and rest of the answer to bytes that no decent client would send."""
    target = urlsplit(url)
    reader, writer = await asyncio.open_connection(target.hostname, target.port)
    head = ["POST /v1/events HTTP/1.1", "Host: api", f"Authorization: Bearer {TOKEN}", "Connection: close", *headers]
    try:
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        if hang_up:
            writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()
    return int(answer.split(b" ", 2)[1]) if answer else 0, answer


JSON = "Content-Type: application/json"


async def test_more_bytes_than_announced_are_not_part_of_the_body(app: FastAPI) -> None:
    async with served(app) as url:
        status, _ = await exchange(url, JSON, f"Content-Length: {len(EVENT)}", body=EVENT + b"GET / HTTP/1.1\r\n")
    assert status == 202


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "99999999999999999999999", str(MAX_BODY_BYTES + 1)])
async def test_a_length_that_cannot_be_is_refused(app: FastAPI, length: str) -> None:
    async with served(app) as url:
        status, _ = await exchange(url, JSON, f"Content-Length: {length}", body=EVENT)
    assert status in (400, 413)


async def test_a_body_that_never_comes_has_no_effect_and_no_error(
    app: FastAPI, api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(app) as url:
        await exchange(url, JSON, "Content-Length: 1000", body=EVENT, hang_up=True)
        assert (await api.get("/healthz")).status_code == 200
    assert "Traceback" not in caplog.text


async def test_endless_chunks_are_cut_off(app: FastAPI) -> None:
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    async with served(app) as url:
        body = chunk * (MAX_BODY_BYTES // 65_536 + 2)
        status, answer = await exchange(url, JSON, "Transfer-Encoding: chunked", body=body)
    assert status == 413
    assert b"body_too_large" in answer


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "br", "zstd", "identity, gzip"])
async def test_a_compressed_body_is_refused(api: httpx.AsyncClient, encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    answer = await api.post("/v1/events", content=gzip.compress(EVENT), headers=headers)
    check_problem(answer, 415, "unsupported_media_type")


async def test_a_body_that_is_not_compressed_may_say_so(api: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "identity"}
    assert (await api.post("/v1/events", content=EVENT, headers=headers)).status_code == 202


@pytest.mark.parametrize("kind", TYPES)
async def test_only_json_is_read(api: httpx.AsyncClient, kind: bytes) -> None:
    headers = {b"Content-Type": kind} if kind else {}
    check_problem(await api.post("/v1/events", content=EVENT, headers=headers), 415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"])
async def test_json_by_any_name_is_read(api: httpx.AsyncClient, kind: str) -> None:
    assert (await api.post("/v1/events", content=EVENT, headers={"Content-Type": kind})).status_code == 202


async def test_a_bomb_of_nested_values_is_refused_quickly(api: httpx.AsyncClient) -> None:
    bomb = b'{"type": "t", "key": "k", "data": ' + b'{"a":' * 200_000 + b"1" + b"}" * 200_001
    async with asyncio.timeout(5):
        answer = await api.post("/v1/events", content=bomb, headers={"Content-Type": "application/json"})
    check_problem(answer, 422, "invalid_request")


async def test_an_optional_body_may_be_left_out(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/runs/nothing/pause")
    check_problem(answer, 404, "not_found")
    assert json.loads(answer.content)["detail"]
