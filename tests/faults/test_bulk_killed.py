"""Bulk jobs survive kill -9: of the API between commit and start, of the worker in the middle. Nothing is repeated."""

from collections import Counter
from typing import Any

import pytest

from tests.faults.processes import wait_for
from tests.faults.runs import StartedRun, publish
from tests.faults.stack import Stack
from tests.schemas.documents import document, node

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

RUNS = 60
"""More than a page, so that a kill hits between pages as well as inside of one."""


def asking() -> dict[str, Any]:
    return document([node("ask", "approval", title="Go on?")], name="Bulk asking")


def waiting_runs(stack: Stack, count: int) -> list[StartedRun]:
    """So many runs that wait for a person."""
    slug = publish(stack, asking())
    runs = [
        StartedRun(stack, stack.call("POST", "/v1/runs", json={"workflow": slug}).json()["id"]) for _ in range(count)
    ]
    for run in runs:
        run.wait_for_approval()
    return runs


def preview(stack: Stack, operation: str, runs: list[StartedRun], **body: Any) -> str:
    wanted = {"operation": operation, "ids": [run.id for run in runs], **body}
    answer = stack.call("POST", "/v1/bulk/preview", json=wanted)
    assert answer.status_code == 200, answer.text
    assert answer.json()["affected"] == len(runs)
    return str(answer.json()["token"])


def begin(stack: Stack, token: str) -> None:
    answer = stack.call("POST", "/v1/bulk", json={"token": token})
    assert answer.status_code == 202, answer.text


def wait_until_done(stack: Stack, bulk: str, count: int) -> None:
    wait_for(lambda: stack.read(f"/v1/bulk/{bulk}")["status"] == "completed", f"bulk job {bulk} ends")
    job = stack.read(f"/v1/bulk/{bulk}")
    assert (job["total"], job["done"], job["skipped"], job["failed"]) == (count, count, 0, 0)
    items = stack.read(f"/v1/bulk/{bulk}/items", limit=1_000)["items"]
    assert Counter(item["outcome"] for item in items) == {"done": count}


def assert_told_once(stack: Stack, runs: list[StartedRun]) -> None:
    """Every run has heard of it exactly once, and has ended as it was told."""
    for run in runs:
        record = run.wait_until_ended()
        assert record.run["status"] == "cancelled"
        assert record.count("run.cancel_requested").total() == 1
        assert record.count("run.cancelled").total() == 1


def test_the_api_is_killed_between_its_commit_and_the_start(stack: Stack):
    runs = waiting_runs(stack, 5)
    token = preview(stack, "cancel", runs)
    stack.kill_temporal()  # so that the start cannot follow the commit
    begin(stack, token)
    stack.api.kill()
    stack.start_temporal()
    stack.api.start()
    wait_until_done(stack, token, 5)
    assert_told_once(stack, runs)


@pytest.mark.longer
def test_whoever_heard_no_answer_asks_again(stack: Stack):
    runs = waiting_runs(stack, 3)
    token = preview(stack, "cancel", runs)
    begin(stack, token)
    stack.api.kill()
    stack.api.start()
    stack.api.wait_until_ready()
    begin(stack, token)
    wait_until_done(stack, token, 3)
    assert_told_once(stack, runs)


def test_the_worker_is_killed_in_the_middle(stack: Stack):
    runs = waiting_runs(stack, RUNS)
    token = preview(stack, "cancel", runs)
    begin(stack, token)
    for part in (10, 55):
        wait_for(lambda part=part: stack.read(f"/v1/bulk/{token}")["done"] >= part, f"{part} are done", pause=0.002)
        stack.worker.kill()
        stack.worker.start()
    wait_until_done(stack, token, RUNS)
    assert_told_once(stack, runs)


@pytest.mark.longer
def test_the_worker_is_killed_while_it_forks(stack: Stack):
    runs = waiting_runs(stack, 20)
    token = preview(stack, "fork", runs, fork={"node": "ask"})
    begin(stack, token)
    wait_for(lambda: stack.read(f"/v1/bulk/{token}")["done"] >= 3, "3 are done", pause=0.002)
    stack.worker.kill()
    stack.worker.start()
    wait_until_done(stack, token, 20)
    forks = stack.query(f"SELECT count(*) FROM runs WHERE forked_from IN ({', '.join(repr(run.id) for run in runs)})")
    assert forks == 20
    items = stack.read(f"/v1/bulk/{token}/items", limit=1_000)["items"]
    for item in items:
        StartedRun(stack, item["new_run_id"]).wait_for_approval()
