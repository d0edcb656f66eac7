import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from simulator.patterns import text_like
from simulator.shapes import fill

MAIL = "<mail>My order A-1042 was charged twice. Please refund 1.249,50 EUR today!\nRegards\nAda</mail>"
TREE = {
    "type": "object",
    "required": ["name", "children"],
    "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
}
SCHEMAS: list[Any] = [
    {},
    True,
    {"type": "null"},
    {"type": "boolean"},
    {"const": {"a": 1}},
    {"enum": ["x", "y"]},
    {"type": "integer", "minimum": 3, "maximum": 4},
    {"type": "integer", "exclusiveMinimum": 3},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    {"type": "number", "maximum": -2.5},
    {"type": "integer", "minimum": 10, "multipleOf": 7},
    {"type": "string", "minLength": 20, "maxLength": 22},
    {"type": "string", "maxLength": 2},
    {"type": "string", "format": "date-time"},
    {"type": "string", "pattern": "^[A-Z]{2}-\\d{4,6}$"},
    {"type": "string", "pattern": "^(red|green)[^a-z]?\\s+.*$"},
    {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3},
    {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "items": {"type": "string"}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2},
    {"type": ["string", "null"]},
    {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    {"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "integer"}}}]},
    {"type": "object", "required": ["free"], "additionalProperties": {"type": "integer"}},
    {"$ref": "#/$defs/tree", "$defs": {"tree": TREE}},
    {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number", "maximum": 100}}},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_the_data_satisfies_the_schema(schema: Any) -> None:
    for prompt in ("hello", MAIL):
        data = fill(schema, prompt)
        Draft202012Validator(schema).validate(data)
        assert fill(schema, prompt) == data


def test_names_are_filled_from_the_mail() -> None:
    schema = {
        "type": "object",
        "properties": {
            "intent": {"enum": ["refund_request", "other"]},
            "order_id": {"type": ["string", "null"]},
            "amount": {"type": ["number", "null"]},
            "currency": {"type": "string"},
            "urgent": {"type": "boolean"},
            "customerName": {"type": "string"},
            "nickname": {"type": ["string", "null"]},
        },
    }
    assert fill(schema, MAIL) == {
        "intent": "refund_request",
        "order_id": "A-1042",
        "amount": 1249.5,
        "currency": "EUR",
        "urgent": True,
        "customerName": "Ada",
        "nickname": None,
    }


def test_what_the_mail_does_not_say_is_null_or_empty() -> None:
    fields = {"order": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "amount": {"type": "number"}}
    assert fill({"type": "object", "properties": fields}, "Mail:\nDo you ship to Norway?") == {
        "order": None,
        "amount": 0,
    }


def test_a_pattern_that_is_no_expression() -> None:
    assert text_like("(") == "text"
