"""Cleans what a step gives back: after `clean_output` a value is JSON that every store and reader can hold."""

import math
import re
from collections.abc import Callable
from typing import Any

import orjson

from schemas.errors import ErrorCode, PerdureError
from schemas.limits import MAX_VALUE_BYTES, MAX_VALUE_DEPTH

REPLACEMENT = "\ufffd"
MAX_INT_DIGITS = 4_000
MAX_PARTS = MAX_VALUE_BYTES // 2
"""Values inside a value; each takes two bytes at least. Bounds the work on parts that are shared many times over."""
MAX_CHARS = 32 * MAX_VALUE_BYTES
"""Characters of all texts inside a value; more are not even measured."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_INT64 = range(-(2**63), 2**63)

Convert = Callable[[Any], Any]
"""Turns a value that is no JSON into one that is, for one level; raises `PerdureError` if it cannot."""


def clean_text(text: str) -> str:
    """The text with NUL and lone surrogates, which PostgreSQL and UTF-8 cannot hold, replaced by U+FFFD."""
    return _UNSTORABLE.sub(REPLACEMENT, text)


def no_json(value: Any) -> Any:
    """The default `Convert`: a step that gives back such a value is broken."""
    raise PerdureError(ErrorCode.INTERNAL, f"A step gave back a value of type {type(value).__name__}; that is no JSON.")


def clean_output(value: Any, convert: Convert = no_json) -> Any:
    """The value as plain JSON.

    Text is cleaned; NaN and the infinities become null; integers beyond 64 bits become text, so that no digit is lost.

    Args:
        value: What a step gave back.
        convert: What to do with parts that are no JSON.

    Raises:
        PerdureError: `result_too_large` if it nests too deep or holds too much, and whatever `convert` raises.
    """
    return _Cleaner(convert).clean(value, 0)


class _Cleaner:
    """One walk over a value, ended as soon as the value is known to be too large."""

    def __init__(self, convert: Convert) -> None:
        self._convert = convert
        self._parts_left = MAX_PARTS
        self._chars_left = MAX_CHARS

    def clean(self, value: Any, depth: int) -> Any:
        self._parts_left -= 1
        if depth > MAX_VALUE_DEPTH:
            raise PerdureError(
                ErrorCode.RESULT_TOO_LARGE, f"The result is nested deeper than {MAX_VALUE_DEPTH} levels; flatten it."
            )
        if self._parts_left < 0 or self._chars_left < 0:
            raise PerdureError(
                ErrorCode.RESULT_TOO_LARGE, f"The result is far larger than the {MAX_VALUE_BYTES:,} bytes allowed."
            )
        if isinstance(value, str):
            self._chars_left -= len(value)
            return clean_text(value)
        if isinstance(value, dict):
            return {self._key(key): self.clean(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean(item, depth + 1) for item in value]
        if _is_number(value):
            return _clean_number(value)
        return self.clean(self._convert(value), depth + 1)

    def _key(self, key: Any) -> str:
        if _is_number(key):
            # As `json.dumps` does it: 1 is "1", True is "true".
            key = orjson.dumps(_clean_number(key)).decode().strip('"')
        elif not isinstance(key, str):
            key = str(self._convert(key))
        self._chars_left -= len(key)
        return clean_text(key)


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float)


def _clean_number(value: bool | int | float | None) -> bool | int | float | str | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if value in _INT64 else _long_integer(value)
    return value if math.isfinite(value) else None


def _long_integer(value: int) -> str:
    # Python itself refuses to print integers of more than 4,300 digits.
    if value.bit_length() > MAX_INT_DIGITS * math.log2(10):
        raise PerdureError(
            ErrorCode.RESULT_TOO_LARGE, f"The result holds an integer of more than {MAX_INT_DIGITS:,} digits."
        )
    return str(value)


def json_size(value: Any) -> int:
    """Bytes of a cleaned value as compact JSON."""
    return len(orjson.dumps(value))


def bounded_output(value: Any) -> Any:
    """The cleaned value, if it is small enough to be a step's result.

    Raises:
        PerdureError: `result_too_large`, naming both sizes.
    """
    cleaned = clean_output(value)
    size = json_size(cleaned)
    if size > MAX_VALUE_BYTES:
        raise PerdureError(
            ErrorCode.RESULT_TOO_LARGE,
            f"The result of the step is {size:,} bytes of JSON; at most {MAX_VALUE_BYTES:,} are allowed.",
            details={"size": size, "limit": MAX_VALUE_BYTES},
        )
    return cleaned
