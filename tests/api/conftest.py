"""The application over an in-process transport, with real databases behind it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from api.services import Services
from api.settings import ApiSettings
from api.workflows.version_cache import VersionCache
from db.event_stream import EventHub
from db.session import Database
from engine.client import connect
from engine.dispatcher import Dispatcher
from engine.settings import TemporalSettings

TOKEN = "a-token-for-tests"  # noqa: S105
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="session")
async def shared_services(database: Database, temporal_address: str) -> AsyncIterator[Services]:
    """Services of a process, for no particular workspace."""
    temporal = await connect(TemporalSettings(address=temporal_address), database)
    dispatcher, events = Dispatcher(database, temporal), EventHub(database)
    yield Services(
        database=database,
        temporal=temporal,
        dispatcher=dispatcher,
        events=events,
        versions=VersionCache(database),
        workspace_id=UUID(int=0),
    )
    await dispatcher.close()
    await events.close()


@pytest.fixture
def services(shared_services: Services, workspace_id: UUID) -> Services:
    """Services whose token belongs to a fresh workspace."""
    return replace(shared_services, workspace_id=workspace_id)


@pytest.fixture
def app(services: Services) -> FastAPI:
    """The application."""
    return create_app(ApiSettings(token=SecretStr(TOKEN)), services)


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the right token."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=AUTHORIZED) as client:
        yield client
