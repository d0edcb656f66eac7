"""One request through the client: what arrives, what is refused, and what is said about it."""

import asyncio

import pytest

from activities.egress import EgressRequest
from schemas.errors import ErrorCode
from tests.support.egress import failure, get, reach
from tests.support.http_server import Received, answer, echo, json_answer


async def test_a_request_arrives_as_it_was_given() -> None:
    async with reach() as (egress, server):
        response = await egress.send(
            EgressRequest("POST", f"{server.url}/echo?a=1#part", headers={"X-Key": "k"}, body=b"text")
        )
        [request] = server.received
        assert response.status == 200
        assert response.headers["content-type"] == "application/json"
        assert (request.method, request.target, request.body) == ("POST", "/echo?a=1", b"text")
        assert request.headers["x-key"] == "k"
        assert request.headers["user-agent"] == "Perdure"
        assert request.headers["accept-encoding"] == "gzip, deflate"


async def test_neither_the_environment_nor_cookies_change_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async def sets_cookie(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"ok", headers={"set-cookie": "session=of-somebody; Path=/"}))

    async with reach(sets_cookie) as (egress, server):
        await get(egress, server.url)
        await get(egress, server.url)
        assert all("cookie" not in request.headers for request in server.received)


async def test_connections_are_shared() -> None:
    ports = set()

    async def note_port(request: Received, writer: asyncio.StreamWriter) -> None:
        ports.add(writer.get_extra_info("peername")[1])
        writer.write(answer(b"ok"))

    async with reach(note_port) as (egress, server):
        for _ in range(5):
            await get(egress, server.url)
    assert len(ports) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, ErrorCode.UPSTREAM_REFUSED),
        (404, ErrorCode.UPSTREAM_REFUSED),
        (302, ErrorCode.UPSTREAM_REFUSED),
        (408, ErrorCode.UPSTREAM_FAILED),
        (425, ErrorCode.UPSTREAM_FAILED),
        (429, ErrorCode.RATE_LIMITED),
        (500, ErrorCode.UPSTREAM_FAILED),
        (503, ErrorCode.UPSTREAM_FAILED),
        (599, ErrorCode.UPSTREAM_FAILED),
    ],
)
async def test_statuses_have_codes(status: int, code: ErrorCode) -> None:
    async with reach() as (egress, server):
        error = await failure(egress, f"{server.url}/status/{status}?token=secret")
        assert error.code is code
        assert error.info.details["status"] == status
        assert error.info.message == f"GET {server.url} answered {status}: as you wished"


async def test_expected_statuses_are_successes_and_others_are_not() -> None:
    async with reach() as (egress, server):
        response = await get(egress, f"{server.url}/status/404", expect=frozenset({404}))
        assert (response.status, response.body) == (404, b"as you wished")
        error = await failure(egress, f"{server.url}/echo", expect=frozenset({404}))
        assert error.code is ErrorCode.UPSTREAM_REFUSED


async def test_messages_hold_nothing_of_the_request_and_little_of_the_answer() -> None:
    async def rude(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"\x00no\xff \n" + b"x" * 100_000, status=500))

    async with reach(rude) as (egress, server):
        error = await failure(
            egress,
            f"{server.url}/path-secret?key=query-secret",
            method="POST",
            headers={"authorization": "header-secret"},
            body=b"body-secret",
        )
        assert "secret" not in error.info.model_dump_json()
        assert len(error.info.message) < 600
        assert "\x00" not in error.info.message


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("value", "low", "high"), [("7", 7, 7), ("1.5", 1.5, 1.5), ("0", 0, 0), ("-3", 0, 0)])
async def test_retry_after_is_passed_on(status: int, value: str, low: float, high: float) -> None:
    async def busy(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(status=status, headers={"retry-after": value}))

    async with reach(busy) as (egress, server):
        error = await failure(egress, server.url)
        assert error.retry_after is not None
        assert low <= error.retry_after <= high


async def test_an_error_keeps_its_status_when_its_body_is_broken() -> None:
    async def torn(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"", status=503, headers={"content-length": "100", "retry-after": "3"}) + b"sorry")
        writer.close()

    async with reach(torn) as (egress, server):
        error = await failure(egress, server.url)
        assert (error.code, error.retry_after) == (ErrorCode.UPSTREAM_FAILED, 3.0)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "internal"},
        {"content-length": "1"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "close"},
        {"Proxy-Authorization": "x"},
        {"x-bad": "a\r\nx-injected: 1"},
        {"x-bad": "a\x00b"},
        {"x-bad": "größe"},
        {"x bad": "a"},
        {"x-bad\r\n": "a"},
        {"": "a"},
    ],
)
async def test_headers_that_a_step_may_not_set(headers: dict[str, str]) -> None:
    async with reach() as (egress, server):
        error = await failure(egress, server.url, headers=headers)
        assert error.code is ErrorCode.INVALID_CONFIG
        assert server.received == []


async def test_a_head_request_has_no_body() -> None:
    async def head(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(headers={"content-length": "5000000"}))

    async with reach(head) as (egress, server):
        response = await egress.send(EgressRequest("HEAD", server.url))
        assert (response.status, response.body) == (200, b"")


async def test_an_unwanted_body_is_not_read() -> None:
    async def endless(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"x", headers={"content-length": "99999999999"}))

    async with reach(endless) as (egress, server):
        response = await get(egress, server.url, keep_body=False)
        assert (response.status, response.body) == (200, b"")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 300_000,
    ],
)
async def test_answers_that_are_no_http(raw: bytes) -> None:
    async def nonsense(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        writer.close()

    async with reach(nonsense) as (egress, server):
        error = await failure(egress, server.url)
        assert error.code is ErrorCode.NETWORK
        assert server.url in error.info.message


async def test_slow_bytes_end_at_the_total_time() -> None:
    async def drip(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(headers={"content-length": "1000"}))
        while True:
            writer.write(b".")
            await asyncio.sleep(0.02)

    async with reach(drip) as (egress, server):
        error = await failure(egress, server.url, timeout=0.2)
        assert error.code is ErrorCode.TIMEOUT
        assert "0.2 seconds" in error.info.message
        assert (await failure(egress, server.url, timeout=0.1)).code is ErrorCode.TIMEOUT


async def test_silence_ends_at_the_idle_time() -> None:
    async def silent(request: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with reach(silent, idle_timeout=0.1) as (egress, server):
        assert (await failure(egress, server.url)).code is ErrorCode.TIMEOUT


async def test_a_cancelled_request_leaves_the_client_usable() -> None:
    async def slow(request: Received, writer: asyncio.StreamWriter) -> None:
        if request.path == "/slow":
            await asyncio.sleep(30)
        writer.write(json_answer("ok"))

    async with reach(slow, max_connections=1) as (egress, server):
        waiting = asyncio.create_task(get(egress, f"{server.url}/slow"))
        while not server.received:
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await get(egress, f"{server.url}/fast", timeout=5)).body == b'"ok"'


async def test_many_requests_at_once() -> None:
    async with reach(echo, max_connections=20) as (egress, server):
        answers = await asyncio.gather(*(get(egress, f"{server.url}/{number}") for number in range(300)))
        assert {response.status for response in answers} == {200}
        assert len({request.target for request in server.received}) == 300
