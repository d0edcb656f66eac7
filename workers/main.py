"""Composition root of the workers: reads the settings, builds what steps share, runs the process."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from activities.egress import Egress, EgressSettings
from activities.llm.gateway import LlmGateway
from activities.llm.settings import LlmSettings
from activities.people.services import PeopleServices
from activities.registry import step_activities
from activities.run_log.interceptor import RunLogInterceptor
from activities.run_log.log import RunLog
from activities.run_log.services import RunLogServices
from activities.run_log.streamed_text import emitter
from activities.step import Services
from db.session import Database
from db.settings import DatabaseSettings
from engine.client import connect_now
from engine.logging import LogSettings, configure_logging
from engine.maintenance import run_maintenance
from engine.settings import TemporalSettings
from workers.core import start_core
from workers.log_context import LogContextInterceptor, tame_sdk_loggers
from workers.pollers import WorkerParts
from workers.process import WorkerProcess, beside, stop_on_signals
from workers.settings import SigningSettings, WorkerSettings
from workers.warm_up import warm_up_providers
from workflows.graph_run.workflow import GraphRun


async def run_worker(**overrides: Any) -> None:
    """Run a worker until SIGTERM or SIGINT, configured by the environment.

    Args:
        overrides: Fields of `WorkerSettings` that stand above the environment.

    Raises:
        ValidationError: The configuration is not valid.
        OSError: The health port is taken.
    """
    settings = WorkerSettings(**overrides)
    addresses, temporal, signing = DatabaseSettings(), TemporalSettings(), SigningSettings()
    llm, egress = LlmSettings(), EgressSettings()
    log = LogSettings()
    secret = signing.webhook_secret.get_secret_value()
    configure_logging("worker", level=log.level, json=log.format == "json", secrets=[secret, *llm.secrets()])
    tame_sdk_loggers()
    database = Database(
        addresses.url, pool_size=addresses.database_pool_size, run_log_pool_size=addresses.run_log_pool_size
    )
    core_metrics_url = start_core()
    async with (
        disposing(database),
        step_services(llm, egress, secret) as services,
        beside(warm_up_providers(llm)),
    ):
        await WorkerProcess(
            settings=settings,
            database=database,
            connect=lambda: connect_now(temporal, database),
            parts=worker_parts(database, services),
            maintain=run_maintenance,
            core_metrics_url=core_metrics_url,
        ).run(stop_on_signals())


def worker_parts(database: Database, services: Services) -> WorkerParts:
    """Everything a worker executes."""
    log = RunLog(database)
    run_log, people = RunLogServices(log), PeopleServices(database)
    return WorkerParts(
        workflows=[GraphRun],
        step_activities=step_activities(services, emitter(log)),
        interpreter_activities=[
            run_log.write_log,
            run_log.close_run,
            people.open_approval,
            people.expire_approval,
            people.await_event,
            people.cancel_wait,
        ],
        interceptors=[LogContextInterceptor(), RunLogInterceptor(log)],
    )


@asynccontextmanager
async def step_services(llm: LlmSettings, egress: EgressSettings, webhook_secret: str) -> AsyncIterator[Services]:
    """What the behaviours of steps share, for as long as the block runs."""
    async with AsyncExitStack() as stack:
        gateway = LlmGateway(llm)
        stack.push_async_callback(gateway.close)
        services = Services(
            egress=await stack.enter_async_context(Egress(egress)), llm=gateway, webhook_secret=webhook_secret
        )
        stack.push_async_callback(services.sandbox.aclose)
        yield services


@asynccontextmanager
async def disposing(database: Database) -> AsyncIterator[Database]:
    """The database, whose connections are closed at the end."""
    try:
        yield database
    finally:
        await database.dispose()
