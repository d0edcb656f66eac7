"""The API as a process."""

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from activities.egress import Egress, EgressSettings
from api.access.directory import Directory
from api.access.settings import AccessSettings
from api.access.signing_keys import load_signing_keys
from api.access.tokens import Tokens
from api.app import create_app
from api.identity.setup import is_loopback, offer_setup
from api.limits.settings import LimitSettings
from api.metrics.server import metrics_app
from api.services import Services
from api.settings import ApiSettings
from api.sign_on.discovery import Discovery
from api.workflows.version_cache import VersionCache
from db.event_stream import EventHub
from db.session import Database
from db.settings import DatabaseSettings
from db.tables import DEFAULT_WORKSPACE_ID
from engine import side_server
from engine.client import connect
from engine.connection_settings import ConnectionSettings
from engine.dispatcher import Dispatcher
from engine.log_masking import LogMasking
from engine.logging import LogSettings, configure_logging
from engine.mail_settings import ReachSettings
from engine.secrets import Encryption, EncryptionSettings
from engine.settings import TemporalSettings
from engine.telemetry import NO_TRACING, TelemetrySettings, Tracing, start_tracing

logger = logging.getLogger(__name__)

_YOUNG_OBJECTS: Final = 20_000
"""New objects after which the youngest are collected; Python's 700 are made by a single request."""

MAX_SOCKET_MESSAGE_BYTES: Final = 64 * 1024
"""What a client may send over a WebSocket at once; nothing is unpacked."""


async def serve(**overrides: Any) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way. Servers that are away are waited for.

    Args:
        overrides: Settings that go before the environment, such as `host` and `port`.
    """
    settings = ApiSettings(**overrides)
    log = LogSettings()
    secrets = [settings.token.get_secret_value(), *AccessSettings().secrets, *ConnectionSettings().secrets()]
    configure_logging("api", level=log.level, json=log.format == "json", secrets=secrets, hide=LogMasking())
    tracing = start_tracing("api", TelemetrySettings())
    async with open_services(DatabaseSettings(), TemporalSettings(), tracing) as services:
        config = server_config(create_app(settings, services, LimitSettings(), tracing), settings)
        _survive_signals()
        _spare_collector()
        async with _offering_setup(services, settings), _serving_metrics(services, settings):
            await uvicorn.Server(config).serve()


def server_config(app: FastAPI, settings: ApiSettings) -> uvicorn.Config:
    """How the application is served."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=settings.drain_seconds,
        ws_max_size=MAX_SOCKET_MESSAGE_BYTES,
        ws_per_message_deflate=False,
    )


@asynccontextmanager
async def _offering_setup(services: Services, settings: ApiSettings) -> AsyncIterator[None]:
    """Beside serving, tell the log how to set up; not where whoever is at the machine may do so anyway."""
    if is_loopback(settings.host):
        yield
        return
    host = "localhost" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared only
    offering = asyncio.create_task(offer_setup(services, f"http://{host}:{settings.port}"))
    try:
        yield
    finally:
        offering.cancel()
        await asyncio.wait([offering])


@asynccontextmanager
async def _serving_metrics(services: Services, settings: ApiSettings) -> AsyncIterator[None]:
    """Beside serving, let Prometheus read, if the settings name a port."""
    if settings.metrics_port is None:
        yield
        return
    async with side_server.serve(metrics_app(services), settings.metrics_host, settings.metrics_port) as port:
        logger.info("metrics are served on port %s", port)
        yield


def _survive_signals() -> None:
    """Let the process live on after a signal has stopped the server, so that connections are closed in order.

    The server takes the signals over while it serves, and raises them once more for whoever had them before.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)


def _spare_collector() -> None:
    """Keep what lives as long as the process out of garbage collections, which took a fifth of its time under load."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 20)


@asynccontextmanager
async def open_services(
    database_settings: DatabaseSettings, temporal_settings: TemporalSettings, tracing: Tracing = NO_TRACING
) -> AsyncIterator[Services]:
    """The services of a process; connections open when they are first needed."""
    database = Database(
        database_settings.url,
        pool_size=database_settings.database_pool_size,
        run_log_pool_size=database_settings.run_log_pool_size,
    )
    encryption = Encryption(EncryptionSettings())
    encryption.check()
    tokens = Tokens(load_signing_keys(AccessSettings()))
    temporal = await connect(temporal_settings, database, tracing.interceptors, encryption)
    dispatcher, events = Dispatcher(database, temporal), EventHub(database)
    egress = Egress(EgressSettings())
    try:
        yield Services(
            database=database,
            temporal=temporal,
            dispatcher=dispatcher,
            events=events,
            versions=VersionCache(database),
            encryption=encryption,
            tokens=tokens,
            directory=Directory(database),
            egress=egress,
            sign_on=Discovery(egress),
            workspace_id=DEFAULT_WORKSPACE_ID,
            connections=ConnectionSettings(),
            reach=ReachSettings(),
        )
    finally:
        await dispatcher.close()
        await events.close()
        await egress.aclose()
        await database.dispose()
        await asyncio.to_thread(tracing.close)
