"""Perdure in this process, and a provider behind a real socket, for every test here."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from db.event_stream import EventHub
from db.session import Database
from engine.dispatcher import Dispatcher
from simulator.oauth import OAuthProvider
from tests.support.oauth import Office
from tests.support.perdure import Perdure, api_services, model_server, opened, perdure, plumbing, worker
from tests.support.serving import served
from tests.support.workspaces import new_workspace

__all__ = ["model_server", "perdure", "plumbing", "worker"]


@pytest.fixture
async def office(perdure: Perdure) -> AsyncIterator[Office]:
    """A person with a provider of accounts."""
    provider = OAuthProvider()
    async with served(provider.app) as url:
        yield Office(perdure, provider, url)


@pytest.fixture
async def other(
    office: Office, database: Database, database_url: str, worker: Client, plumbing: tuple[Dispatcher, EventHub]
) -> AsyncIterator[Office]:
    """A person of another workspace, with the same provider."""
    services = api_services(database, worker, *plumbing, await new_workspace(database_url))
    async with opened(services) as perdure:
        yield Office(perdure, office.provider, office.url)
