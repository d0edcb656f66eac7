from typing import Any

import pytest

from activities.llm.structured import MAX_ERRORS, Shape, UnusableAnswerError, correction
from schemas.errors import ErrorCode, PerdureError

ANY = Shape({})
NUMBER = Shape({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "maximum": 9}}})


@pytest.mark.parametrize(
    "text",
    [
        '{"n": 3}',
        ' \n{"n": 3}\n',
        '```json\n{"n": 3}\n```',
        '```\n{"n": 3}\n```',
        '```json\n{"n": 3, "md": "```json {} ``` and ```"}\n```',
        '{"n": 3, "md": "```json\\n{}\\n```"}',
        'Here you are:\n\n```JSON\n{"n": 3}\n```\nAnything else?',
    ],
)
def test_json_alone_or_in_one_fence(text: str) -> None:
    assert NUMBER.parse(text)["n"] == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "three",
        '{"n": 3',
        '{"n": 3} {"n": 4}',
        'I think {"n": 3}.',
        '```json\n{"n": 3}\n```\nor\n```json\n{"n": 4}\n```',
        '{"n": NaN}',
        '{"n": 1e999}',
        "[" * 100_000,
        '{"n": 3,}',
        "```json\n```",
    ],
)
def test_what_could_be_misread_is_refused(text: str) -> None:
    with pytest.raises(UnusableAnswerError):
        ANY.parse(text)


def test_the_model_is_told_where_and_what() -> None:
    with pytest.raises(UnusableAnswerError) as caught:
        NUMBER.parse('{"n": 12}')
    assert str(caught.value) == "$.n: 12 is greater than the maximum of 9"
    assert "$.n: 12" in correction(caught.value)


def test_many_and_long_errors_are_cut() -> None:
    shape = Shape({"type": "array", "items": {"type": "integer"}})
    with pytest.raises(UnusableAnswerError) as caught:
        shape.parse("[" + ", ".join(['"' + "x" * 5_000 + '"'] * 30) + "]")
    lines = str(caught.value).splitlines()
    assert len(lines) == MAX_ERRORS + 1
    assert lines[-1] == "… and 20 more"
    assert len(str(caught.value)) < 5_000


def test_text_in_the_data_is_cleaned() -> None:
    assert ANY.parse('{"a\\u0000": "x\\ud800y"}') == {"a\ufffd": "x\ufffdy"}


def test_data_that_is_nested_too_deep() -> None:
    with pytest.raises(PerdureError) as caught:
        ANY.parse("[" * 200 + "]" * 200)
    assert caught.value.code is ErrorCode.RESULT_TOO_LARGE


@pytest.mark.parametrize(
    "schema",
    [{"type": "nonsense"}, {"required": "n"}, {"$ref": "#/$defs/none"}, {"$ref": "http://127.0.0.1:1/schema.json"}],
)
def test_a_schema_that_is_none(schema: dict[str, Any]) -> None:
    with pytest.raises(PerdureError) as caught:
        Shape(schema).parse("{}")
    assert caught.value.code is ErrorCode.INVALID_CONFIG
    assert "output_schema" in caught.value.info.message
