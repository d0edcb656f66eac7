"""What another workspace has cannot be followed live either, and no change of it is heard."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect

from api.app import create_app
from api.settings import ApiSettings
from db.run_events import append_event
from schemas.run_events import EventType
from tests.support.perdure import Perdure, opened
from tests.support.serving import served
from tests.support.workspaces import new_run, new_workspace

TOKEN = "a-token-for-tests"


class Line:
    """A connection of `/v1/live`."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def ask(self, **message: Any) -> None:
        """Say something."""
        await self._socket.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        """The next message but heartbeats."""
        async with asyncio.timeout(15):
            while True:
                message: dict[str, Any] = json.loads(await self._socket.recv())
                if message["type"] not in ("heartbeat", "resync"):
                    return message


@asynccontextmanager
async def line(perdure: Perdure) -> AsyncIterator[Line]:
    """A connection of the operator of a workspace."""
    app: FastAPI = create_app(ApiSettings(token=SecretStr(TOKEN)), perdure.services)
    async with served(app) as url, connect(url.replace("http", "ws") + "/v1/live", proxy=None) as socket:
        opened_line = Line(socket)
        await opened_line.ask(type="authenticate", token=TOKEN)
        assert (await opened_line.hear())["workspace_id"] == str(perdure.workspace_id)
        yield opened_line


@pytest.fixture
async def other(perdure: Perdure, database_url: str) -> AsyncIterator[Perdure]:
    """Another workspace."""
    async with opened(replace(perdure.services, workspace_id=await new_workspace(database_url))) as made:
        yield made


async def test_what_another_workspace_has_cannot_be_followed(perdure: Perdure, other: Perdure) -> None:
    run = await new_run(other.database, other.workspace_id)
    slug = await other.publish([{"id": "a", "kind": "transform", "with": {"value": 1}}])
    asked = [
        ({"topic": "run", "run_id": str(run.id)}, {"topic": "run", "run_id": str(uuid4())}),
        ({"topic": "workflow", "workflow": slug}, {"topic": "workflow", "workflow": "x" * len(slug)}),
    ]
    async with line(perdure) as here, line(other) as there:
        for theirs, nobodys in asked:
            answers = []
            for wanted in (theirs, nobodys):
                await here.ask(type="subscribe", id="s", **wanted)
                name = wanted.get("run_id") or wanted["workflow"]
                answers.append(json.dumps(await here.hear()).replace(name, "<name>"))
            assert answers[0] == answers[1]
            assert '"not_found"' in answers[0]
            await there.ask(type="subscribe", id=theirs["topic"], **theirs)
            while (heard := await there.hear())["type"] != "subscribed":
                assert heard["type"] != "refused"


async def test_no_change_of_another_workspace_is_heard(perdure: Perdure, other: Perdure) -> None:
    ours = await new_run(perdure.database, perdure.workspace_id)
    theirs = await new_run(other.database, other.workspace_id)
    async with line(perdure) as here:
        for topic in ("runs", "approvals"):
            await here.ask(type="subscribe", id=topic, topic=topic)
            while (await here.hear())["type"] != "subscribed":
                pass
        # What is told comes in the order in which it happened, so whatever of theirs were told would come before ours.
        for owner, run in ((other, theirs), (perdure, ours)):
            async with owner.database.tenant(owner.workspace_id) as session:
                await append_event(session, run.id, EventType.RUN_PAUSED)
        told = json.dumps(await here.hear())
        while str(ours.id) not in told:
            assert str(theirs.id) not in told
            told += json.dumps(await here.hear())
        assert str(theirs.id) not in told
