"""Composition root of the workers: reads the settings, builds what steps share, runs the process."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from temporalio.client import Client

from activities.credentials.redactions import Redactions, own_secrets
from activities.credentials.vault import Vault
from activities.egress import EgressSettings
from activities.egress.addresses import AddressPolicy
from activities.knowledge.index import KnowledgeSettings
from activities.llm.prices import also_known
from activities.llm.settings import LlmSettings
from activities.notify.services import Post
from db.session import Database
from db.settings import DatabaseSettings
from engine.client import connect_now
from engine.connection_settings import ConnectionSettings
from engine.deployments import Deployments
from engine.log_masking import LogMasking
from engine.logging import LogSettings, configure_logging
from engine.mail_settings import ReachSettings, SmtpSettings
from engine.maintenance import run_maintenance
from engine.secrets import Encryption, EncryptionSettings
from engine.settings import TemporalSettings
from engine.telemetry import TelemetrySettings, Tracing, start_tracing
from workers.core import start_core
from workers.log_context import tame_sdk_loggers
from workers.parts import step_services, vector_index, worker_parts
from workers.process import Maintain, WorkerProcess, beside, stop_on_signals
from workers.settings import SigningSettings, WorkerSettings
from workers.warm_up import warm_up_providers


async def run_worker(**overrides: Any) -> None:
    """Run a worker until SIGTERM or SIGINT, configured by the environment.

    Args:
        overrides: Fields of `WorkerSettings` that stand above the environment.

    Raises:
        ValidationError: The configuration is not valid.
        OSError: The health port is taken.
    """
    settings = WorkerSettings(**overrides)
    temporal, signing, llm, egress = TemporalSettings(), SigningSettings(), LlmSettings(), EgressSettings()
    also_known(llm.model_prices)
    redactions, encryption = Redactions(own_secrets(os.environ)), Encryption(EncryptionSettings())
    apps, secret = ConnectionSettings(), signing.webhook_secret.get_secret_value()
    post, masking = Post(encryption, SmtpSettings(), ReachSettings(), AddressPolicy(egress.allow)), LogMasking()
    _write_logs([secret, *llm.secrets(), *apps.secrets(), *_password(post)], redactions, masking)
    encryption.check()
    database = _database()
    core_metrics_url, tracing = start_core(), start_tracing("worker", TelemetrySettings())
    async with (
        disposing(database),
        sending(tracing),
        step_services(llm, egress, secret) as services,
        beside(warm_up_providers(llm)),
        beside(masking.keep_looking(database)),
        vector_index(database, KnowledgeSettings()) as index,
    ):
        await WorkerProcess(
            settings=settings,
            database=database,
            connect=lambda: connect_now(temporal, database, tracing.interceptors, encryption),
            parts=worker_parts(database, services, Vault(database, encryption, redactions), post, index, apps),
            maintain=maintenance(settings, encryption, post),
            core_metrics_url=core_metrics_url,
        ).run(stop_on_signals())


def _write_logs(secrets: list[str], redactions: Redactions, masking: LogMasking) -> None:
    log = LogSettings()

    def hide(line: str) -> str:
        return masking(redactions.hide(line))

    json = log.format == "json"
    configure_logging("worker", level=log.level, json=json, secrets=secrets, hide=hide, fields=masking.fields)
    tame_sdk_loggers()


def _password(post: Post) -> list[str]:
    password = post.smtp.password
    return [] if password is None else [password.get_secret_value()]


def _database() -> Database:
    addresses = DatabaseSettings()
    return Database(
        addresses.url, pool_size=addresses.database_pool_size, run_log_pool_size=addresses.run_log_pool_size
    )


def maintenance(settings: WorkerSettings, encryption: Encryption, post: Post) -> Maintain:
    """What a worker does beside its runs."""
    standing = partial(run_maintenance, encryption=encryption, mail=post.smtp.host is not None)
    build_id = settings.build_id
    if build_id is None:
        return standing

    async def with_promotion(database: Database, client: Client) -> None:
        # Beside it: until all queues are served by somebody there is no first build.
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(standing(database, client))
            tasks.create_task(Deployments(client, settings.deployment).promote_first(build_id))

    return with_promotion


@asynccontextmanager
async def sending(tracing: Tracing) -> AsyncIterator[None]:
    """Send traces while the block runs, and what is left at its end."""
    try:
        yield
    finally:
        await asyncio.to_thread(tracing.close)


@asynccontextmanager
async def disposing(database: Database) -> AsyncIterator[Database]:
    """The database, whose connections are closed at the end."""
    try:
        yield database
    finally:
        await database.dispose()
