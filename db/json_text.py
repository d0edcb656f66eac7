"""JSON to and from the database. Text that PostgreSQL cannot hold is an `invalid_text` error, never a crash."""

import json
from typing import Any, Final

import orjson

from schemas.errors import ErrorCode, PerdureError

_NUL: Final = "\\u0000"


def to_json(value: Any) -> str:
    """The value as JSON text.

    Raises:
        PerdureError: `invalid_text` if it holds a NUL character or a lone surrogate.
    """
    try:
        text = orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        text = _by_standard_library(value)
    if _NUL in text and _holds_nul(value):
        raise invalid_text()
    return text


def from_json(text: str | bytes) -> Any:
    """The value of JSON text."""
    return orjson.loads(text)


def invalid_text() -> PerdureError:
    """The error for text that PostgreSQL cannot hold."""
    return PerdureError(
        ErrorCode.INVALID_TEXT, "A text holds a NUL character or half a surrogate pair; remove it and try again."
    )


def _by_standard_library(value: Any) -> str:
    # orjson refuses lone surrogates, which are a fault, and integers over 64 bits, which are not.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise invalid_text() from None
    return text


def _holds_nul(value: Any) -> bool:
    """Whether a NUL is there; the text alone could also show an escaped backslash."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "\0" in one:
                return True
        elif isinstance(one, dict):
            waiting.extend(one.keys())
            waiting.extend(one.values())
        elif isinstance(one, list | tuple):
            waiting.extend(one)
    return False
