"""The worker dies by kill -9, between steps and inside them, and is started again."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.faults.documents import CHAIN, asking, chain, local_chain
from tests.faults.histories import keep_history
from tests.faults.processes import wait_for
from tests.faults.runs import Record, StartedRun, assert_nothing_paid, assert_paid_once, assert_unharmed, publish, start
from tests.faults.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

ALIKE = ("shape", "way", "tell", "tidy", "settle")
"""Steps of the chain that are executed as one of the others is."""


@pytest.fixture(scope="module")
def chain_slug(shared_stack: Stack) -> str:
    return publish(shared_stack, chain(shared_stack.world.ledger_url))


@pytest.fixture(scope="module")
def asking_slug(shared_stack: Stack) -> str:
    return publish(shared_stack, asking(shared_stack.world.ledger_url))


def kill_and_restart(stack: Stack, run: StartedRun, meanwhile: Callable[[], None] = lambda: None) -> Record:
    """Kill the worker, look at what it leaves behind, start another one; says how long the run stood still."""
    killed = time.monotonic()
    stack.worker.kill()
    before = run.record()
    meanwhile()
    stack.worker.start()
    run.wait_for_event_after(before)
    print(f"\nthe run goes on {time.monotonic() - killed:.2f} s after the kill")
    return before


@pytest.mark.parametrize(
    "step", [pytest.param(step, marks=[pytest.mark.longer] if step in ALIKE else []) for step in CHAIN[:-1]]
)
def test_killed_when_a_step_has_just_completed(stack: Stack, chain_slug: str, step: str):
    ledger = stack.world.refunds()
    run = start(stack, chain_slug)
    run.wait_until(step, "completed")
    before = kill_and_restart(stack, run)
    calls = {path: stack.world.model_calls(run.key(path)) for path in before.completed}
    after = run.wait_until_ended()
    assert_unharmed(before, after)
    assert step in before.completed
    assert {path: stack.world.model_calls(run.key(path)) for path in before.completed} == calls
    assert_paid_once(stack, ledger, requests=1 if "pay" in before.completed else None)
    keep_history(run, f"worker_after_{step}")


def test_killed_inside_a_model_call(stack: Stack, chain_slug: str):
    run = start(stack, chain_slug, slow="think")
    wait_for(lambda: stack.world.model_calls(run.key("think")), "the model is asked")
    before = kill_and_restart(stack, run)
    assert before.steps["think"]["status"] == "running"
    after = run.wait_until_ended()
    assert_unharmed(before, after)
    assert stack.world.model_calls(run.key("think")) == 2
    assert after.steps["think"]["attempt"] > 1  # on a busy machine an attempt may be lost before it asks
    keep_history(run, "worker_inside_remote_step")


def test_killed_between_a_refund_and_its_answer(stack: Stack, chain_slug: str):
    ledger = stack.world.refunds()
    run = start(stack, chain_slug)
    run.wait_until("rest", "waiting")
    stack.world.ledger.freeze()
    wait_for(stack.world.ledger_has_mail, "the ledger is asked")
    before = kill_and_restart(stack, run, stack.world.ledger.thaw)
    after = run.wait_until_ended()
    assert_unharmed(before, after)
    assert after.steps["pay"]["attempt"] == 2
    assert_paid_once(stack, ledger, requests=2)


def test_killed_inside_a_local_step(stack: Stack, chain_slug: str):
    ledger = stack.world.refunds()
    run = start(stack, chain_slug, slow="reckon")
    run.wait_until("reckon", "running")
    before = kill_and_restart(stack, run)
    assert before.steps["reckon"]["status"] == "running"
    assert_unharmed(before, run.wait_until_ended())
    assert_paid_once(stack, ledger)
    keep_history(run, "worker_inside_local_step")


def test_killed_while_a_run_waits_for_a_time(stack: Stack, chain_slug: str):
    ledger = stack.world.refunds()
    run = start(stack, chain_slug, slow="rest")
    run.wait_until("rest", "waiting")
    before = kill_and_restart(stack, run)
    assert_unharmed(before, run.wait_until_ended())
    assert_paid_once(stack, ledger)


def test_decided_while_no_worker_lives(stack: Stack, asking_slug: str):
    ledger = stack.world.refunds()
    run = start(stack, asking_slug)
    approval = run.wait_for_approval()
    stack.worker.kill()
    before = run.record()

    def decide(decision: str) -> httpx.Response:
        return stack.decide(approval, decision)

    with ThreadPoolExecutor(2) as deciders:
        answers = list(deciders.map(decide, ("approved", "rejected")))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (won,) = [answer.json()["decision"] for answer in answers if answer.status_code == 200]
    (lost,) = [answer.json() for answer in answers if answer.status_code == 409]
    assert lost["code"] == "already_decided"
    stack.worker.start()
    after = run.wait_until_ended()
    assert_unharmed(before, after)
    assert after.run["output"] == won
    assert after.count("approval.opened").total() == after.count("approval.decided").total() == 1
    assert_paid_once(stack, ledger) if won == "approved" else assert_nothing_paid(stack, ledger)
    keep_history(run, "decided_without_worker")


def test_the_results_of_finished_local_steps_stand(stack: Stack):
    """A dead worker takes the progress of a chain of local steps with it; only the run log knows what was done."""
    stack.count_functions()
    run = start(stack, publish(stack, local_chain()), slow="d")
    run.wait_until("d", "running")
    before = kill_and_restart(stack, run)
    assert list(before.completed) == ["a", "b", "c"]
    after = run.wait_until_ended()
    assert_unharmed(before, after)
    # The code throws dice, so whoever executed it again would pass on other numbers than those recorded.
    assert {path: step["output"] for path, step in after.steps.items()} == after.run["output"]
    assert {path: before.steps[path]["output"] for path in "abc"}.items() <= after.run["output"].items()
    # Every execution that comes to its end reports that to the run log: five steps, five executions.
    assert stack.function_calls("run_log_step_completed") == 5
    keep_history(run, "worker_inside_local_chain")
