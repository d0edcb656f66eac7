"""A run that asks."""

from uuid import UUID

import pytest

from db.session import Database
from tests.support.inbox import Inbox
from tests.support.run_log import LoggedRun


@pytest.fixture
async def inbox(database: Database, workspace_id: UUID) -> Inbox:
    return Inbox(await LoggedRun.create(database, workspace_id))
