"""A whole Perdure whose mails go to a mail server of the test."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from activities.egress.addresses import AddressPolicy
from activities.notify.services import Post
from db.session import Database
from engine.mail_settings import ReachSettings, SmtpSettings
from tests.support.perdure import model_server, perdure, plumbing, working
from tests.support.secrets import encryption
from tests.support.smtp_sink import SmtpSink, smtp_sink

__all__ = ["model_server", "perdure", "plumbing"]

PUBLIC = "https://perdure.example.com"


@pytest.fixture(scope="module")
async def sink() -> AsyncIterator[SmtpSink]:
    """The mail server."""
    async with smtp_sink() as running:
        yield running


@pytest.fixture(scope="module")
def post(sink: SmtpSink) -> Post:
    """Settings by which mails go there."""
    return Post(
        encryption(),
        SmtpSettings(host="127.0.0.1", port=sink.port, security="none", sender="Perdure <bot@perdure.example.com>"),
        ReachSettings(public_url=PUBLIC),
        AddressPolicy([f"127.0.0.1:{sink.port}"]),
    )


@pytest.fixture(scope="module")
async def worker(database: Database, temporal_address: str, model_server: str, post: Post) -> AsyncIterator[Client]:
    """A worker that sends mails."""
    async with working(database, temporal_address, model_server, post) as client:
        yield client
