"""The state of the installation is true, also when servers are away, and tells nothing of other workspaces."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import func, update

from api.app import create_app
from api.services import Services
from api.settings import ApiSettings
from api.system.service import read_lags
from db.outbox import enqueue
from db.session import Database
from db.tables import OutboxRow, Run
from engine.client import connect
from engine.settings import TemporalSettings
from schemas.signals import Control
from tests.api.conftest import AUTHORIZED, TOKEN
from tests.support.workspaces import new_run, new_workspace


@asynccontextmanager
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(ApiSettings(token=SecretStr(TOKEN)), services)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=AUTHORIZED) as made:
        yield made


async def test_versions_servers_and_queues(api: httpx.AsyncClient) -> None:
    status = (await api.get("/v1/system")).raise_for_status().json()
    assert status["version"]
    assert status["database"]["reachable"]
    assert status["database"]["version"].startswith("18")
    assert status["temporal"]["reachable"]
    assert status["temporal"]["version"].startswith("1.")
    assert status["namespace"] == "default"
    assert [(queue["name"], queue["kind"]) for queue in status["queues"]] == [
        ("runs", "workflow"),
        ("runs", "activity"),
        ("actions", "activity"),
        ("llm", "activity"),
    ]
    assert all(queue["pollers"] >= 0 and queue["backlog"] >= 0 for queue in status["queues"])


async def test_only_the_own_workspace_is_counted(api: httpx.AsyncClient, services: Services, database_url: str) -> None:
    await new_run(services.database, services.workspace_id, status="running")
    await new_run(services.database, services.workspace_id, status="completed")
    await new_run(services.database, await new_workspace(database_url), status="running")
    load = (await api.get("/v1/system")).json()["workspace"]
    assert load == {"pending": 0, "running": 1, "paused": 0, "approvals_pending": 0}


async def test_what_waits_is_measured(services: Services) -> None:
    database, workspace = services.database, services.workspace_id
    run = await new_run(database, workspace)
    async with database.tenant(workspace) as session:
        long_ago = func.clock_timestamp() - timedelta(hours=3)
        await session.execute(update(Run).where(Run.id == run.id).values(created_at=long_ago))
        message = Control(workspace_id=str(workspace), action="pause")
        row = await enqueue(session, workspace, run.id, f"run-{run.id}", "control", message)
        await session.execute(update(OutboxRow).where(OutboxRow.id == row).values(created_at=long_ago))
    lags = await read_lags(database)
    assert lags.oldest_pending_run_seconds >= 3 * 3600
    assert lags.dispatch_seconds >= 3 * 3600
    assert lags.signals >= 1
    assert lags.oldest_signal_seconds >= 3 * 3600
    async with database.tenant(workspace) as session:
        await session.execute(update(Run).where(Run.id == run.id).values(status="cancelled"))
        await session.execute(update(OutboxRow).where(OutboxRow.id == row).values(delivered_at=func.now()))


async def test_servers_that_are_away_are_said_to_be(services: Services, closed_port: int) -> None:
    away = Database(f"postgresql://nobody@127.0.0.1:{closed_port}/nothing")
    temporal = await connect(TemporalSettings(address=f"127.0.0.1:{closed_port}"), away)
    async with client(replace(services, database=away, temporal=temporal)) as api:
        answer = await api.get("/v1/system")
    assert answer.status_code == 200
    status = answer.json()
    for server in ("database", "temporal"):
        assert not status[server]["reachable"]
        assert status[server]["fault"].endswith(".")
    assert status["queues"] == []
    assert status["lags"] is None
    assert status["workspace"] is None
    await away.dispose()


def test_it_needs_the_permission_of_an_admin(app: FastAPI) -> None:
    described = app.openapi()["paths"]["/v1/system"]["get"]
    assert described["x-permission"] == "workspace:manage"
