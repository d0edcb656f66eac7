"""The worker dies by kill -9 after model calls, tool calls and decisions of an agent, and is started again."""

import json
import re
from typing import Any

import pytest

from tests.faults.documents import ORDERED
from tests.faults.histories import keep_history
from tests.faults.processes import wait_for
from tests.faults.runs import Record, StartedRun, assert_paid_once, assert_unharmed, publish, start
from tests.faults.stack import Stack
from tests.schemas.documents import document
from tests.support.agents import CALCULATOR, add, agent, calls

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

SCRIPT = [
    calls(add(2, 3), delay=0.3),
    calls(("refund", {"order": "A-1043"}), delay=0.3),
    calls(("refund", {"order": "A-1044"}), add(1, 1), delay=0.3),
    calls(("ask_person", {"question": "Enough?"}), delay=0.3),
    calls(add(5, 5), delay=0.3),
    {"text": "All is paid.", "delay": 0.3},
]

STEPS = (
    ("agent.turn[0]", "completed"),
    ("agent.turn[0].call[0]", "completed"),
    ("agent.turn[1]", "completed"),
    ("agent.turn[1].call[0]", "completed"),
    ("agent.turn[2]", "completed"),
    ("agent.turn[2].call[0]", "waiting"),  # and decided while no worker lives
    ("agent.turn[2].call[0]", "completed"),
    ("agent.turn[2].call[1]", "completed"),
    ("agent.turn[3]", "completed"),
    ("agent.turn[3].call[0]", "waiting"),  # likewise
    ("agent.turn[3].call[0]", "completed"),
    ("agent.turn[4]", "completed"),
    ("agent.turn[4].call[0]", "completed"),
    ("agent.turn[5]", "running"),  # inside a model call
    ("agent.turn[5]", "completed"),
)
"""After every model call, tool call and decision, and inside of a call."""

ONE_OF_EACH = (
    ("agent.turn[1]", "completed"),
    ("agent.turn[2].call[0]", "waiting"),
    ("agent.turn[4].call[0]", "completed"),
)


def paying(ledger_url: str) -> dict[str, Any]:
    """An agent that reckons, pays two refunds of which a person sees one, asks, and reckons again."""
    refund = {
        "type": "http",
        "name": "refund",
        "settings": {
            "description": "Pays one cent back.",
            "url": f"{ledger_url}/refunds",
            "method": "POST",
            "parameters": {"type": "object", "required": ["order"], "properties": {"order": {"type": "string"}}},
            "json": {"order": "{order}", "amount": 0.01},
        },
        "policy": {"approve": "when", "when": "order == 'A-1044'"},
    }
    return document(
        [agent(message="Pay. {{ input.order }}", script=SCRIPT, tools=[CALCULATOR, refund, {"type": "ask_person"}])],
        name="Paying agent",
        input=ORDERED,
    )


@pytest.fixture(scope="module")
def slug(shared_stack: Stack) -> str:
    return publish(shared_stack, paying(shared_stack.world.ledger_url))


def answer(run: StartedRun) -> None:
    """Answers what the run asks now."""

    def asked() -> Any:
        return run.stack.read("/v1/approvals", run=run.id, status="pending")["items"]

    one = wait_for(asked, "the run asks")[0]
    form = {"data": {"answer": "Yes."}} if one["form"] else {}
    body = {"decision": "approved", "digest": one["digest"], **form}
    assert run.stack.call("POST", f"/v1/approvals/{one['id']}/decide", json=body).is_success


def said(record: Record) -> str:
    """The transcript, whatever ids the model gave its calls and the ledger its refunds."""
    messages = record.run["output"]["messages"]
    text, ids = json.dumps(messages, sort_keys=True), [c["id"] for m in messages for c in m.get("tool_calls", ())]
    for number, known in enumerate(ids):
        text = text.replace(known, f"call {number}")
    return re.sub(r"R-\d{4}", "R", text)


def model_calls(run: StartedRun, record: Record) -> dict[str, int]:
    """How often the model was asked for the turns that are completed."""
    turns = [path for path, step in record.completed.items() if step["kind"] == "model_turn"]
    return {path: run.stack.world.model_calls(run.key(path)) for path in turns}


def kill_and_restart(stack: Stack, run: StartedRun, status: str) -> Record:
    """Kill the worker, answer what was asked meanwhile, start another one."""
    stack.worker.kill()
    before = run.record()
    if status == "waiting":
        answer(run)
    stack.worker.start()
    return before


@pytest.mark.parametrize(
    "chosen", [pytest.param(ONE_OF_EACH, id="one of each"), pytest.param(STEPS, id="all", marks=pytest.mark.longer)]
)
def test_killed_after_model_calls_tool_calls_and_decisions(
    stack: Stack, slug: str, chosen: tuple[tuple[str, str], ...]
):
    ledger = stack.world.refunds()
    calm = start(stack, slug)
    for path in ("agent.turn[2].call[0]", "agent.turn[3].call[0]"):
        calm.wait_until(path, "waiting")
        answer(calm)
    undisturbed = calm.wait_until_ended()
    assert undisturbed.run["output"]["text"] == "All is paid."
    assert_paid_once(stack, ledger, refunds=2, requests=2)

    ledger, run = stack.world.refunds(), start(stack, slug)
    killed: list[tuple[Record, dict[str, int]]] = []
    for path, status in STEPS:
        if (path, status) in chosen or status == "waiting":
            run.wait_until(path, status)
        if (path, status) in chosen:
            before = kill_and_restart(stack, run, status)
            killed.append((before, model_calls(run, before)))
        elif status == "waiting":
            answer(run)
    after = run.wait_until_ended()
    assert len(killed) == len(chosen)
    for before, counted in killed:
        assert_unharmed(before, after)
        assert {path: stack.world.model_calls(run.key(path)) for path in counted} == counted
        assert all(counted.values())
    assert {path for _, counted in killed for path in counted} >= {f"agent.turn[{n}]" for n in range(5)}
    assert said(after) == said(undisturbed)
    assert_paid_once(stack, ledger, refunds=2)
    keep_history(run, "agent_run")
