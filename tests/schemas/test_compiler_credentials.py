"""Credentials in documents: only where their values stay inside a step, and only those that exist and fit."""

from typing import Any

import pytest

from schemas.compiler import compile_document
from schemas.credentials.references import KnownCredential
from schemas.faults import Fault, FaultCode

MARK = {"$credential": "stripe"}
KNOWN = {
    "stripe": KnownCredential(name="stripe", type="bearer", fields=("token",), has_hosts=False),
    "pinned": KnownCredential(name="pinned", type="bearer", fields=("token",), has_hosts=True),
    "models": KnownCredential(name="models", type="llm_provider", fields=("api_key",), has_hosts=False),
    "named": KnownCredential(name="named", type="generic", fields=("a", "b"), has_hosts=False),
}
HTTP = {"url": "https://api.example.com/v1"}


def faults(kind: str, config: dict[str, Any], *, known: Any = KNOWN, **document: Any) -> list[Fault]:
    nodes = [{"id": "n", "kind": kind, "with": config}]
    raw = {"format": "perdure/v1", "name": "x", "nodes": nodes, **document}
    return compile_document(raw, credentials=known).faults


def only(found: list[Fault]) -> tuple[FaultCode, str | None]:
    assert len(found) == 1, found
    return found[0].code, found[0].field


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("http_request", {**HTTP, "credential": "stripe"}),
        ("http_request", {**HTTP, "credential": "pinned"}),
        ("http_request", {"url": "{{ input.url }}", "credential": "pinned"}),
        ("http_request", {**HTTP, "headers": {"x": MARK}, "query": {"q": [MARK]}, "json": {"a": {"b": MARK}}}),
        ("http_request", {**HTTP, "json": {"$credential": "named", "field": "b"}}),
        ("llm", {"prompt": "hi", "credential": "models"}),
    ],
)
def test_right_uses_pass(kind: str, config: dict[str, Any]) -> None:
    assert faults(kind, config) == []
    assert faults(kind, config, known=None) == []


@pytest.mark.parametrize(
    ("kind", "config", "field"),
    [
        ("transform", {"value": MARK}, "with.value"),
        ("transform", {"value": {"deep": [{"er": MARK}]}}, "with.value.deep[0].er"),
        ("code", {"code": "key", "inputs": {"key": MARK}}, "with.inputs.key"),
        ("notify", {"url": "https://a.example.com/", "data": {"key": MARK}}, "with.data.key"),
        ("output", {"value": MARK}, "with.value"),
    ],
)
def test_a_marker_where_it_would_leak_is_refused(kind: str, config: dict[str, Any], field: str) -> None:
    found = faults(kind, config)
    assert (FaultCode.MISPLACED_CREDENTIAL, field) in [(fault.code, fault.field) for fault in found]
    assert "results" in found[-1].message


@pytest.mark.parametrize("field", ["url", "body"])
def test_a_marker_in_another_setting_of_a_request_is_refused(field: str) -> None:
    found = faults("http_request", {**HTTP, field: MARK})
    assert FaultCode.MISPLACED_CREDENTIAL in [fault.code for fault in found]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"vars": {"key": MARK}}, "vars.key"),
        ({"output": {"key": [MARK]}}, "output.key[0]"),
        ({"input": {"default": MARK}}, "input.default"),
    ],
)
def test_a_marker_beside_the_nodes_is_refused(document: dict[str, Any], field: str) -> None:
    assert only(faults("http_request", HTTP, **document)) == (FaultCode.MISPLACED_CREDENTIAL, field)


def test_the_body_and_the_variables_of_a_loop_are_checked() -> None:
    inner = {"id": "inner", "kind": "transform", "with": {"value": MARK}}
    config = {"items": "input", "vars": {"v": MARK}, "body": {"nodes": [inner], "output": MARK}}
    found = faults("foreach", config)
    assert sorted((fault.node or "", fault.field or "") for fault in found) == [
        ("n", "output"),
        ("n", "with.vars.v"),
        ("n.inner", "with.value"),
    ]
    assert {fault.code for fault in found} == {FaultCode.MISPLACED_CREDENTIAL}


@pytest.mark.parametrize(
    "marker", [{"$credential": "{{ input.x }}"}, {"$credential": "stripe", "as": "x"}, {"$credential": 1}]
)
def test_a_marker_must_be_written_out(marker: dict[str, Any]) -> None:
    assert only(faults("http_request", {**HTTP, "json": {"a": marker}})) == (FaultCode.INVALID_VALUE, "with.json.a")


@pytest.mark.parametrize("named", ["{{ input.which }}", "Not A Name"])
def test_a_credential_cannot_be_chosen_by_data(named: str) -> None:
    assert only(faults("http_request", {**HTTP, "credential": named})) == (FaultCode.INVALID_VALUE, "with.credential")


@pytest.mark.parametrize(
    ("kind", "config", "code", "words"),
    [
        ("http_request", {**HTTP, "credential": "stripee"}, FaultCode.UNKNOWN_CREDENTIAL, "did you mean `stripe`"),
        ("http_request", {**HTTP, "json": [{"$credential": "gone"}]}, FaultCode.UNKNOWN_CREDENTIAL, "`gone`"),
        ("http_request", {**HTTP, "credential": "models"}, FaultCode.UNSUITABLE_CREDENTIAL, "needs `api_key`"),
        ("llm", {"prompt": "x", "credential": "stripe"}, FaultCode.UNSUITABLE_CREDENTIAL, "`llm_provider`"),
        ("http_request", {**HTTP, "json": {"$credential": "models"}}, FaultCode.UNSUITABLE_CREDENTIAL, "cannot be put"),
        ("http_request", {**HTTP, "json": {"$credential": "named"}}, FaultCode.UNSUITABLE_CREDENTIAL, "`a`, `b`"),
        (
            "http_request",
            {**HTTP, "json": {"$credential": "stripe", "field": "password"}},
            FaultCode.UNSUITABLE_CREDENTIAL,
            "`token`",
        ),
        (
            "http_request",
            {"url": "https://{{ input.host }}/", "credential": "stripe"},
            FaultCode.UNSUITABLE_CREDENTIAL,
            "computed",
        ),
    ],
)
def test_what_does_not_exist_or_fit_is_refused(kind: str, config: dict[str, Any], code: FaultCode, words: str) -> None:
    [fault] = faults(kind, config)
    assert fault.code is code
    assert words in fault.message
    assert faults(kind, config, known=None) == []


def test_the_plan_keeps_the_reference_as_it_is_written() -> None:
    config = {**HTTP, "credential": "stripe", "json": {"a": MARK}}
    raw = {"format": "perdure/v1", "name": "x", "nodes": [{"id": "n", "kind": "http_request", "with": config}]}
    plan = compile_document(raw, credentials=KNOWN).plan
    assert plan is not None
    assert plan.graph.node["n"].config == config
    assert plan.credentials == ("stripe",)
    assert "credentials" not in plan.model_dump()
