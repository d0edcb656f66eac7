"""`/v1/live` on a real socket, with a real client: who may connect, what they hear, and how it ends."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.access.caller import Caller
from api.app import create_app
from api.live import subscriptions
from api.live.connection import CloseCode, Timing
from api.live.endpoint import PROTOCOL, LiveEndpoint
from api.live.feed import LiveFeed
from api.live.messages import Heartbeat
from api.services import Services
from api.settings import ApiSettings
from db.approvals.opening import open_approval
from db.run_events import append_event
from db.session import Database
from schemas.roles import Role
from schemas.run_events import EventType
from schemas.service_calls import OpenApproval
from tests.api.conftest import TOKEN
from tests.api.documents import publish
from tests.support.approvals import decide
from tests.support.people import new_member, signed_in
from tests.support.serving import served
from tests.support.workspaces import new_run, new_workspace

QUICK = Timing(authenticate=0.3, recheck=0.1, heartbeat=0.2, send=0.5)


class Client:
    """A connection, in short words. Heartbeats and resyncs are passed over."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self, *kinds: str) -> dict[str, Any]:
        """The next message of a kind."""
        async with asyncio.timeout(15):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.recv())
                if message["type"] in kinds or (not kinds and message["type"] not in ("heartbeat", "resync")):
                    return message

    async def subscribe(self, name: str, topic: str, **more: Any) -> dict[str, Any]:
        await self.say(type="subscribe", id=name, topic=topic, **more)
        return await self.hear("subscribed", "refused")

    async def close_code(self) -> int | None:
        """How the server ends it."""
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(15):
                while True:
                    await self.socket.recv()
        return self.socket.close_code


def address(url: str) -> str:
    return url.replace("http://", "ws://") + "/v1/live"


@asynccontextmanager
async def connected(app: FastAPI, token: str = TOKEN) -> AsyncIterator[Client]:
    """A client that has said who it is."""
    async with served(app) as url, connect(address(url), proxy=None) as socket:
        client = Client(socket)
        await client.say(type="authenticate", token=token)
        await client.hear("ready")
        yield client


async def change(database: Database, workspace_id: UUID, run_id: UUID) -> None:
    async with database.tenant(workspace_id) as session:
        await append_event(session, run_id, EventType.RUN_PAUSED)


def question(workspace_id: UUID, run_id: UUID, path: str = "ask") -> OpenApproval:
    return OpenApproval(
        workspace_id=str(workspace_id),
        run_id=str(run_id),
        path=path,
        iteration=0,
        node_name="Ask",
        workflow_id=f"run-{run_id}",
        title="Go on?",
        decisions=(("approved", "Approve"), ("rejected", "Reject")),
    )


async def ask(database: Database, workspace_id: UUID, run_id: UUID, path: str = "ask") -> UUID:
    async with database.tenant(workspace_id) as session:
        return (await open_approval(session, question(workspace_id, run_id, path))).id


# Who may connect


async def test_the_first_message_says_who_it_is(app: FastAPI, services: Services) -> None:
    async with served(app) as url, connect(address(url), proxy=None) as socket:
        client = Client(socket)
        await client.say(type="authenticate", token=TOKEN)
        ready = await client.hear()
    assert ready == {"type": "ready", "workspace_id": str(services.workspace_id), "heartbeat_seconds": 20.0}


async def test_a_browser_sends_the_token_as_a_subprotocol_and_never_gets_it_back(app: FastAPI) -> None:
    offered = [PROTOCOL, f"bearer.{TOKEN}"]
    async with served(app) as url, connect(address(url), subprotocols=offered, proxy=None) as socket:
        assert (await Client(socket).hear())["type"] == "ready"
        assert socket.subprotocol == PROTOCOL
        assert socket.response is not None
        assert TOKEN not in str(socket.response.headers)


@pytest.mark.parametrize(
    "first",
    [
        {"type": "authenticate", "token": "wrong"},
        {"type": "authenticate", "token": ""},
        {"type": "authenticate", "token": f"{TOKEN} "},
        {"type": "authenticate", "token": "ä\n"},
        {"type": "subscribe", "id": "1", "topic": "runs"},
        {"type": "unsubscribe", "id": "1"},
    ],
)
async def test_without_a_valid_token_it_ends(app: FastAPI, first: dict[str, str]) -> None:
    async with served(app) as url, connect(address(url), proxy=None) as socket:
        client = Client(socket)
        await client.say(**first)
        assert await client.close_code() == CloseCode.UNAUTHENTICATED


async def test_a_wrong_subprotocol_token_ends_it(app: FastAPI) -> None:
    offered = [PROTOCOL, "bearer.wrong"]
    async with served(app) as url, connect(address(url), subprotocols=offered, proxy=None) as socket:
        assert await Client(socket).close_code() == CloseCode.UNAUTHENTICATED


async def test_who_says_nothing_is_not_waited_for(app: FastAPI) -> None:
    app.state.live.timing = QUICK
    async with served(app) as url, connect(address(url), proxy=None) as socket:
        assert await Client(socket).close_code() == CloseCode.UNAUTHENTICATED


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.com",
        "null",
        "http://app.example.com",
        "https://app.example.com.evil.com",
        "http://127.0.0.1",
        "https://127.0.0.1:{port}",
        "file://",
        "",
    ],
)
async def test_a_page_from_elsewhere_may_not_connect(services: Services, origin: str) -> None:
    app = create_app(ApiSettings(token=SecretStr(TOKEN), cors_origins="https://app.example.com"), services)
    async with served(app) as url:
        told = origin.format(port=url.rpartition(":")[2])
        with pytest.raises(InvalidStatus) as refused:
            await connect(address(url), additional_headers={"Origin": told}, proxy=None)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["https://app.example.com", "http://127.0.0.1:{port}", None])
async def test_our_own_pages_and_listed_ones_may(services: Services, origin: str | None) -> None:
    app = create_app(ApiSettings(token=SecretStr(TOKEN), cors_origins="https://app.example.com"), services)
    async with served(app) as url:
        told = {} if origin is None else {"Origin": origin.format(port=url.rpartition(":")[2])}
        async with connect(address(url), additional_headers=told, proxy=None) as socket:
            await Client(socket).say(type="authenticate", token=TOKEN)
            assert (await Client(socket).hear())["type"] == "ready"


async def test_there_is_a_most_of_connections(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.endpoint.MAX_CONNECTIONS", 1)
    async with served(app) as url, connect(address(url), proxy=None), connect(address(url), proxy=None) as second:
        assert await Client(second).close_code() == CloseCode.TRY_AGAIN_LATER


async def test_it_is_no_page(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/live")).status_code == 404


# What is heard


async def test_one_run_is_followed(app: FastAPI, services: Services) -> None:
    run = await new_run(services.database, services.workspace_id)
    other = await new_run(services.database, services.workspace_id)
    async with connected(app) as client:
        assert await client.subscribe("a", "run", run_id=str(run.id)) == {"type": "subscribed", "id": "a"}
        present = await client.hear("run.changed")
        assert (present["id"], present["status"], present["last_event_seq"]) == (str(run.id), "pending", 0)
        await change(services.database, services.workspace_id, other.id)
        await change(services.database, services.workspace_id, run.id)
        changed = await client.hear()
        assert (changed["id"], changed["last_event_seq"]) == (str(run.id), 1)
        assert len(json.dumps(changed)) < 600


async def test_all_runs_and_those_of_a_workflow_are_followed(
    app: FastAPI, services: Services, api: httpx.AsyncClient
) -> None:
    await publish(api, name="Followed")
    run = await new_run(services.database, services.workspace_id)
    async with connected(app) as all_runs, connected(app) as of_workflow:
        await all_runs.subscribe("r", "runs")
        await of_workflow.subscribe("w", "workflow", workflow="followed")
        await change(services.database, services.workspace_id, run.id)
        assert (await all_runs.hear("run.changed"))["id"] == str(run.id)
        started = await api.post("/v1/runs", json={"workflow": "followed", "input": {"email": "a@b.c"}})
        followed = UUID(started.json()["id"])
        await change(services.database, services.workspace_id, followed)
        heard = await of_workflow.hear()
        assert (heard["id"], heard["workflow"], heard["version"]) == (str(followed), "followed", 1)


async def test_the_inbox_is_followed(app: FastAPI, services: Services) -> None:
    database, workspace = services.database, services.workspace_id
    run = await new_run(database, workspace)
    await ask(database, workspace, run.id, "before")
    async with connected(app) as client:
        await client.subscribe("inbox", "approvals")
        assert await client.hear() == {"type": "approvals.pending", "count": 1}
        asked = await ask(database, workspace, run.id, "now")
        while (opened := await client.hear("approval.changed"))["id"] != str(asked):
            pass
        assert (opened["status"], opened["run_id"], opened["decided_by"]) == ("pending", str(run.id), None)
        assert await client.hear() == {"type": "approvals.pending", "count": 2}
        async with database.tenant(workspace) as session:
            await decide(session, asked, "approved", by="lead@example.com")
        decided = await client.hear("approval.changed")
        assert (decided["id"], decided["status"], decided["decided_by"]) == (str(asked), "decided", "lead@example.com")
        assert await client.hear() == {"type": "approvals.pending", "count": 1}


async def test_whatever_happens_to_a_request_reaches_who_follows_the_inbox(
    app: FastAPI, api: httpx.AsyncClient, services: Services
) -> None:
    database, workspace = services.database, services.workspace_id
    run = await new_run(database, workspace)
    path = f"/v1/approvals/{await ask(database, workspace, run.id, 'open')}"
    member = await new_member(database, workspace, Role.ADMIN)
    async with signed_in(app, member) as person, connected(app) as client:
        await client.subscribe("inbox", "approvals")
        last = 0
        for client_of, action, body, kind in [
            (person, "claim", None, "claimed"),
            (person, "comments", {"text": "Why?"}, "comment"),
            (person, "release", None, "released"),
            (api, "assign", {"to": ["role:admin"]}, "assigned"),
            (api, "revise", {"title": "Another?", "why": "A mistake."}, "revised"),
        ]:
            assert (await client_of.post(f"{path}/{action}", json=body)).status_code == 200
            while (heard := await client.hear("approval.changed"))["last_kind"] != kind:
                pass
            assert heard["last_entry"] > last
            last = heard["last_entry"]
        assert (heard["status"], heard["revision"], heard["claimed_by"]) == ("pending", 2, None)


async def test_nothing_is_heard_after_unsubscribing(app: FastAPI, services: Services) -> None:
    database, workspace = services.database, services.workspace_id
    first, second = await new_run(database, workspace), await new_run(database, workspace)
    async with connected(app) as client:
        await client.subscribe("a", "run", run_id=str(first.id))
        await client.hear("run.changed")
        await client.subscribe("b", "run", run_id=str(second.id))
        await client.hear("run.changed")
        await client.say(type="unsubscribe", id="a")
        assert await client.hear() == {"type": "unsubscribed", "id": "a"}
        await change(database, workspace, first.id)
        await change(database, workspace, second.id)
        assert (await client.hear())["id"] == str(second.id)


async def test_a_change_that_nobody_announced_is_found(services: Services) -> None:
    """Whoever changed the run died before it could tell."""
    app = create_app(ApiSettings(token=SecretStr(TOKEN)), services)
    app.state.live._feed = LiveFeed(services.database, services.events, look_around=0.3)
    run = await new_run(services.database, services.workspace_id)
    async with connected(app) as client:
        await client.subscribe("a", "run", run_id=str(run.id))
        await client.hear("run.changed")
        pool = await services.database.run_log_pool()
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT set_config('perdure.workspace_id', $1, true)", str(services.workspace_id))
            await connection.execute("UPDATE runs SET last_event_seq = 7 WHERE id = $1", run.id)
        assert (await client.hear("run.changed"))["last_event_seq"] == 7


async def test_another_workspace_is_not_there(app: FastAPI, services: Services, database_url: str) -> None:
    theirs = await new_workspace(database_url)
    run = await new_run(services.database, theirs)
    async with connected(app) as client:
        await client.subscribe("all", "runs")
        await client.subscribe("inbox", "approvals")
        await client.hear("approvals.pending")
        foreign = await client.subscribe("x", "run", run_id=str(run.id))
        missing = await client.subscribe("x", "run", run_id=(nobody := str(uuid4())))
        assert foreign["code"] == "not_found"
        assert json.dumps(foreign).replace(str(run.id), nobody) == json.dumps(missing)
        slug = (await client.subscribe("w", "workflow", workflow="no-such-flow"))["code"]
        assert slug == "not_found"
        await ask(services.database, theirs, run.id)
        await change(services.database, theirs, run.id)
        own = await new_run(services.database, services.workspace_id)
        await change(services.database, services.workspace_id, own.id)
        assert (await client.hear())["id"] == str(own.id)


async def test_it_beats(app: FastAPI) -> None:
    app.state.live.timing = Timing(heartbeat=0.05)
    async with connected(app) as client:
        assert await client.hear("heartbeat") == Heartbeat().model_dump()


# Limits and ends


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        "null",
        '{"type": "nothing"}',
        '{"type": "subscribe", "id": "1", "topic": "secrets"}',
        '{"type": "subscribe", "id": "1", "topic": "run"}',
        '{"type": "subscribe", "id": "1", "topic": "run", "run_id": "1"}',
        '{"type": "subscribe", "id": "", "topic": "runs"}',
        '{"type": "subscribe", "id": "1", "topic": "runs", "workspace_id": "1"}',
        '{"type": "unsubscribe", "id": "' + "x" * 9_000 + '"}',
        "[" * 5_000,
    ],
)
async def test_what_is_not_understood_ends_it(app: FastAPI, message: str) -> None:
    async with connected(app) as client:
        await client.socket.send(message)
        assert await client.close_code() == CloseCode.BAD_MESSAGE


async def test_bytes_end_it(app: FastAPI) -> None:
    async with connected(app) as client:
        await client.socket.send(b"\x00\xff")
        assert await client.close_code() == CloseCode.BAD_MESSAGE


async def test_subscriptions_are_bounded(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.connection.MAX_SUBSCRIPTIONS", 2)
    async with connected(app) as client:
        for name in ("a", "b"):
            assert (await client.subscribe(name, "runs"))["type"] == "subscribed"
        assert (await client.subscribe("c", "runs"))["code"] == "quota_exceeded"
        await client.say(type="unsubscribe", id="a")
        await client.hear("unsubscribed")
        assert (await client.subscribe("c", "runs"))["type"] == "subscribed"


async def test_who_reads_too_slowly_is_dropped(
    app: FastAPI, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "MAX_WAITING", 3)
    runs = [await new_run(services.database, services.workspace_id) for _ in range(8)]
    async with connected(app) as client:
        await client.subscribe("all", "runs")
        async with services.database.tenant(services.workspace_id) as session:
            for run in runs:
                await append_event(session, run.id, EventType.RUN_PAUSED)
        assert await client.close_code() == CloseCode.TOO_SLOW


class Doorman:
    """Lets in whom it is told to."""

    def __init__(self, live: LiveEndpoint) -> None:
        self._real = live._authenticate
        self.change: dict[str, Any] | None = {}

    async def __call__(self, scope: Any) -> Caller | None:
        caller = await self._real(scope)
        if caller is None or self.change is None:
            return None
        return Caller(**{**vars(caller), **self.change})


@pytest.fixture
def doorman(app: FastAPI) -> Doorman:
    """Decides who is let in, by hand."""
    app.state.live.timing = QUICK
    app.state.live._authenticate = doorman = Doorman(app.state.live)
    return doorman


async def test_a_revoked_token_ends_it(app: FastAPI, doorman: Doorman) -> None:
    async with connected(app) as client:
        await client.subscribe("a", "runs")
        doorman.change = None
        assert await client.close_code() == CloseCode.UNAUTHENTICATED


async def test_a_token_that_moved_to_another_workspace_ends_it(app: FastAPI, doorman: Doorman) -> None:
    async with connected(app) as client:
        doorman.change = {"workspace_id": uuid4()}
        assert await client.close_code() == CloseCode.UNAUTHENTICATED


async def test_a_permission_that_is_taken_away_ends_its_subscriptions(app: FastAPI, doorman: Doorman) -> None:
    async with connected(app) as client:
        await client.subscribe("a", "runs")
        await client.subscribe("b", "approvals")
        doorman.change = {"permissions": frozenset({"approvals:read"})}
        refused = await client.hear("refused")
        assert (refused["id"], refused["code"]) == ("a", "forbidden")
        assert (await client.subscribe("c", "runs"))["code"] == "forbidden"
        assert (await client.subscribe("d", "approvals"))["type"] == "subscribed"


async def test_a_fresh_token_takes_the_place_of_the_old_one(app: FastAPI, doorman: Doorman) -> None:
    async with connected(app) as client:
        await client.say(type="authenticate", token=TOKEN)
        assert (await client.subscribe("a", "runs"))["type"] == "subscribed"
        await client.say(type="authenticate", token="wrong")
        assert await client.close_code() == CloseCode.UNAUTHENTICATED


async def test_nothing_is_left_when_all_have_gone(app: FastAPI) -> None:
    async with connected(app) as client:
        await client.subscribe("a", "runs")
        feed = app.state.live._feed
        assert feed._task is not None
    assert feed._task is None
    assert feed._news == {}
    assert app.state.live._open == 0
