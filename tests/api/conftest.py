"""The application over an in-process transport, with real databases behind it."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from activities.egress import Egress, EgressSettings
from api.access.directory import Directory
from api.access.signing_keys import SigningKeys
from api.access.tokens import Tokens
from api.app import create_app
from api.services import Services
from api.settings import ApiSettings
from api.sign_on.discovery import Discovery
from api.workflows.version_cache import VersionCache
from db.event_stream import EventHub
from db.session import Database
from engine.client import connect
from engine.dispatcher import Dispatcher
from engine.settings import TemporalSettings
from tests.support.secrets import encryption
from tests.support.workspaces import new_workspace

TOKEN = "a-token-for-tests"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="session")
async def shared_services(database: Database, temporal_address: str) -> AsyncIterator[Services]:
    """Services of a process, for no particular workspace."""
    temporal = await connect(TemporalSettings(address=temporal_address), database, encryption=encryption())
    dispatcher, events = Dispatcher(database, temporal), EventHub(database)
    egress = Egress(EgressSettings(allow=("localhost", "127.0.0.0/8")))
    yield Services(
        database=database,
        temporal=temporal,
        dispatcher=dispatcher,
        events=events,
        versions=VersionCache(database),
        encryption=encryption(),
        tokens=Tokens(SigningKeys.random()),
        directory=Directory(database),
        egress=egress,
        sign_on=Discovery(egress),
        workspace_id=UUID(int=0),
    )
    await dispatcher.close()
    await events.close()
    await egress.aclose()


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


@pytest.fixture
async def other_process(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """Another API process for the same workspace: it shares nothing but the database."""
    apart = replace(services, versions=VersionCache(services.database), directory=Directory(services.database))
    async with _client(apart) as client:
        yield client


@pytest.fixture
async def other_api(services: Services, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another workspace."""
    async with _client(replace(services, workspace_id=await new_workspace(database_url))) as client:
        yield client


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def _client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(ApiSettings(token=SecretStr(TOKEN)), services)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=AUTHORIZED) as client:
        yield client
