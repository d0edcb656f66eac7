"""What a step gives back becomes JSON that every store holds."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.text import bounded_output, clean_output, clean_text, json_size
from schemas.errors import ErrorCode, PerdureError
from schemas.limits import MAX_VALUE_BYTES, MAX_VALUE_DEPTH

ANY_TEXT = st.text(st.characters(exclude_categories=()))
ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT | st.integers() | st.booleans() | st.none(), inner),
    max_leaves=20,
)


def code_of(value: Any) -> ErrorCode:
    with pytest.raises(PerdureError) as caught:
        bounded_output(value)
    assert not caught.value.info.reaction.retryable or caught.value.code is ErrorCode.INTERNAL
    return caught.value.code


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@given(ANY_VALUE)
def test_everything_becomes_storable_json(value: Any) -> None:
    cleaned = clean_output(value)
    assert json_size(cleaned) > 0
    assert clean_output(cleaned) == cleaned


def test_text_is_cleaned_everywhere() -> None:
    assert clean_text("a\x00b\ud800c\U0001f600") == "a\ufffdb\ufffdc\U0001f600"
    assert clean_output({"k\x00": ["\udfff", ("x\x00",)]}) == {"k\ufffd": ["\ufffd", ["x\ufffd"]]}


def test_numbers() -> None:
    assert clean_output([math.nan, math.inf, -math.inf, 1.5]) == [None, None, None, 1.5]
    assert clean_output([2**63 - 1, -(2**63)]) == [2**63 - 1, -(2**63)]
    assert clean_output([2**63, -(2**63) - 1]) == ["9223372036854775808", "-9223372036854775809"]
    assert clean_output([True]) == [True]


def test_keys_become_text() -> None:
    assert clean_output({1: "b", None: "c", 2.5: "d"}) == {"1": "b", "null": "c", "2.5": "d"}


def test_depth_is_bounded() -> None:
    assert clean_output(nested(MAX_VALUE_DEPTH)) == nested(MAX_VALUE_DEPTH)
    assert code_of(nested(MAX_VALUE_DEPTH + 1)) is ErrorCode.RESULT_TOO_LARGE
    assert code_of(nested(100_000)) is ErrorCode.RESULT_TOO_LARGE


def test_size_is_bounded_and_named() -> None:
    fits = "x" * (MAX_VALUE_BYTES - 2)
    assert bounded_output(fits) == fits
    with pytest.raises(PerdureError, match=r"2,097,154 bytes of JSON; at most 1,048,576 are") as caught:
        bounded_output("x" * 2 * 1024 * 1024)
    assert caught.value.code is ErrorCode.RESULT_TOO_LARGE


def test_a_value_that_is_small_but_unfolds_without_end() -> None:
    value: Any = 0
    for _ in range(60):
        value = [value] * 100
    assert code_of(value) is ErrorCode.RESULT_TOO_LARGE
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    assert code_of(cyclic) is ErrorCode.RESULT_TOO_LARGE
    assert code_of(["x" * 1_000_000] * 1_000_000) is ErrorCode.RESULT_TOO_LARGE
    assert code_of(10**100_000) is ErrorCode.RESULT_TOO_LARGE


def test_what_is_no_json_is_our_fault() -> None:
    assert code_of({"a": object()}) is ErrorCode.INTERNAL
