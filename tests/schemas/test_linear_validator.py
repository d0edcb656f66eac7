"""Schemas of strangers: whatever their patterns are, checking a text against them ends at once."""

from typing import Any

import pytest

from activities.llm.structured import Shape, UnusableAnswerError
from activities.tools.arguments import argument_faults
from engine.input_schema import InputSchema
from schemas.compiler.json_schemas import schema_problems
from schemas.linear_validator import validator_of

# Python's `re` would be at it for days.
ENDLESS = "^(a+)+$"
TEXT = "a" * 40 + "!"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"

pytestmark = pytest.mark.timeout(20)


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        ({"pattern": ENDLESS}, TEXT, False),
        ({"pattern": ENDLESS}, "aaa", True),
        ({"pattern": "b"}, "abc", True),
        ({"pattern": "a"}, "\ud800", False),
        ({"propertyNames": {"pattern": ENDLESS}}, {TEXT: 1}, False),
        ({"patternProperties": {ENDLESS: {}}, "additionalProperties": False}, {TEXT: 1}, False),
        ({"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": False}, {"ab": "c"}, True),
        ({"patternProperties": {"^a": {"type": "string"}}}, {"ab": 1}, False),
        ({"patternProperties": {ENDLESS: {}}, "unevaluatedProperties": False}, {TEXT: 1}, True),
        # Another draft further inside brings no other way of searching.
        ({"properties": {"x": {"$schema": DRAFT_7, "pattern": ENDLESS}}}, {"x": TEXT}, False),
        ({"$schema": DRAFT_7, "properties": {"x": {"$ref": "#"}}, "pattern": ENDLESS}, {"x": TEXT}, False),
        # What only another engine could try is passed over.
        ({"pattern": "^(?=a)"}, "b", True),
        ({"patternProperties": {"^(?=a)": False}, "additionalProperties": False}, {"b": 1}, True),
    ],
)
def test_patterns_are_searched_in_linear_time(schema: dict[str, Any], value: Any, fits: bool) -> None:
    assert validator_of(schema).is_valid(value) is fits


async def test_all_who_check_data_check_it_so() -> None:
    schema = {"type": "object", "properties": {"x": {"pattern": ENDLESS}}}
    assert InputSchema(schema).misfits({"x": TEXT})[0].place == "/x"
    assert "x: " in (await argument_faults(schema, {"x": TEXT}) or "")
    with pytest.raises(UnusableAnswerError, match=r"\$\.x"):
        Shape(schema).check({"x": TEXT})


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"pattern": "^(?!x)"}, "look-around"),
        ({"patternProperties": {r"(a)\1": {}}}, "backreferences"),
        ({"pattern": "a{1000}{1000}"}, "size limit"),
        ({"allOf": [{"patternProperties": {"a": {}}}], "unevaluatedProperties": False}, "unevaluatedProperties"),
    ],
)
def test_what_could_not_be_checked_is_not_published(schema: dict[str, Any], told: str) -> None:
    [(_, sentence)] = schema_problems(schema)
    assert told in sentence
