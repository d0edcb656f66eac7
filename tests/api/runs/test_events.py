"""The history of a run, as pages and as a live stream that misses nothing and repeats nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from api.services import Services
from db.run_events import append_event
from engine.run_repair import end_run
from schemas.messages import RunStatus
from schemas.run_events import EventType
from tests.api.conftest import AUTHORIZED
from tests.api.documents import publish, start
from tests.api.test_gate import check_problem
from tests.support.serving import served

STREAM = {"Accept": "text/event-stream"}


async def a_run(api: httpx.AsyncClient) -> str:
    await publish(api)
    run_id: str = (await start(api, "greeting"))["id"]
    return run_id


async def append(services: Services, run_id: str, number: int) -> None:
    async with services.database.tenant(services.workspace_id) as session:
        await append_event(session, UUID(run_id), EventType.STEP_DELTA, path="greet", data={"text": str(number)})


async def end(services: Services, run_id: str) -> None:
    async with services.database.tenant(services.workspace_id) as session:
        await end_run(session, services.workspace_id, UUID(run_id), 1, RunStatus.COMPLETED, None)


@asynccontextmanager
async def viewer(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client over a real socket."""
    async with (
        served(app) as url,
        httpx.AsyncClient(base_url=url, headers=AUTHORIZED, timeout=30) as client,
    ):
        yield client


async def read(client: httpx.AsyncClient, run_id: str, *, stop_at: int | None = None, **headers: str) -> list[Any]:
    """Events of a stream, until it ends or after the number `stop_at`."""
    found = []
    async with client.stream("GET", f"/v1/runs/{run_id}/events", headers={**STREAM, **headers}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        identity = ""
        async for line in answer.aiter_lines():
            if line.startswith("id:"):
                identity = line[3:].strip()
            if line.startswith("data:"):
                event = json.loads(line[5:])
                assert identity == str(event["seq"])
                found.append(event)
                if event["seq"] == stop_at:
                    break
    return found


async def test_events_come_in_pages(api: httpx.AsyncClient, services: Services) -> None:
    run_id = await a_run(api)
    for number in range(5):
        await append(services, run_id, number)
    first = (await api.get(f"/v1/runs/{run_id}/events", params={"limit": 4})).json()
    rest = (await api.get(f"/v1/runs/{run_id}/events", params={"after": first["next_after"]})).json()
    assert [event["seq"] for event in first["items"] + rest["items"]] == [1, 2, 3, 4, 5, 6]
    assert rest["next_after"] is None
    for params in ({"after": -1}, {"after": "x"}, {"limit": 0}, {"after": 2**64}):
        check_problem(await api.get(f"/v1/runs/{run_id}/events", params=params), 422, "invalid_request")


async def test_a_stream_is_live_and_ends_with_the_run(api: httpx.AsyncClient, app: FastAPI, services: Services) -> None:
    run_id = await a_run(api)
    async with viewer(app) as client:
        following = asyncio.create_task(read(client, run_id))
        for number in range(20):
            await append(services, run_id, number)
        await end(services, run_id)
        events = await asyncio.wait_for(following, 20)
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert events[-1]["type"] == "run.completed"
        late = await read(client, run_id)
        assert late == events


async def test_a_viewer_that_comes_back_misses_and_repeats_nothing(
    api: httpx.AsyncClient, app: FastAPI, services: Services
) -> None:
    run_id = await a_run(api)
    async with viewer(app) as client:
        for number in range(10):
            await append(services, run_id, number)
        first = await read(client, run_id, stop_at=4)
        await end(services, run_id)
        rest = await read(client, run_id, **{"Last-Event-ID": "4"})
        assert [event["seq"] for event in first + rest] == list(range(1, len(first + rest) + 1))
        last = {"Last-Event-ID": str(rest[-1]["seq"])}
        answer = await client.get(f"/v1/runs/{run_id}/events", headers={**STREAM, **last})
        assert answer.status_code == 204


async def test_a_quiet_stream_has_heartbeats(
    api: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.runs.event_streams.HEARTBEAT", 1)
    run_id = await a_run(api)
    async with viewer(app) as client, client.stream("GET", f"/v1/runs/{run_id}/events", headers=STREAM) as answer:
        async for line in answer.aiter_lines():
            if line.startswith(":"):
                break


async def test_a_server_stops_although_somebody_is_watching(api: httpx.AsyncClient, app: FastAPI) -> None:
    run_id = await a_run(api)
    async with viewer(app) as client:
        watching = asyncio.create_task(read(client, run_id))
        await read(client, run_id, stop_at=1)
    # The server is gone; the viewer has seen the end of the stream, in order or not.
    await asyncio.wait([watching], timeout=10)
    assert watching.done()
    watching.exception()


async def test_bad_ids_are_problems_and_no_streams(api: httpx.AsyncClient, other_api: httpx.AsyncClient) -> None:
    run_id = await a_run(api)
    check_problem(await other_api.get(f"/v1/runs/{run_id}/events", headers=STREAM), 404, "not_found")
    for wrong in ("x", "-1", "1" * 25, "²"):
        headers = {**STREAM, "Last-Event-ID": wrong.encode()}
        answer = await api.get(f"/v1/runs/{run_id}/events", headers=headers)
        check_problem(answer, 422, "invalid_request")
