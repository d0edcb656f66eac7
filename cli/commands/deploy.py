"""`perdure deploy …`: which build of the workers takes new runs, and moving runs to it (docs/upgrading.md)."""

import json
import os
from collections.abc import Coroutine
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.commands.context import connection_of
from cli.commands.run import print_json
from cli.commands.services import run_service
from cli.console import plain, print_rows, say
from cli.data_folder import DataFolder
from cli.errors import CliError

if TYPE_CHECKING:
    from engine.deployments import Deployment, Deployments

app = typer.Typer(no_args_is_help=True, help="Change the build of the workers while runs go on.")

Name = Annotated[str, typer.Option("--deployment", envvar="PERDURE_WORKER_DEPLOYMENT", help="Name of the workers.")]
BuildId = Annotated[str, typer.Argument(metavar="BUILD", help="Build id of its workers.", show_default=False)]


@app.command()
def status(
    context: typer.Context,
    deployment: Name = "perdure",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the builds: who takes new runs, who still has runs, whose workers can be stopped."""

    async def show() -> None:
        builds = await _deployments(connection_of(context).folder, deployment)
        known, elsewhere = await _known(builds), await builds.waiting_elsewhere()
        if as_json:
            print_json(_as_json(known, elsewhere))
            return
        print_rows((build.build_id, build.status, _share(known, build.build_id)) for build in known.builds)
        if elsewhere:
            say(f"{elsewhere} run(s) are on older builds; `perdure deploy move` takes them along")

    run_service(_sentences(show()))


@app.command()
def promote(
    context: typer.Context,
    build: BuildId,
    percent: Annotated[
        float | None, typer.Option("--percent", min=0, max=100, help="Give it only this share of the new runs.")
    ] = None,
    move_runs: Annotated[bool, typer.Option("--move", help="Take runs along that are on older builds.")] = False,
    deployment: Name = "perdure",
) -> None:
    """Give new runs to a build. Runs that have begun stay where they are until their next step."""

    async def do() -> None:
        builds = await _deployments(connection_of(context).folder, deployment)
        known = await _known(builds)
        if build not in {one.build_id for one in known.builds}:
            there = ", ".join(one.build_id for one in known.builds)
            raise CliError(f"no worker of the build {build!r} has ever run; there are {there}")
        if percent is not None:
            await builds.ramp(build, percent)
            say(f"[green]{percent:g} % of the new runs go to {plain(build)}[/]")
            return
        await builds.promote(build, known.token)
        say(f"[green]all new runs go to {plain(build)}[/]")
        if move_runs:
            say(f"told {await builds.move()} run(s) to go on there")

    run_service(_sentences(do()))


@app.command()
def move(context: typer.Context, deployment: Name = "perdure") -> None:
    """Tell runs on older builds, which may wait for months, to go on at the current one. Old workers must still run."""

    async def do() -> None:
        builds = await _deployments(connection_of(context).folder, deployment)
        await _known(builds)
        say(f"told {await builds.move()} run(s) to go on at the current build")

    run_service(_sentences(do()))


async def _sentences(work: Coroutine[Any, Any, None]) -> None:
    from temporalio.service import RPCError  # late: it takes a second to import

    try:
        await work
    except RPCError as refused:
        raise CliError(f"Temporal refuses: {refused.message}") from refused
    except RuntimeError as failed:
        raise CliError(f"Temporal does not answer: {failed}") from failed


async def _deployments(folder: DataFolder, name: str) -> "Deployments":
    from temporalio.client import Client  # late, as above

    from engine.deployments import Deployments
    from engine.settings import TemporalSettings

    settings = TemporalSettings()
    address = settings.address if os.environ.get("PERDURE_TEMPORAL_ADDRESS") else _embedded(folder) or settings.address
    return Deployments(await Client.connect(address, namespace=settings.namespace), name)


def _embedded(folder: DataFolder) -> str | None:
    """Address of the server of `perdure up`."""
    try:
        grpc, _ = json.loads((folder.path / "temporal" / "ports.json").read_text())
    except (OSError, ValueError):
        return None
    return f"127.0.0.1:{grpc}"


async def _known(builds: "Deployments") -> "Deployment":
    known = await builds.describe()
    if known is None:
        raise CliError("there are no builds: start workers with --build-id, or set PERDURE_WORKER_BUILD_ID")
    return known


def _share(known: "Deployment", build_id: str) -> str:
    if build_id == known.ramping:
        return f"{known.percent:g} % of new runs"
    if build_id != known.current:
        return ""
    return f"{100 - known.percent:g} % of new runs"


def _as_json(known: "Deployment", elsewhere: int) -> dict[str, Any]:
    return {
        "current": known.current,
        "ramping": known.ramping,
        "percent": known.percent,
        "builds": [asdict(build) for build in known.builds],
        "runs_elsewhere": elsewhere,
    }
