"""`http_request`: what is sent, and what becomes of each kind of answer."""

import asyncio
import base64
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from activities.step import Services
from schemas.errors import ErrorCode
from schemas.messages import StepInput
from tests.support.http_server import Handler, HttpServer, Received, answer, echo, http_server
from tests.support.steps import environment, run_step, services, step_failure, step_input


@asynccontextmanager
async def reachable(handler: Handler = echo) -> AsyncIterator[tuple[Services, HttpServer]]:
    async with http_server(handler) as server, services(server.allowed) as given:
        yield given, server


def request(server: HttpServer, path: str = "/echo", **config: Any) -> StepInput:
    return step_input("http_request", {"url": server.url + path, **config})


async def output_of(body: bytes, content_type: str, **headers: str) -> dict[str, Any]:
    """The output of a step whose answer is `body`."""

    async def handler(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(body, content_type=content_type, headers=headers))

    async with reachable(handler) as (given, server):
        output: dict[str, Any] = (await run_step(given, request(server))).output
        return output


async def test_the_output_has_status_headers_and_body() -> None:
    async with reachable() as (given, server):
        output = (await run_step(given, request(server))).output
        assert output["status"] == 200
        assert output["headers"]["content-type"] == "application/json"
        assert output["body"]["method"] == "GET"
        assert "base64" not in output


async def test_the_idempotency_key_is_the_same_on_every_attempt_and_unlike_any_other() -> None:
    async with reachable() as (given, server):
        for attempt in (1, 2):
            await run_step(given, request(server, method="POST"), env=environment(attempt=attempt))
        await run_step(given, request(server, method="POST").model_copy(update={"iteration": 1}))
        keys = [received.headers["idempotency-key"] for received in server.received]
        assert keys[0] == keys[1] == "00000000-0000-0000-0000-000000000001/n/0"
        assert keys[2].endswith("/n/1")


async def test_the_idempotency_header_can_be_renamed_replaced_and_left_out() -> None:
    async with reachable() as (given, server):
        await run_step(given, request(server, idempotency_header="X-Request-Id"))
        await run_step(given, request(server, headers={"idempotency-key": "mine"}))
        await run_step(given, request(server, idempotency_header=None))
        first, second, third = (received.headers for received in server.received)
        assert first["x-request-id"].endswith("/n/0")
        assert "idempotency-key" not in first
        assert second["idempotency-key"] == "mine"
        assert "idempotency-key" not in third


async def test_a_json_body() -> None:
    async with reachable() as (given, server):
        await run_step(given, request(server, method="POST", json={"ö": [1, None]}))
        [received] = server.received
        assert received.headers["content-type"] == "application/json"
        assert json.loads(received.body) == {"ö": [1, None]}


async def test_a_text_body_and_its_own_content_type() -> None:
    async with reachable() as (given, server):
        await run_step(given, request(server, method="PUT", body="grüße"))
        await run_step(given, request(server, method="PUT", body="<a/>", headers={"Content-Type": "text/xml"}))
        first, second = server.received
        assert first.body.decode() == "grüße"
        assert first.headers["content-type"] == "text/plain; charset=utf-8"
        assert second.headers["content-type"] == "text/xml"


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        ("/e", {"q": "a b&c=ü"}, "/e?q=a+b%26c%3D%C3%BC"),
        ("/e?a=1", {"b": 2}, "/e?a=1&b=2"),
        ("/e?", {"b": True, "n": None}, "/e?b=true"),
        ("/e?x=%2F#part", {"l": [1, "two", None]}, "/e?x=%2F&l=1&l=two"),
        ("/e", {"o": {"a": 1}}, "/e?o=%7B%22a%22%3A+1%7D"),
        ("/e", {"none": None}, "/e"),
    ],
)
async def test_query_parameters(path: str, query: dict[str, Any], target: str) -> None:
    async with reachable() as (given, server):
        await run_step(given, request(server, path, query=query))
        assert server.received[0].target == target


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b'{"a": [1, 2.5, null]}', "application/json", {"a": [1, 2.5, None]}),
        (b'{"a": 1}', "application/problem+json; charset=utf-8", {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', "application/json", {"a": 1}),
        (b"", "application/json", None),
        (b"{broken", "application/json", "{broken"),
        (b"[NaN, Infinity]", "application/json", [None, None]),
        (b'{"n": 123456789012345678901234567890}', "application/json", {"n": "123456789012345678901234567890"}),
        (b'{"n": ' + b"9" * 5_000 + b"}", "application/json", '{"n": ' + "9" * 5_000 + "}"),
        (b'"a\\u0000\\ud800"', "application/json", "a\ufffd\ufffd"),
        (b"gr\xc3\xbc\xc3\x9fe \x00\xff", "text/plain", "grüße \ufffd\ufffd"),
        (b"gr\xfc\xdfe", "text/plain; charset=iso-8859-1", "grüße"),
        (b"gr\xfc", "text/plain; charset=unicode_escape", "gr\ufffd"),
        (b"abc", "text/plain; charset=zlib", "abc"),
        (b"abc", "text/plain; charset=no-such-thing", "abc"),
        (b"<a/>", "image/svg+xml", "<a/>"),
        (b"a=1", "application/x-www-form-urlencoded", "a=1"),
        (b"", "image/png", ""),
    ],
)
async def test_answers_become_data_or_text(body: bytes, content_type: str, expected: Any) -> None:
    output = await output_of(body, content_type)
    assert output["body"] == expected
    assert "base64" not in output


@pytest.mark.parametrize("content_type", ["image/png", "application/octet-stream", "nonsense", ""])
async def test_binary_answers_are_base64_and_say_so(content_type: str) -> None:
    output = await output_of(b"\x89PNG\x00", content_type)
    assert base64.b64decode(output["body"]) == b"\x89PNG\x00"
    assert output["base64"] is True


async def test_a_compressed_answer() -> None:
    packed = gzip.compress(b'{"a": 1}')
    assert (await output_of(packed, "application/json", **{"content-encoding": "gzip"}))["body"] == {"a": 1}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"x" * 1_000_001, "text/plain"),
        (b"\x00" * 900_000, "image/png"),
        (b'"' + b"\\u0001" * 160_000 + b'"', "application/json"),
        (b"[" * 500 + b"]" * 500, "application/json"),
        (b"[" * 400_000 + b"]" * 400_000, "application/json"),
    ],
    ids=["text", "base64", "escapes", "nested", "deeply nested"],
)
async def test_answers_that_are_too_large(body: bytes, content_type: str) -> None:
    async def handler(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(body, content_type=content_type))

    async with reachable(handler) as (given, server):
        if content_type == "application/json" and body[1:2] == b"\\":
            # 160,000 control characters are 960,000 bytes of JSON on either side.
            assert len((await run_step(given, request(server))).output["body"]) == 160_000
            return
        info = await step_failure(given, request(server))
        assert info.code is ErrorCode.RESULT_TOO_LARGE
        assert not info.reaction.retryable


async def test_own_bounds_of_size_and_status() -> None:
    async with reachable() as (given, server):
        assert (await step_failure(given, request(server, max_bytes=10))).code is ErrorCode.RESULT_TOO_LARGE
        assert (await run_step(given, request(server, "/status/409", expect=[409]))).output["status"] == 409
        assert (await step_failure(given, request(server, "/status/500"))).code is ErrorCode.UPSTREAM_FAILED
        assert (await step_failure(given, request(server, "/status/429"))).code is ErrorCode.RATE_LIMITED


async def test_the_attempts_time_bounds_the_request() -> None:
    async def silent(request: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with reachable(silent) as (given, server):
        info = await step_failure(given, request(server), env=environment(seconds=0.3))
        assert info.code is ErrorCode.TIMEOUT


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({}, "url"),
        ({"url": ""}, "url"),
        ({"url": 5}, "url"),
        ({"url": "http://x", "method": "TRACE"}, "method"),
        ({"url": "http://x", "headers": {"a": 1}}, "headers.a"),
        ({"url": "http://x", "max_bytes": 10**9}, "max_bytes"),
        ({"url": "http://x", "colour": 1}, "colour"),
        ({"url": "http://x\ud800"}, "url"),
    ],
)
async def test_wrong_settings_are_named(config: dict[str, Any], field: str) -> None:
    async with services() as given:
        info = await step_failure(given, step_input("http_request", config))
        assert info.code is ErrorCode.INVALID_CONFIG
        assert info.details["fields"] == [field]
        assert f"`{field}`" in info.message


async def test_json_and_body_exclude_each_other() -> None:
    async with services() as given:
        step = step_input("http_request", {"url": "http://x", "json": 1, "body": "a"})
        assert "not both" in (await step_failure(given, step)).message
