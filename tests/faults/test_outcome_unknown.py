"""The worker dies between a request that must not be sent twice and its answer; a person says what became of it."""

from typing import Any

import pytest

from tests.faults.documents import ORDERED, dice
from tests.faults.histories import keep_history
from tests.faults.processes import wait_for
from tests.faults.runs import Record, StartedRun, publish, start
from tests.faults.stack import Stack
from tests.schemas.documents import document, node

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


def unkeyed(ledger_url: str, **fields: Any) -> dict[str, Any]:
    """A refund that the ledger cannot tell from a second one, and what comes after it."""
    config = {
        "url": f"{ledger_url}/refunds",
        "method": "POST",
        "json": {"order": "{{ input.order }}", "amount": 0.01},
        "idempotency_header": None,
    }
    pay = {"id": "pay", "kind": "http_request", "with": config, **fields}
    result = node("result", "output", value="{{ nodes.pay.output.status }}")
    return document([dice("reckon", "{{ 0.05 }}"), pay, result], ["reckon > pay", "pay > result"], input=ORDERED)


def parked(ledger_url: str) -> dict[str, Any]:
    """A refund of an order that may not exist."""
    config = {"url": f"{ledger_url}/refunds", "method": "POST", "json": {"order": "{{ input.order }}", "amount": 0.01}}
    pay = {"id": "pay", "kind": "http_request", "with": config, "on_error": "pause", "retry": {"max_attempts": 1}}
    return document([pay], name="Parked", input=ORDERED)


def requests(stack: Stack) -> float:
    """How often the ledger was asked for a refund in all."""
    return stack.world.refunds()["requests"]


def die_before_the_answer(stack: Stack, slug: str) -> tuple[StartedRun, float]:
    """Start a run whose worker dies when the ledger has been asked and has not answered.

    Returns:
        The run, and how often the ledger had been asked before.
    """
    before = requests(stack)
    stack.world.ledger.freeze()
    run = start(stack, slug)
    wait_for(stack.world.ledger_has_mail, "the ledger is asked")
    stack.worker.kill()
    stack.world.ledger.thaw()
    wait_for(lambda: requests(stack) == before + 1, "the ledger has booked it")
    return run, before


def question(stack: Stack, run: StartedRun) -> dict[str, Any]:
    """What the run asks."""
    asked: dict[str, Any] = stack.read(f"/v1/approvals/{run.wait_for_approval()}")
    return asked


def decide(stack: Stack, asked: dict[str, Any], decision: str, data: Any = None) -> None:
    answer = stack.call(
        "POST",
        f"/v1/approvals/{asked['id']}/decide",
        json={"decision": decision, "digest": asked["digest"], "data": data},
    )
    assert answer.status_code == 200, answer.text


def assert_gapless(record: Record) -> None:
    assert [event["seq"] for event in record.events] == list(range(1, len(record.events) + 1))


@pytest.mark.parametrize(
    ("attempts", "decision", "data", "output", "asked_in_all"),
    [
        (5, "done", {"status": 201}, 201, 1),
        (1, "retry", None, 201, 2),
        pytest.param(1, "done", {"status": 201}, 201, 1, marks=pytest.mark.longer),
        pytest.param(5, "retry", None, 201, 2, marks=pytest.mark.longer),
    ],
)
def test_a_person_is_asked_before_anything_is_sent_again(
    stack: Stack, attempts: int, decision: str, data: Any, output: Any, asked_in_all: int
):
    slug = publish(stack, unkeyed(stack.world.ledger_url, retry={"max_attempts": attempts, "initial": "100ms"}))
    run, before = die_before_the_answer(stack, slug)
    stack.worker.start()
    asked = question(stack, run)
    assert asked["purpose"] == "verification"
    evidence = asked["payload"]["evidence"]
    assert (evidence["lost"], evidence["call"]["attempt"]) == ("worker", 1)
    assert evidence["call"]["to"] == f"POST {stack.world.ledger_url}"
    assert asked["payload"]["settings"]["json"] == {"order": "A-1043", "amount": 0.01}
    assert run.record().steps["pay"]["status"] == "waiting"
    assert requests(stack) == before + 1
    decide(stack, asked, decision, data)
    after = run.wait_until_ended()
    assert (after.run["status"], after.run["output"]) == ("completed", output)
    assert_gapless(after)
    assert after.count("step.completed")["reckon"] == after.count("step.completed")["pay"] == 1
    assert requests(stack) == before + asked_in_all
    keep_history(run, f"outcome_unknown_{decision}_{attempts}")


@pytest.mark.longer
def test_the_note_outlives_the_database(stack: Stack):
    slug = publish(stack, unkeyed(stack.world.ledger_url))
    run, before = die_before_the_answer(stack, slug)
    stack.kill_postgres()
    stack.start_postgres()
    stack.worker.start()
    asked = question(stack, run)
    assert asked["purpose"] == "verification"
    decide(stack, asked, "fail")
    after = run.wait_until_ended()
    assert (after.run["status"], after.run["error"]["code"]) == ("failed", "outcome_unknown")
    assert_gapless(after)
    assert requests(stack) == before + 1


def test_the_question_outlives_the_worker_that_asked_it(stack: Stack):
    slug = publish(stack, unkeyed(stack.world.ledger_url, on_error="continue"))
    run, before = die_before_the_answer(stack, slug)
    stack.worker.start()
    asked = question(stack, run)
    stack.worker.kill()
    decide(stack, asked, "done", {"status": "looked it up"})
    stack.worker.start()
    after = run.wait_until_ended()
    assert after.run["output"] == "looked it up"
    assert_gapless(after)
    assert after.count("approval.opened").total() == after.count("approval.decided").total() == 1
    assert requests(stack) == before + 1


def test_a_failed_step_waits_through_the_death_of_its_worker(stack: Stack):
    before = requests(stack)
    run = start(stack, publish(stack, parked(stack.world.ledger_url)), order="A-0")
    asked = question(stack, run)
    assert (asked["purpose"], asked["payload"]["attempts"]) == ("intervention", 1)
    settings = asked["payload"]["settings"]
    assert settings["json"]["order"] == "A-0"
    stack.worker.kill()
    decide(stack, asked, "edit", settings | {"json": {"order": "A-1043", "amount": 0.01}})
    stack.worker.start()
    after = run.wait_until_ended()
    assert (after.run["status"], after.run["output"]["status"]) == ("completed", 201)
    assert_gapless(after)
    assert after.count("approval.opened").total() == 1
    assert requests(stack) == before + 2
