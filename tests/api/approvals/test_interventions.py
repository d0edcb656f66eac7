"""Data of answers to what a run asks by itself; the whole way is tested in tests/workflows."""

from typing import Any

import pytest

from api.approvals.interventions import problems_of
from db.tables import Approval
from schemas.limits import MAX_VALUE_BYTES

HTTP = {
    "url": "https://api.example.com/pay",
    "method": "POST",
    "credential": "bank",
    "headers": {"x-partner": {"$credential": "partner"}},
    "json": {"amount": 5},
}


def problems(settings: dict[str, Any], data: Any, *, kind: str = "http_request", resolved: bool = True) -> list[str]:
    payload = {"kind": kind, "settings": settings, "resolved": resolved}
    return [problem.field for problem in problems_of(Approval(payload=payload), "edit", data)]


def changed(**settings: Any) -> list[str]:
    return problems(HTTP, HTTP | settings)


def test_settings_that_fit_are_taken() -> None:
    assert changed() == []
    assert changed(json={"amount": 6}, headers={}, url="https://api.example.com/other") == []
    assert changed(headers={"x-partner": "written out"}) == []


def test_every_wrong_field_is_named() -> None:
    assert set(changed(method="SPEND", expect=["many"], timeout=3)) == {"/method", "/expect/0", "/timeout"}
    assert changed(body="both") == [""]


@pytest.mark.parametrize("data", [None, [], "POST", 5])
def test_settings_are_an_object(data: Any) -> None:
    assert problems(HTTP, data) == [""]


def test_credentials_stay_where_publishing_has_put_them() -> None:
    assert changed(credential="other") == ["/credential"]
    assert changed(credential=None) == ["/credential"]
    assert changed(json={"key": {"$credential": "bank"}}) == ["/json/key"]
    assert changed(headers={"x-partner": {"$credential": "other"}}) == ["/headers/x-partner"]
    assert changed(headers={"x-other": {"$credential": "partner"}}) == ["/headers/x-other"]


def test_another_workflow_is_not_chosen_here() -> None:
    before = {"workflow": "refund@3", "input": {"n": 1}}
    assert problems(before, before | {"input": {"n": 2}}, kind="sub_workflow") == []
    assert problems(before, before | {"workflow": "refund"}, kind="sub_workflow") == ["/workflow"]


def test_templates_stand_for_what_is_known_later() -> None:
    written = {"url": "{{ input.url }}", "method": "{{ input.method }}"}
    assert problems(written, written, resolved=False) == []
    assert problems(written, written | {"method": "SPEND"}, resolved=False) == ["/method"]
    assert problems(written, written | {"url": "{{ input. }}"}, resolved=False) == ["/url"]
    assert problems(written, written, resolved=True) == ["/method"]


def test_conditions_are_expressions() -> None:
    cases = {"cases": [{"name": "high", "when": "input.n > 1"}]}
    bad = {"cases": [{"name": "high", "when": "input.n >"}]}
    assert problems(cases, cases, kind="branch", resolved=False) == []
    assert problems(cases, bad, kind="branch", resolved=False) == ["/cases/0/when"]


def test_the_graph_of_a_foreach_is_the_published_one() -> None:
    settings = {"items": "[1]"}
    assert problems(settings, settings | {"concurrency": 2}, kind="foreach", resolved=False) == []
    assert problems(settings, settings | {"concurrency": 0}, kind="foreach", resolved=False) == ["/concurrency"]


def test_a_kind_that_is_gone_cannot_be_edited() -> None:
    assert problems({}, {}, kind="gone") == [""]


@pytest.mark.parametrize("decision", ["skip", "done", "compensate", "edit"])
def test_no_data_are_larger_than_a_run_can_hold(decision: str) -> None:
    approval = Approval(payload={"kind": "code", "settings": {}, "resolved": True})
    (problem,) = problems_of(approval, decision, "x" * MAX_VALUE_BYTES)
    assert "limit" in problem.message


@pytest.mark.parametrize("decision", ["retry", "fail"])
def test_other_decisions_need_no_data(decision: str) -> None:
    assert problems_of(Approval(payload=None), decision, None) == []
