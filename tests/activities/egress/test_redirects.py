"""Redirects: method rules, dropped credentials, bounds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from activities.egress import Egress, EgressRequest, EgressSettings
from schemas.errors import ErrorCode
from tests.support.egress import failure, reach
from tests.support.http_server import HttpServer, Received, answer, http_server

SECRETS = {"Authorization": "Bearer s3cret", "Cookie": "a=b", "X-Api-Key": "k", "Content-Type": "text/plain"}


def redirect(status: int, location: str) -> bytes:
    return answer(status=status, headers={"location": location})


@asynccontextmanager
async def two_servers(status: int) -> AsyncIterator[tuple[Egress, HttpServer, HttpServer]]:
    """The first server redirects to the second."""
    async with http_server() as second:

        async def to_second(request: Received, writer: asyncio.StreamWriter) -> None:
            writer.write(redirect(status, f"{second.url}/landed"))

        async with (
            http_server(to_second) as first,
            Egress(EgressSettings(allow=(first.allowed, second.allowed))) as egress,
        ):
            yield egress, first, second


@pytest.mark.parametrize(
    ("status", "method", "expected"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
        (307, "POST", "POST"),
        (308, "PATCH", "PATCH"),
        (301, "GET", "GET"),
    ],
)
async def test_methods_after_a_redirect(status: int, method: str, expected: str) -> None:
    async with two_servers(status) as (egress, first, second):
        await egress.send(EgressRequest(method, first.url, body=b"data"))
        [landed] = second.received
        assert (landed.method, landed.target) == (expected, "/landed")
        assert landed.body == (b"data" if expected == method else b"")


async def test_credentials_stay_with_their_origin() -> None:
    async with two_servers(307) as (egress, first, second):
        await egress.send(EgressRequest("POST", first.url, headers=SECRETS, body=b"data"))
        assert first.received[0].headers["authorization"] == "Bearer s3cret"
        landed = second.received[0].headers
        assert landed["content-type"] == "text/plain"
        assert not {"authorization", "cookie", "x-api-key"} & landed.keys()


async def test_credentials_follow_within_their_origin() -> None:
    async def moved(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(redirect(302, "/new?x=1#part") if request.path == "/old" else answer(b"here"))

    async with reach(moved) as (egress, server):
        response = await egress.send(EgressRequest("GET", f"{server.url}/old", headers=SECRETS))
        assert response.body == b"here"
        assert server.received[1].target == "/new?x=1"
        assert server.received[1].headers["authorization"] == "Bearer s3cret"


async def test_a_redirect_that_is_expected_or_not_followed_is_an_answer() -> None:
    async def moved(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(redirect(302, "/elsewhere"))

    async with reach(moved) as (egress, server):
        request = EgressRequest("GET", server.url, expect=frozenset({302}))
        assert (await egress.send(request)).headers["location"] == "/elsewhere"
        error = await failure(egress, server.url, follow_redirects=False)
        assert error.code is ErrorCode.UPSTREAM_REFUSED
        assert len(server.received) == 2


async def test_at_most_five_redirects() -> None:
    async def count(request: Received, writer: asyncio.StreamWriter) -> None:
        number = int(request.path[1:] or 0)
        writer.write(redirect(302, f"/{number + 1}?secret=1") if number < 6 else answer(b"end"))

    async with reach(count) as (egress, server):
        assert (await egress.send(EgressRequest("GET", f"{server.url}/1"))).body == b"end"
        error = await failure(egress, f"{server.url}/0")
        assert error.code is ErrorCode.UPSTREAM_REFUSED
        assert "5 redirects" in error.info.message
        assert "secret" not in error.info.message


@pytest.mark.parametrize("location", ["http://[::1", "ftp://example.com/", "http://exa mple.com/", "http://a:99999/"])
async def test_a_redirect_to_a_malformed_url(location: str) -> None:
    async def broken(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(redirect(302, location))

    async with reach(broken) as (egress, server):
        error = await failure(egress, server.url)
        assert not error.info.reaction.retryable


async def test_time_covers_all_hops() -> None:
    async def slow_loop(request: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        writer.write(redirect(302, "/again"))

    async with reach(slow_loop) as (egress, server):
        assert (await failure(egress, server.url, timeout=0.25)).code is ErrorCode.TIMEOUT
