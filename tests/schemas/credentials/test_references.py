"""Where documents name credentials, and what counts as one."""

from typing import Any

import pytest

from schemas.credentials.references import (
    CredentialUse,
    credential_uses,
    document_uses,
    marker_fault,
    replaced,
    written_origin,
)
from schemas.plan import Mode, PlanNode


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.example.com/v1", "https://api.example.com"),
        ("https://api.example.com", "https://api.example.com"),
        ("  HTTP://Api.Example.com:8080?x=1", "HTTP://Api.Example.com:8080"),
        ("https://api.example.com/{{ input.path }}", "https://api.example.com"),
        ("https://[::1]:80/x", "https://[::1]:80"),
        ("https://api.example.com{{ input.path }}", None),
        ("https://{{ input.host }}/v1", None),
        ("https://api.{{ input.host }}/v1", None),
        ("{{ input.url }}", None),
        ("https://user@api.example.com/", None),
        ("https://api.example.com\\@evil.example/", None),
        ("ftp://api.example.com/", None),
        ("", None),
        (None, None),
        (["https://api.example.com/"], None),
    ],
)
def test_the_origin_is_known_only_if_it_is_written_out(url: Any, origin: str | None) -> None:
    assert written_origin(url) == origin


def test_uses_are_found_at_any_depth_with_their_place() -> None:
    config = {
        "credential": "stripe",
        "json": {"a": [1, {"$credential": "other", "field": "key"}]},
        "headers": {"x": {"$credential": "third"}},
        "text": "$credential",
    }
    assert set(credential_uses(config)) == {
        CredentialUse(pointer=("credential",), reference="stripe"),
        CredentialUse(pointer=("json", "a", 1), reference="other", field="key"),
        CredentialUse(pointer=("headers", "x"), reference="third"),
    }


@pytest.mark.parametrize(
    "marker",
    [
        {"$credential": "{{ input.which }}"},
        {"$credential": "Stripe"},
        {"$credential": ""},
        {"$credential": None},
        {"$credential": {"$credential": "a"}},
        {"$credential": "a", "field": 1},
        {"$credential": "a", "prefix": "Bearer "},
    ],
)
def test_what_is_not_written_rightly_stands_for_nothing(marker: dict[str, Any]) -> None:
    assert marker_fault(marker)
    assert credential_uses({"json": marker}) == ()


@pytest.mark.parametrize("odd", [2**64, "\ud800", {1: 2}])
def test_uses_are_found_in_what_is_not_valid_json_yet(odd: Any) -> None:
    """A document is looked at before its faults are known."""
    assert credential_uses({"json": [odd]}) == ()
    assert [use.reference for use in credential_uses({"json": [odd, {"$credential": "other"}]})] == ["other"]


@pytest.mark.parametrize("named", ["{{ input.which }}", "", "a b", "A", None, 1, ["a"], {"a": 1}])
def test_a_credential_is_named_by_a_plain_word(named: Any) -> None:
    assert credential_uses({"credential": named}) == ()


def test_values_are_put_in_place_and_the_rest_is_shared() -> None:
    value = {"a": [{"b": 1}, {"c": 2}], "d": {"e": 3}}
    filled = replaced(value, {("a", 1, "c"): "secret"})
    assert filled == {"a": [{"b": 1}, {"c": "secret"}], "d": {"e": 3}}
    assert filled["d"] is value["d"]
    assert value["a"][1] == {"c": 2}


def test_bodies_are_looked_into() -> None:
    inner = {"id": "call", "kind": "http_request", "config": {"credential": "stripe"}}
    body = {"nodes": [inner, {"id": "x", "kind": "transform", "with": {"value": {"credential": "stripe"}}}]}
    document = {"nodes": [{"id": "each", "kind": "foreach", "with": {"items": "input", "body": body}}, None, {"id": 1}]}
    assert list(document_uses(document)) == [("each.call", "stripe")]
    for junk in (None, [], {}, {"nodes": {}}, {"nodes": [1, {"with": 2}]}):
        assert list(document_uses(junk)) == []


def test_a_node_of_a_plan_knows_its_uses() -> None:
    node = PlanNode(
        id="n", kind="llm", name="n", mode=Mode.REMOTE, config={"credential": "a"}, ports=("out",), retry={}, timeout=1
    )
    assert node.credentials == (CredentialUse(pointer=("credential",), reference="a"),)
