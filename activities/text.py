"""Cleans what a step gives back: after `clean_output` a value is JSON that every store and reader can hold."""

import math
import re
from typing import Any

import orjson

from schemas.errors import ErrorCode, PerdureError
from schemas.limits import MAX_VALUE_BYTES, MAX_VALUE_DEPTH

REPLACEMENT = "\ufffd"
MAX_INT_DIGITS = 4_000
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_INT64 = range(-(2**63), 2**63)


def clean_text(text: str) -> str:
    """The text with NUL and lone surrogates, which PostgreSQL and UTF-8 cannot hold, replaced by U+FFFD."""
    return _UNSTORABLE.sub(REPLACEMENT, text)


def clean_output(value: Any, *, depth: int = 0) -> Any:
    """The value as plain JSON.

    Text is cleaned; NaN and the infinities become null; integers beyond 64 bits become text, so that no digit is lost.

    Raises:
        PerdureError: `result_too_large` if it nests too deep, `internal` if it holds anything that is not JSON.
    """
    if depth > MAX_VALUE_DEPTH:
        raise PerdureError(
            ErrorCode.RESULT_TOO_LARGE, f"The result is nested deeper than {MAX_VALUE_DEPTH} levels; flatten it."
        )
    if isinstance(value, dict):
        return {clean_text(str(key)): clean_output(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_output(item, depth=depth + 1) for item in value]
    return _clean_scalar(value)


def _clean_scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, int):
        return int(value) if value in _INT64 else _long_integer(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    raise PerdureError(
        ErrorCode.INTERNAL, f"A step gave back a value of type {type(value).__name__}, which is no JSON."
    )


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
