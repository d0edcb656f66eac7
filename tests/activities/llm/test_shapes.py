import json
from typing import Any

import pytest
from anthropic import transform_schema
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from activities.llm.shapes import instructions, is_object, is_strict, spread_types

CLOSED = {
    "type": "object",
    "required": ["a", "b"],
    "additionalProperties": False,
    "properties": {
        "a": {"type": ["string", "null"], "pattern": "^x", "description": "d"},
        "b": {"type": "array", "items": {"$ref": "#/$defs/c"}, "minItems": 2},
    },
    "$defs": {"c": {"enum": [1, "two", None]}},
}


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (CLOSED, True),
        ({**CLOSED, "required": ["a"]}, False),
        ({**CLOSED, "additionalProperties": True}, False),
        ({"type": "object"}, False),
        ({"type": "object", "additionalProperties": {"type": "string"}}, False),
        ({"type": "string", "minLength": 3}, False),
        ({"oneOf": [{"type": "string"}]}, False),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, True),
        ({"anyOf": [{"type": "string"}, {}]}, False),
        ({"enum": [{"a": 1}]}, False),
        ({"const": 3}, True),
        ({"items": True, "type": "array"}, False),
        ({}, False),
        (True, False),
    ],
)
def test_what_constrained_decoding_can_guarantee(schema: Any, strict: bool) -> None:
    assert is_strict(schema) is strict


def test_lists_of_types_become_alternatives() -> None:
    spread = spread_types(CLOSED)
    assert spread["properties"]["a"] == {
        "description": "d",
        "anyOf": [{"type": "string", "pattern": "^x"}, {"type": "null"}],
    }
    assert spread_types({"type": ["string", "null"], "enum": ["x", None]}) == {"enum": ["x", None]}
    assert CLOSED["properties"]["a"]["type"] == ["string", "null"]  # type: ignore[index]


def leaves() -> st.SearchStrategy[dict[str, Any]]:
    kinds = st.sampled_from(["string", "integer", "number", "boolean", "null"])
    literals = st.lists(st.sampled_from([1, "a", None, True, 2.5]), min_size=1, unique_by=repr)
    return st.one_of(
        st.builds(lambda kind: {"type": kind}, kinds),
        st.builds(lambda many: {"type": many}, st.lists(kinds, min_size=1, unique=True)),
        st.builds(lambda values: {"enum": values}, literals),
    )


def nested(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    def closed(fields: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}

    return st.one_of(
        st.dictionaries(st.sampled_from(["a", "b", "type", "anyOf"]), inner, max_size=3).map(closed),
        inner.map(lambda part: {"type": "array", "items": part}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"anyOf": parts}),
    )


SCHEMAS = st.recursive(leaves(), nested, max_leaves=8)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["a", "x"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b"]), inner)),
    max_leaves=5,
)


@given(SCHEMAS, VALUES)
def test_spreading_changes_nothing_and_suits_the_sdk(schema: dict[str, Any], value: Any) -> None:
    assert is_strict(schema)
    spread = spread_types(schema)
    assert Draft202012Validator(spread).is_valid(value) is Draft202012Validator(schema).is_valid(value)
    transform_schema(spread)


def test_the_words_for_models_that_take_no_schema() -> None:
    text = instructions({"type": "array"})
    assert json.loads(text[text.index("{") :]) == {"type": "array"}
    assert is_object({"type": "object"})
    assert not is_object({"type": "array"})
