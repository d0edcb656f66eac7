"""Runs that wait go on after a restore from a backup, and under a new build of the workers."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from temporalio.client import Client

from cli.embedded.processes import pick_port
from db.session import Database
from db.tables import DEFAULT_WORKSPACE_ID
from engine.deployments import Deployments
from tests.cli.conftest import ROOT, command, environment
from tests.faults.documents import ORDERED, asking, linked, pay
from tests.faults.processes import Program, start_all, wait_for
from tests.faults.runs import Record, StartedRun, publish, start
from tests.faults.stack import Stack, aside
from tests.schemas.documents import document, node
from tests.support.approvals import decide

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]

RUNS = 200

MARK = "written-by-build"


def perdure(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command on a data folder, without any configuration."""
    line = command("--data-dir", str(folder), *arguments)
    return subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder for another installation."""
    with tempfile.TemporaryDirectory(prefix="perdure-restored-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.mark.parametrize("knows", ["with Temporal's data", pytest.param("without it", marks=pytest.mark.longer)])
def test_a_restored_run_is_approved_and_finishes(stack: Stack, elsewhere: Path, knows: str) -> None:
    ledger = stack.world.refunds()
    run = start(stack, publish(stack, asking(stack.world.ledger_url)))
    approval = run.wait_for_approval()
    before = run.record()
    file = elsewhere / "backup.tar"
    taken = perdure(stack.folder, "backup", str(file))
    assert taken.returncode == 0, taken.stderr
    assert stack.decide(approval, "approved").is_success  # the backup does not know of it
    assert run.wait_until_ended().run["status"] == "completed"

    restored = elsewhere / "data"
    for _ in range(2):
        brought = perdure(restored, "restore", str(file), "--without-keys")
    assert brought.returncode == 1, "a folder with data was restored into"
    assert "holds data already" in brought.stderr
    if knows == "without it":
        shutil.rmtree(restored / "temporal")
    other = Stack(restored, stack.world)
    try:
        other.up()
        again = StartedRun(other, run.id)
        assert other.decide(again.wait_for_approval(), "approved").is_success
        after = again.wait_until_ended()
    finally:
        leave(other)
    assert_went_on(before, after)
    grown = {name: value - ledger[name] for name, value in stack.world.refunds().items()}
    # Both installations have paid, under the same key.
    assert (grown["keys"], grown["refunds"], grown["replayed"]) == (1, 1, 1)


def assert_went_on(before: Record, after: Record) -> None:
    """Finished, and what was finished before is what it was."""
    assert after.run["status"] == "completed", after.run["error"]
    assert [event["seq"] for event in after.events] == list(range(1, len(after.events) + 1))
    for path, step in before.completed.items():
        assert after.steps[path]["output"] == step["output"], f"{path} ran again"
        assert after.count("step.completed")[path] == 1


def leave(other: Stack) -> None:
    """End an installation, but not the world that it shares."""
    other.worker.kill()
    other.api.kill()
    other.temporal.stop()
    other.postgres.stop("immediate")


def test_200_waiting_runs_change_to_a_new_build(stack: Stack) -> None:
    """The code of the new one acts otherwise from the start of a history on: it could replay none of the old one."""
    stack.worker.kill()
    old, new = worker(stack, "build-1"), worker(stack, "build-2", PYTHONPATH=changed_code(stack.folder))
    builds = of(stack)
    try:
        start_all(old)
        wait_for(lambda: current(builds) == "build-1", "the first build takes runs by itself")
        ledger = stack.world.refunds()
        slug = publish(stack, waiting(stack.world.ledger_url))
        runs = [start(stack, slug) for _ in range(RUNS)]
        approvals = asked(stack, slug, RUNS)
        assert last_history(stack, runs[0].id) == ("build-1", False)

        start_all(new)
        said = promote(stack)
        assert current(builds) == "build-2", said
        fresh = start(stack, slug)
        [newest] = asked(stack, slug, RUNS + 1).keys() - approvals.keys()
        assert last_history(stack, fresh.id) == ("build-2", True)
        some, others = list(approvals)[:20], [*list(approvals)[20:], newest]
        decide_all(stack, some)
        wait_for(lambda: completed(stack, slug) == len(some), "the first ones end")
        taken_along = {last_history(stack, approvals[one]) for one in some[:5]}
        assert taken_along == {("build-2", True)}, "a step did not take them along"

        moved = perdure(stack.folder, "deploy", "move")
        assert moved.returncode == 0, moved.stderr
        wait_for(lambda: builds(lambda one: one.waiting_elsewhere()) == 0, "all have moved", pause=0.3)
        old.kill()
        decide_all(stack, others)
        wait_for(lambda: completed(stack, slug) == RUNS + 1, "all end", pause=0.2)
        assert_paid_once_each(stack, slug, ledger, [*runs, fresh])
        measured = httpx.get(new.ready_url.replace("readyz", "metrics"), trust_env=False).text
        assert re.search(
            r'^perdure_run_seconds_bucket\{[^}]*status="completed"[^}]*waited="yes"', measured, re.MULTILINE
        )
    finally:
        old.kill()
        new.kill()


def changed_code(folder: Path) -> str:
    """Search path of a build whose workflows begin every history with a command of their own."""
    copy = folder / "code-of-build-2"
    shutil.copytree(ROOT / "workflows", copy / "workflows", ignore=shutil.ignore_patterns("__pycache__"))
    changed, begin = copy / "workflows/graph_run/workflow.py", "        background = [asyncio.create_task("
    text = changed.read_text()
    assert text.count(begin) == 1
    changed.write_text(text.replace(begin, f'        workflow.upsert_memo({{"{MARK}": 2}})\n{begin}'))
    return f"{copy}{os.pathsep}{ROOT}"


def worker(stack: Stack, build: str, **more: str) -> Program:
    """A worker of a build."""
    port = pick_port()
    settings = {**stack.worker.environment, "PERDURE_WORKER_BUILD_ID": build, **more}
    url = f"http://127.0.0.1:{port}/readyz"
    arguments = ["cli.main", "worker", "--health-port", str(port)]
    return Program(build, arguments, settings, stack.folder / f"{build}.log", url)


def waiting(ledger_url: str) -> dict[str, Any]:
    """A question between two steps."""
    nodes = [
        node("before", "code", code="1 + 1"),
        node("ask", "approval", title="Pay?"),
        pay("pay", ledger_url),
        node("after", "code", code="2 + 2"),
    ]
    return document(nodes, linked(("before", "ask", "pay", "after"), ask="approved"), name="Waiting", input=ORDERED)


def of(stack: Stack) -> Any:
    """The builds, asked anew each time on a loop of their own."""

    def ask(question: Any) -> Any:
        async def answer() -> Any:
            return await question(Deployments(await Client.connect(stack.temporal.address), "perdure"))

        return aside(answer())

    return ask


def current(builds: Any) -> str | None:
    known = builds(lambda one: one.describe())
    return None if known is None else known.current


def promote(stack: Stack) -> str:
    """Through the command; Temporal may need a moment until it has seen all queues of the build."""

    def done() -> str:
        tried = perdure(stack.folder, "deploy", "promote", "build-2")
        return tried.stderr if tried.returncode == 0 else ""

    return wait_for(done, "build-2 is promoted", pause=0.3)


def asked(stack: Stack, slug: str, count: int) -> dict[str, str]:
    """Runs by the approvals they wait for, once there are so many."""
    query = (
        "SELECT jsonb_object_agg(a.id, a.run_id)::text FROM approvals a JOIN runs r ON r.id = a.run_id "
        f"JOIN workflows w ON w.id = r.workflow_id WHERE w.slug = '{slug}'"
    )

    def found() -> dict[str, str]:
        rows: dict[str, str] = json.loads(stack.query(query) or "{}")
        return rows if len(rows) == count else {}

    return wait_for(found, f"{count} runs ask", pause=0.1)


def decide_all(stack: Stack, approvals: list[str]) -> None:
    """As the API decides, without its way through HTTP; the workers' sweep tells the runs."""

    async def decide_each() -> None:
        database = Database(stack.postgres.url)
        for one in approvals:
            async with database.tenant(DEFAULT_WORKSPACE_ID) as session:
                assert (await decide(session, UUID(one), "approved")).won
        await database.dispose()

    aside(decide_each())


def completed(stack: Stack, slug: str) -> int:
    query = (
        "SELECT count(*) FROM runs r JOIN workflows w ON w.id = r.workflow_id "
        f"WHERE w.slug = '{slug}' AND r.status = 'completed'"
    )
    return int(stack.query(query))


def last_history(stack: Stack, run_id: str) -> tuple[str, bool]:
    """Build on which the last history of a run was written, and whether by the changed code."""

    async def ask() -> tuple[str, bool]:
        client = await Client.connect(stack.temporal.address)
        described = await client.get_workflow_handle(f"run-{run_id}").describe()
        info = described.raw_description.workflow_execution_info
        return str(info.versioning_info.deployment_version.build_id), MARK in info.memo.fields

    return aside(ask())


def assert_paid_once_each(stack: Stack, slug: str, before: dict[str, float], runs: list[StartedRun]) -> None:
    after = stack.world.refunds()
    assert (after["keys"] - before["keys"], after["refunds"] - before["refunds"]) == (len(runs), len(runs))
    twice = (
        "SELECT count(*) FROM (SELECT FROM run_events e JOIN runs r ON r.id = e.run_id "
        f"JOIN workflows w ON w.id = r.workflow_id WHERE w.slug = '{slug}' AND e.type = 'step.completed' "
        "GROUP BY e.run_id, e.path HAVING count(*) > 1) AS repeated"
    )
    assert stack.query(twice) == 0
    assert [event["seq"] for event in runs[0].record().events] == list(range(1, len(runs[0].record().events) + 1))
