"""Which calls a person is asked about, and what a model is offered."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.errors import ErrorCode, PerdureError
from schemas.tools.policy import ToolPolicy, decides
from schemas.tools.spec import Effect
from schemas.tools.use import AnyToolUse, ToolUse, offers, remembered_key

USES: TypeAdapter[list[ToolUse]] = TypeAdapter(list[AnyToolUse])
WHEN = {"approve": "when", "when": "amount > 100.0 || tool == 'refund_all'"}


@pytest.mark.parametrize(
    ("policy", "effect", "arguments", "verdict"),
    [
        ({}, Effect.WRITE, {}, "pass"),
        ({}, Effect.IRREVERSIBLE, {}, "ask"),
        ({"approve": "never"}, Effect.IRREVERSIBLE, {}, "pass"),
        ({"approve": "always"}, Effect.PURE, {}, "ask"),
        (WHEN, Effect.IRREVERSIBLE, {"amount": 20.0}, "pass"),
        (WHEN, Effect.READ, {"amount": 120.0}, "ask"),
        # What cannot be evaluated is decided by a person.
        (WHEN, Effect.READ, {}, "ask"),
        (WHEN, Effect.READ, {"amount": "much"}, "ask"),
        ({"approve": "when", "when": "arguments.to"}, Effect.READ, {"to": "yes"}, "ask"),
    ],
)
def test_who_decides(policy: dict[str, Any], effect: Effect, arguments: dict[str, Any], verdict: str) -> None:
    assert decides(ToolPolicy.model_validate(policy), effect, "refund", arguments) == verdict


def test_an_approval_is_remembered_only_if_the_policy_allows_it() -> None:
    allowed, strict = ToolPolicy(approve="always", remember=True), ToolPolicy(approve="always")
    assert decides(allowed, Effect.WRITE, "refund", {}, {"refund"}) == "pass"
    assert decides(allowed, Effect.WRITE, "refund", {}, {"other"}) == "ask"
    assert decides(strict, Effect.WRITE, "refund", {}, {"refund"}) == "ask"


@pytest.mark.parametrize(
    "policy", [{"when": "true"}, {"approve": "when"}, {"approve": "when", "when": "1 +"}, {"approve": "maybe"}]
)
def test_a_policy_must_be_sound(policy: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ToolPolicy.model_validate(policy)


def test_tools_are_offered_by_the_names_that_the_author_gives() -> None:
    http = {"description": "x", "url": "https://a.test/{id}", "method": "DELETE"}
    uses = USES.validate_python(
        [
            {"type": "calculator"},
            {"type": "http", "name": "drop_item", "settings": http},
            {"type": "files", "name": "notes", "settings": {"folder": "notes", "access": "write"}},
        ]
    )
    offered = offers(uses)
    assert list(offered) == ["calculator", "drop_item", "notes_list_files", "notes_read_file", "notes_write_file"]
    drop = offered["drop_item"]
    assert (drop.effect, drop.index) == (Effect.IRREVERSIBLE, 1)
    [same] = offers(USES.validate_python([{"type": "http", "name": "drop_item", "settings": http}])).values()
    elsewhere = {**http, "url": "https://b.test/{id}"}
    [other] = offers(USES.validate_python([{"type": "http", "name": "drop_item", "settings": elsewhere}])).values()
    assert remembered_key(same) == remembered_key(drop) != remembered_key(other)
    assert drop.call({"id": 1}) == {
        "type": "http",
        "settings": http,
        "name": "http_request",
        "arguments": {"id": 1},
        "effect": "irreversible",
    }
    with pytest.raises(PerdureError) as caught:
        offers([*uses, uses[0]])
    assert caught.value.code is ErrorCode.INVALID_CONFIG


@pytest.mark.parametrize(
    "use",
    [
        {"type": "shell"},
        {"type": "http", "settings": {}},
        {
            "type": "http",
            "settings": {"description": "x", "url": "https://{id}.test/", "parameters": {"properties": {"id": {}}}},
        },
        {"type": "http", "settings": {"description": "x", "url": "https://a.test", "parameters": {"type": "array"}}},
        {
            "type": "http",
            "settings": {"description": "x", "url": "https://a.test", "headers": {"A": {"$credential": 1}}},
        },
        {"type": "files", "settings": {"folder": "../etc"}},
        {"type": "calculator", "name": "has space"},
    ],
)
def test_wrong_tools_are_refused(use: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        USES.validate_python([use])
