"""A start that streams: the run first, then all that happens; whoever hangs up changes nothing."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.support.perdure import TOKEN, Perdure
from tests.support.serving import served

REST: dict[str, Any] = {"id": "rest", "kind": "wait", "with": {"duration": "300ms"}}


@pytest.fixture
async def client(perdure: Perdure) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a real connection, which can be cut."""
    transport = perdure.api._transport
    assert isinstance(transport, httpx.ASGITransport)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with served(transport.app) as url, httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        yield client


Event = dict[str, str]


@asynccontextmanager
async def streaming(client: httpx.AsyncClient, body: dict[str, Any], **headers: str) -> AsyncIterator[httpx.Response]:
    accept = {"Accept": "text/event-stream", **headers}
    async with client.stream("POST", "/v1/runs", json=body, headers=accept) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer


async def events_of(answer: httpx.Response) -> AsyncIterator[Event]:
    event: Event = {}
    async for line in answer.aiter_lines():
        field, _, value = line.partition(": ")
        if not line and event:
            yield event
            event = {}
        elif field:
            event[field] = value


async def streamed(client: httpx.AsyncClient, body: dict[str, Any], **headers: str) -> list[Event]:
    async with streaming(client, body, **headers) as answer:
        return [event async for event in events_of(answer)]


async def test_the_run_comes_first_and_its_events_follow(perdure: Perdure, client: httpx.AsyncClient) -> None:
    slug = await perdure.publish([REST])
    first, *events = await streamed(client, {"workflow": slug})
    accepted = json.loads(first["data"])
    assert (first["event"], accepted["status"], accepted["workflow"]) == ("run", "pending", slug)
    assert [int(event["id"]) for event in events] == list(range(1, len(events) + 1))
    types = [json.loads(event["data"])["type"] for event in events]
    assert (types[0], types[-1]) == ("run.created", "run.completed")
    assert (await perdure.get(accepted["id"]))["status"] == "completed"


async def test_hanging_up_does_not_cancel(perdure: Perdure, client: httpx.AsyncClient) -> None:
    slug = await perdure.publish([REST])
    async with streaming(client, {"workflow": slug}) as answer:
        run = json.loads((await anext(events_of(answer)))["data"])["id"]
        assert answer.headers["location"] == f"/v1/runs/{run}"
    ended = await perdure.ended(run)
    assert ended["status"] == "completed"
    events = (await perdure.api.get(f"/v1/runs/{run}/events")).json()["items"]
    assert "run.cancel_requested" not in {event["type"] for event in events}


async def test_the_same_key_streams_the_same_run(perdure: Perdure, client: httpx.AsyncClient) -> None:
    body, key = {"workflow": await perdure.publish([REST])}, {"Idempotency-Key": "once"}
    one = await streamed(client, body, **key)
    async with streaming(client, body, **key) as answer:
        assert answer.headers["idempotent-replayed"] == "true"
        assert [event async for event in events_of(answer)] == one


async def test_a_start_that_is_refused_is_no_stream(perdure: Perdure, client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/runs", json={"workflow": "nothing"}, headers={"Accept": "text/event-stream"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
