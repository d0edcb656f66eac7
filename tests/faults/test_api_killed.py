"""The API dies by kill -9 right after it has answered: what it has promised happens, once."""

from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from uuid import uuid4

import httpx
import pytest

from tests.faults.documents import asking, paying
from tests.faults.histories import keep_history
from tests.faults.runs import StartedRun, assert_paid_once, assert_unharmed, publish, start
from tests.faults.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

STARTS_AT_ONCE, DECISIONS = 4, 3


@pytest.mark.parametrize("kills", [3, pytest.param(10, marks=pytest.mark.longer)])
def test_killed_right_after_it_accepted_runs(stack: Stack, kills: int):
    slug, ledger = publish(stack, paying(stack.world.ledger_url)), stack.world.refunds()
    runs = [run for _ in range(kills) for run in start_and_kill(stack, slug)]
    for run in runs:
        assert_unharmed(None, run.wait_until_ended())
    assert len({run.id for run in runs}) == len(runs) == kills * STARTS_AT_ONCE
    assert_paid_once(stack, ledger, refunds=len(runs))
    keep_history(runs[0], "api_after_start")


def start_and_kill(stack: Stack, slug: str) -> list[StartedRun]:
    """Start runs at once and kill the API at the first answer; whoever has heard nothing asks again."""
    keys = [str(uuid4()) for _ in range(STARTS_AT_ONCE)]

    def ask(key: str) -> tuple[str, str]:
        body = {"workflow": slug, "input": {"order": "A-1045", "slow": ""}}
        answer = stack.call("POST", "/v1/runs", json=body, headers={"Idempotency-Key": key})
        assert answer.status_code == 202, answer.text
        return key, answer.json()["id"]

    accepted = {}
    with ThreadPoolExecutor(STARTS_AT_ONCE) as callers:
        for asked in as_completed([callers.submit(ask, key) for key in keys]):
            with suppress(httpx.TransportError):
                key, run_id = asked.result()
                stack.api.kill()
                accepted[key] = run_id
    assert accepted
    stack.api.start()
    stack.api.wait_until_ready()
    again = dict(ask(key) for key in keys)
    assert accepted.items() <= again.items()
    return [StartedRun(stack, run_id) for run_id in again.values()]


def test_killed_right_after_it_took_a_decision(stack: Stack):
    slug, ledger = publish(stack, asking(stack.world.ledger_url)), stack.world.refunds()
    runs = [start(stack, slug, order="A-1045") for _ in range(DECISIONS)]
    for run in runs:
        approval, before = run.wait_for_approval(), run.record()
        answer = stack.decide(approval, "approved")
        stack.api.kill()
        assert answer.status_code == 200, answer.text
        stack.api.start()
        after = run.wait_until_ended()
        assert_unharmed(before, after)
        assert after.run["output"] == "approved"
        assert after.count("approval.decided").total() == 1
        again = stack.decide(approval, "approved")
        assert again.status_code == 409
        keep_history(run, "api_after_decision")
    assert_paid_once(stack, ledger, refunds=len(runs))
