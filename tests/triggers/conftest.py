"""A whole Perdure with a worker that can read secrets."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from activities.notify.services import Post
from db.session import Database
from engine.mail_settings import ReachSettings, SmtpSettings
from tests.support.perdure import model_server, perdure, plumbing, working
from tests.support.secrets import encryption

__all__ = ["model_server", "perdure", "plumbing"]


@pytest.fixture(scope="module")
async def worker(database: Database, temporal_address: str, model_server: str) -> AsyncIterator[Client]:
    """A worker of this process; gives its client."""
    post = Post(encryption(), SmtpSettings.model_construct(), ReachSettings.model_construct())
    async with working(database, temporal_address, model_server, post) as client:
        yield client
