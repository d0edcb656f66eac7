"""`perdure api`, `worker`, `simulator` and `migrate`: the processes that `perdure up` puts together."""

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from cli.console import say
from cli.errors import CliError
from cli.process.parent import follow_parent
from schemas.errors import PerdureError

SupervisedFrom = Annotated[
    Path | None, typer.Option("--supervised-from", hidden=True, help="Data folder of the supervisor.")
]
"""Unused by the process; it lets the next `perdure up` find a leftover by its command line."""


def worker(
    queues: Annotated[
        str | None, typer.Option("--queues", envvar="PERDURE_WORKER_QUEUES", help="Task queues, with commas.")
    ] = None,
    health_port: Annotated[
        int | None, typer.Option("--health-port", min=0, max=65535, help="Port of /healthz, /readyz and /metrics.")
    ] = None,
    health_host: Annotated[str | None, typer.Option("--health-host", help="Address of the same.")] = None,
    build_id: Annotated[
        str | None, typer.Option("--build-id", help="Build of this code: its runs stay with it. `auto` for its own.")
    ] = None,
    supervised_from: SupervisedFrom = None,
) -> None:
    """Run a worker: it executes runs and steps until SIGTERM, then finishes what is under way."""
    follow_parent()
    from workers.main import run_worker  # late: Temporal and the providers take seconds to import

    chosen = {"queues": queues, "health_port": health_port, "health_host": health_host, "build_id": build_id}
    run_service(run_worker(**{name: value for name, value in chosen.items() if value is not None}))


def api(
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on.")] = None,
    supervised_from: SupervisedFrom = None,
) -> None:
    """Run the HTTP API."""
    follow_parent()
    from api.main import serve  # late, as above

    chosen = {"host": host, "port": port}
    run_service(serve(**{name: value for name, value in chosen.items() if value is not None}))


def simulator(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 for any.")] = 8323,
    latency: Annotated[float, typer.Option("--latency", min=0, help="Seconds before an answer begins.")] = 0.0,
    token_latency: Annotated[float, typer.Option("--token-latency", min=0, help="Seconds before each piece.")] = 0.0,
    supervised_from: SupervisedFrom = None,
) -> None:
    """Run a stand-in for the OpenAI and Anthropic APIs."""
    follow_parent()
    import socket

    from simulator.app import Options
    from simulator.main import server

    try:
        listener = socket.create_server((host, port), backlog=512)
    except OSError as taken:
        raise CliError(f"{host}:{port} cannot be listened on: {taken.strerror}") from taken
    say(f"simulator on http://{host}:{listener.getsockname()[1]}")
    server(Options(latency, token_latency)).run(sockets=[listener])


def migrate() -> None:
    """Bring the database (PERDURE_DATABASE_ADMIN_URL or PERDURE_DATABASE_URL) to the newest schema."""
    from db.migrate import upgrade
    from db.settings import DatabaseSettings

    async def bring_up() -> None:
        admin_url = DatabaseSettings().admin_url
        try:
            await upgrade(admin_url)
        except (OSError, ValueError) as failed:
            raise CliError(f"the database cannot be migrated: {failed}") from failed

    run_service(bring_up())
    say("[green]the database has the newest schema[/]")


def run_service(work: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop; faults of the configuration become sentences."""
    import uvloop

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work)
    except ValidationError as wrong:
        faults = "; ".join(f"{_variable(wrong.title, one['loc'])}: {one['msg']}" for one in wrong.errors())
        raise CliError(f"the configuration is not valid: {faults}") from None
    except PerdureError as wrong:
        raise CliError(str(wrong)) from wrong
    except OSError as failed:
        if failed.errno is None or os.environ.get("PERDURE_TRACEBACK"):
            raise
        raise CliError(f"{failed.strerror or failed}") from failed


def _variable(settings: str, place: tuple[int | str, ...]) -> str:
    """Name of the environment variable behind a field of a settings class."""
    prefixes = {known.__name__: known.model_config.get("env_prefix", "") for known in BaseSettings.__subclasses__()}
    name = str(place[0]) if place else settings
    return name if name.isupper() else f"{prefixes.get(settings, '')}{name}".upper()
