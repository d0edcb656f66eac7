"""Temporal and PostgreSQL die in the middle of runs and come back later."""

import time
from collections.abc import Callable

import httpx
import pytest

from tests.faults.documents import asking, chain, paying
from tests.faults.histories import keep_history
from tests.faults.processes import wait_for
from tests.faults.runs import StartedRun, assert_paid_once, assert_unharmed, publish, start
from tests.faults.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

OUTAGE = 5.0
"""Seconds; long enough for every retry to have failed at least once."""

INSIDE = {"rest": "waiting", "think": "running", "reckon": "running"}
"""Steps in whose middle the server dies, and how that shows: one that waits, a remote and a local one."""


def in_the_middle(stack: Stack) -> tuple[list[StartedRun], StartedRun]:
    """Runs in each kind of step, and one that waits for a person."""
    slug = publish(stack, chain(stack.world.ledger_url))
    waiting = start(stack, publish(stack, asking(stack.world.ledger_url)))
    waiting.wait_for_approval()
    runs = []
    for slow, status in INSIDE.items():
        runs.append(start(stack, slug, slow=slow))
        runs[-1].wait_until(slow, status)
    return runs, waiting


def outage(meanwhile: Callable[[], None] = lambda: None) -> None:
    """Let the time of an outage pass, doing something again and again."""
    end = time.monotonic() + OUTAGE
    while (left := end - time.monotonic()) > 0:
        meanwhile()
        time.sleep(min(left, 0.2))


def test_temporal_killed_and_restarted_later(stack: Stack):
    paying_slug = publish(stack, paying(stack.world.ledger_url))
    ledger, accepted = stack.world.refunds(), []
    runs, waiting = in_the_middle(stack)
    stack.kill_temporal()
    befores = [run.record() for run in runs]
    decide(stack, waiting)

    def start_another() -> None:
        if len(accepted) < 5:
            accepted.append(start(stack, paying_slug))

    outage(start_another)
    assert all(run.record().run["status"] == "pending" for run in accepted)
    stack.start_temporal()
    for run, before in zip(runs, befores, strict=True):
        assert_unharmed(before, run.wait_until_ended())
    for run in (*accepted, waiting):
        assert_unharmed(None, run.wait_until_ended())
    assert_paid_once(stack, ledger, refunds=len(runs) + len(accepted) + 1)
    for run, inside in zip(runs, INSIDE, strict=True):
        keep_history(run, f"temporal_inside_{inside}")


@pytest.mark.parametrize("crash", ["immediate stop", "kill -9"])
def test_postgresql_killed_and_restarted_later(stack: Stack, crash: str):
    ledger = stack.world.refunds()
    runs, waiting = in_the_middle(stack)
    befores = [run.record() for run in runs]
    stack.kill_postgres() if crash == "kill -9" else stack.postgres.stop("immediate")
    outage(lambda: assert_refused(stack, runs[0]))
    stack.start_postgres()
    for run, before in zip(runs, befores, strict=True):
        assert_unharmed(before, run.wait_until_ended())
    decide(stack, waiting)
    assert_unharmed(None, waiting.wait_until_ended())
    assert_paid_once(stack, ledger, refunds=len(runs) + 1)
    for run, inside in zip(runs, INSIDE, strict=True):
        keep_history(run, f"postgresql_inside_{inside}")


def decide(stack: Stack, run: StartedRun) -> None:
    """Approve what the run asks."""

    def accepted() -> bool:
        return stack.decide(run.wait_for_approval(), "approved").status_code in (200, 409)

    wait_for(accepted, "the decision is taken")


def assert_refused(stack: Stack, run: StartedRun) -> None:
    """The API says that it cannot answer at the moment, and that asking again helps."""
    answer: httpx.Response = stack.call("GET", f"/v1/runs/{run.id}")
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == "unavailable"
    assert "Retry-After" in answer.headers
