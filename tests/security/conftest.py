"""A workspace with everything in it, and a worker for the tests that need one."""

from collections.abc import AsyncIterator

import pytest

from db.session import Database
from tests.api.conftest import app, services, shared_services
from tests.support.perdure import model_server
from tests.tenancy.world import Tenant, tenants

__all__ = ["app", "model_server", "services", "shared_services"]


@pytest.fixture(scope="session")
async def tenant(
    database: Database, database_url: str, temporal_address: str, model_server: str
) -> AsyncIterator[Tenant]:
    """A populated workspace. Tests may read it, and try to change it in vain."""
    async with tenants(database, database_url, temporal_address, model_server, 1) as (made,):
        yield made
