"""How the demo decides when nobody sits at the terminal."""

import json
from typing import Any

import httpx
import pytest
from rich.console import Console

from cli.client import ApiClient, ApiError
from cli.demo.journey import REFUSED, SelfApproving
from cli.watch.progress import RunView
from examples.refunds.expected import load


def approval(order: str, purpose: str = "approval") -> dict[str, Any]:
    return {
        "id": f"a-{order}",
        "purpose": purpose,
        "title": f"Refund {order}?",
        "payload": {"order": order},
        "form": {"properties": {"amount": {"type": "number", "default": 12.5}, "note": {"type": "string"}}},
        "decisions": [],
        "digest": "d1",
    }


def decide(request: dict[str, Any], status: int = 200) -> list[dict[str, Any]]:
    sent = []

    def answer(asked: httpx.Request) -> httpx.Response:
        sent.append({"path": asked.url.path} | json.loads(asked.content))
        return httpx.Response(status, json={"code": "already_decided", "detail": "Ada was first."})

    api = ApiClient("http://api.test", "token", transport=httpx.MockTransport(answer))
    SelfApproving(api, RunView("r1"), Console(quiet=True), approve_all=True)._approve(request)
    return sent


def test_it_approves_with_the_proposed_amount():
    path = "/v1/approvals/a-A-1043/decide"
    assert decide(approval("A-1043")) == [
        {"path": path, "decision": "approved", "digest": "d1", "data": {"amount": 12.5}}
    ]


def test_it_refuses_one_order():
    (sent,) = decide(approval(REFUSED))
    assert (sent["decision"], "data" in sent, bool(sent["reason"])) == ("rejected", False, True)


def test_the_refused_order_is_one_that_a_person_is_asked_about():
    (label,) = (label for label in load("labels.json").values() if label["order"] == REFUSED)
    assert label["intent"] == "refund"


def test_somebody_else_may_be_faster():
    assert decide(approval("A-1043"), status=409)


def test_other_refusals_are_reported():
    with pytest.raises(ApiError):
        decide(approval("A-1043"), status=422)


def test_failed_steps_are_left_to_a_person():
    assert decide(approval("A-1043", purpose="intervention")) == []
