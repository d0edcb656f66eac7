"""Answers that go on for long end when their caller is shut out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, update

from api.access import open_streams
from api.access.open_streams import CHECKED_EVERY, Watched
from api.access.tokens import ACCESS_SECONDS
from api.services import Services
from db.tables import Membership
from schemas.roles import Role
from tests.api.documents import publish, start
from tests.support.people import access_token, new_member
from tests.support.serving import served

START = {"type": "http.response.start", "status": 200, "headers": []}
PART = {"type": "http.response.body", "body": b"x", "more_body": True}
END = {"type": "http.response.body", "body": b"", "more_body": False}


class Stream:
    """A watched answer whose caller and clock the test holds."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.seconds, self.known, self.looks = 0.0, True, 0
        self.send = Watched(self._send, self._still_known, lambda: self.seconds)

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    async def _still_known(self) -> bool:
        self.looks += 1
        return self.known


async def test_a_short_answer_is_not_looked_at() -> None:
    stream = Stream()
    for message in (START, PART, PART, END):
        await stream.send(message)
    assert (stream.sent, stream.looks) == ([START, PART, PART, END], 0)


async def test_a_long_one_ends_instead_of_its_next_part() -> None:
    stream = Stream()
    await stream.send(START)
    for _ in range(3):
        stream.seconds += CHECKED_EVERY
        await stream.send(PART)
        await stream.send(PART)
    assert stream.looks == 3
    stream.known = False
    await stream.send(PART)
    stream.seconds += CHECKED_EVERY
    for message in (PART, PART, END):
        await stream.send(message)
    assert stream.sent == [START, *[PART] * 7, END]
    assert stream.looks == 4


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_streams, "CHECKED_EVERY", 0.0)
    monkeypatch.setattr("api.runs.event_streams.HEARTBEAT", 0.05)


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("how", ["signed out", "removed", "lowered"])
async def test_a_stream_of_events_ends(app: FastAPI, services: Services, api: httpx.AsyncClient, how: str) -> None:
    person = await new_member(services.database, services.workspace_id, Role.EDITOR)
    run = await start(api, (await publish(api, name=f"Watched {how}"))["slug"])
    headers = {"Authorization": f"Bearer {await access_token(services, person)}", "Accept": "text/event-stream"}
    async with viewer(app, headers) as client, client.stream("GET", f"/v1/runs/{run['id']}/events") as answer:
        lines = answer.aiter_lines()
        while not (await anext(lines)).startswith(": ping"):
            pass
        await shut_out(services, client, person.id, how)
        async with asyncio.timeout(20):
            async for _ in lines:
                pass


@asynccontextmanager
async def viewer(app: FastAPI, headers: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with served(app) as url, httpx.AsyncClient(base_url=url, headers=headers, timeout=20) as client:
        yield client


async def shut_out(services: Services, client: httpx.AsyncClient, user_id: UUID, how: str) -> None:
    if how == "signed out":
        assert (await client.post("/v1/auth/logout")).status_code == 204
        return
    mine = Membership.user_id == user_id
    async with services.database.identity() as session:
        lowered = update(Membership).where(mine).values(role="viewer")
        await session.execute(delete(Membership).where(mine) if how == "removed" else lowered)
    services.directory.forget()


@pytest.mark.usefixtures("_quick")
async def test_a_stream_outlives_the_token_it_began_with(
    app: FastAPI, services: Services, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await new_member(services.database, services.workspace_id, Role.VIEWER)
    run = await start(api, (await publish(api, name="Watched long"))["slug"])
    headers = {"Authorization": f"Bearer {await access_token(services, person)}", "Accept": "text/event-stream"}
    async with viewer(app, headers) as client, client.stream("GET", f"/v1/runs/{run['id']}/events") as answer:
        later = services.tokens._now() + ACCESS_SECONDS + 1
        monkeypatch.setattr(services.tokens, "_now", lambda: later)
        assert (await client.get("/v1/me")).status_code == 401
        pings = 0
        async for line in answer.aiter_lines():
            pings += line.startswith(": ping")
            if pings == 5:
                break
    assert pings == 5
