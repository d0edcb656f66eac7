"""A run to write the log of."""

from uuid import UUID

import pytest

from db.session import Database
from tests.support.run_log import LoggedRun


@pytest.fixture
async def run(database: Database, workspace_id: UUID) -> LoggedRun:
    """A pending run."""
    return await LoggedRun.create(database, workspace_id)
