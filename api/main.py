"""The API as a process."""

import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from api.app import create_app
from api.services import Services
from api.settings import ApiSettings
from api.workflows.version_cache import VersionCache
from db.event_stream import EventHub
from db.session import Database
from db.settings import DatabaseSettings
from db.tables import DEFAULT_WORKSPACE_ID
from engine.client import connect
from engine.dispatcher import Dispatcher
from engine.logging import LogSettings, configure_logging
from engine.settings import TemporalSettings

logger = logging.getLogger(__name__)


async def serve(**overrides: Any) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way. Servers that are away are waited for.

    Args:
        overrides: Settings that go before the environment, such as `host` and `port`.
    """
    settings = ApiSettings(**overrides)
    log = LogSettings()
    configure_logging("api", level=log.level, json=log.format == "json", secrets=[settings.token.get_secret_value()])
    async with open_services(DatabaseSettings(), TemporalSettings()) as services:
        config = uvicorn.Config(
            create_app(settings, services),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=settings.drain_seconds,
        )
        _survive_signals()
        await uvicorn.Server(config).serve()


def _survive_signals() -> None:
    """Let the process live on after a signal has stopped the server, so that connections are closed in order.

    The server takes the signals over while it serves, and raises them once more for whoever had them before.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)


@asynccontextmanager
async def open_services(
    database_settings: DatabaseSettings, temporal_settings: TemporalSettings
) -> AsyncIterator[Services]:
    """The services of a process; connections open when they are first needed."""
    database = Database(
        database_settings.url,
        pool_size=database_settings.database_pool_size,
        run_log_pool_size=database_settings.run_log_pool_size,
    )
    temporal = await connect(temporal_settings, database)
    dispatcher, events = Dispatcher(database, temporal), EventHub(database)
    try:
        yield Services(
            database=database,
            temporal=temporal,
            dispatcher=dispatcher,
            events=events,
            versions=VersionCache(database),
            workspace_id=DEFAULT_WORKSPACE_ID,
        )
    finally:
        await dispatcher.close()
        await events.close()
        await database.dispose()
