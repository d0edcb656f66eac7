"""`perdure runs …`: look at runs and steer them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import ApiClient
from cli.commands.context import connection_of
from cli.commands.run import print_json, watch_run
from cli.console import out, plain, print_rows, safe, say
from cli.documents import read_text
from cli.errors import FAILED, OK, CliError
from cli.watch.progress import message_of, parse_time
from cli.watch.tree import ICONS, duration, money
from schemas.limits import MAX_INPUT_BYTES

app = typer.Typer(no_args_is_help=True, help="Look at runs and steer them.")

RunId = Annotated[str, typer.Argument(metavar="RUN", help="Id of the run.", show_default=False)]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; kept with the run.")]


@app.command("list")
def list_runs(
    context: typer.Context,
    status: Annotated[str | None, typer.Option("--status", help="Only runs with this status.")] = None,
    workflow: Annotated[str | None, typer.Option("--workflow", help="Only runs of this workflow.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="How many.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's answer.")] = False,
) -> None:
    """List runs, the newest first."""
    with ApiClient.of(connection_of(context)) as api:
        answer = api.get("/v1/runs", status=status, workflow=workflow, limit=limit)
    if as_json:
        print_json(answer)
        return
    rows = items_of(answer)
    if not rows:
        say("no runs")
    print_rows(_row(row) for row in rows)


@app.command("show")
def show_run(
    context: typer.Context,
    run_id: RunId,
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's answers.")] = False,
) -> None:
    """Show a run and its steps."""
    with ApiClient.of(connection_of(context)) as api:
        run = api.run(run_id)
        steps = items_of(api.get(f"/v1/runs/{run_id}/steps"))
    if as_json:
        print_json({**run, "steps": steps})
        return
    print_rows([_row(run)])
    print_rows(_step(step) for step in steps)
    if run.get("error"):
        out.print(f"[red]{plain(run['error'].get('message'))}[/]")
    if run.get("output") is not None:
        print_json(run["output"])


@app.command("watch")
def watch(
    context: typer.Context,
    run_id: RunId,
    approve_all: Annotated[bool, typer.Option("--approve-all", help="Approve whatever the run asks.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Status 0 only if the run completed.")] = False,
) -> None:
    """Follow a run from its beginning to its end."""
    with ApiClient.of(connection_of(context)) as api:
        run = api.run(run_id)
        view = watch_run(api, run_id, str(run.get("workflow") or "run"), approve_all=approve_all)
    raise typer.Exit(OK if view.status == "completed" or not exit_code else FAILED)


@app.command("cancel")
def cancel(context: typer.Context, run_id: RunId, reason: Reason = None) -> None:
    """Cancel a run: finished steps with a compensation are undone."""
    _control(context, run_id, "cancel", reason)


@app.command("pause")
def pause(context: typer.Context, run_id: RunId, reason: Reason = None) -> None:
    """Pause a run: what is under way ends, nothing new begins."""
    _control(context, run_id, "pause", reason)


@app.command("resume")
def resume(context: typer.Context, run_id: RunId, reason: Reason = None) -> None:
    """Let a paused run go on."""
    _control(context, run_id, "resume", reason)


@app.command("retry")
def retry(context: typer.Context, run_id: RunId) -> None:
    """Run a failed run again from the steps that failed; finished steps are kept."""
    with ApiClient.of(connection_of(context)) as api:
        run = api.post(f"/v1/runs/{run_id}/retry")
    say(f"run {plain((run or {}).get('id', run_id))} begins attempt {plain((run or {}).get('attempt', ''))}")


@app.command("fork")
def fork(
    context: typer.Context,
    run_id: RunId,
    node: Annotated[str, typer.Option("--from", help="Node from which everything is run anew.")],
    outputs: Annotated[
        Path | None, typer.Option("--outputs", help="JSON file: outputs to put in place, by node id.")
    ] = None,
) -> None:
    """Start a new run from the middle of an old one."""
    body: dict[str, Any] = {"node": node}
    if outputs is not None:
        body["outputs"] = _json_object(outputs)
    with ApiClient.of(connection_of(context)) as api:
        run = api.post(f"/v1/runs/{run_id}/fork", body)
    out.print(safe((run or {}).get("id", "")), markup=False)


def items_of(answer: Any) -> list[dict[str, Any]]:
    """Rows of a list that the API has answered."""
    rows = answer.get("items", []) if isinstance(answer, dict) else answer
    return [row for row in rows or () if isinstance(row, dict)]


def _control(context: typer.Context, run_id: str, action: str, reason: str | None) -> None:
    with ApiClient.of(connection_of(context)) as api:
        run = api.post(f"/v1/runs/{run_id}/{action}", {"reason": reason} if reason else None)
    say(f"{action} requested; the run is {plain((run or {}).get('status', 'on its way'))}")


def _row(run: dict[str, Any]) -> tuple[str, ...]:
    icon, _ = ICONS.get(str(run.get("status")), ("?", ""))
    cost = float(run.get("cost_usd") or 0)
    version = f"v{run['version']}" if run.get("version") else ""
    return (
        str(run.get("id")),
        f"{icon} {run.get('status')}",
        f"{run.get('workflow') or ''} {version}".strip(),
        _lasted(run),
        money(cost) if cost else "",
        str(run.get("created_at") or "")[:19].replace("T", " "),
    )


def _step(step: dict[str, Any]) -> tuple[str, ...]:
    icon, _ = ICONS.get(str(step.get("status")), ("?", ""))
    attempt = step.get("attempt") or 1
    cost = float(step.get("cost_usd") or 0)
    return (
        icon,
        str(step.get("path")) + (f" (round {step['iteration'] + 1})" if step.get("iteration") else ""),
        str(step.get("kind")),
        str(step.get("status")),
        _lasted(step),
        money(cost) if cost else "",
        f"attempt {attempt}" if attempt > 1 else "",
        message_of(step.get("error")),
    )


def _lasted(row: dict[str, Any]) -> str:
    started = parse_time(row.get("started_at"))
    ended = parse_time(row.get("ended_at")) or datetime.now(UTC)
    return duration((ended - started).total_seconds()) if started else ""


def _json_object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(read_text(path, MAX_INPUT_BYTES))
    except (ValueError, RecursionError) as wrong:
        raise CliError(f"{path} is no JSON: {wrong}") from wrong
    if not isinstance(value, dict):
        raise CliError(f"{path} must hold a JSON object")
    return value
