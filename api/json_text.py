"""Strict reading of JSON: no NaN, no NUL or lone surrogates in text, no bottomless nesting."""

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn

from api.errors import RequestError
from schemas.errors import ErrorCode
from schemas.limits import MAX_VALUE_DEPTH

_INT64, _INT64_DIGITS = 2**63, 20


def parse_json(data: bytes) -> Any:
    """The value that `data` holds.

    Raises:
        RequestError: `invalid_request` if it is not JSON, or too deep; `invalid_text` for text that cannot be stored.
    """
    try:
        text = data.decode()
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_int64)
    except UnicodeDecodeError as error:
        raise RequestError(ErrorCode.INVALID_TEXT, f"The body is not UTF-8: byte {error.start}.") from error
    except json.JSONDecodeError as error:
        raise _not_json(f"{error.msg} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise _too_deep() from error
    # The walk is only needed if the text could hold what it looks for; that keeps small requests cheap.
    if "\\u" in text or text.count("[") + text.count("{") > MAX_VALUE_DEPTH:
        check_value(value)
    return value


def check_value(value: Any) -> None:
    """Refuse NUL, lone surrogates and nesting deeper than `MAX_VALUE_DEPTH` anywhere in a JSON value.

    Raises:
        RequestError: `invalid_text`, or `invalid_request` for the nesting.
    """
    level: list[Any] = [value]
    for _ in range(MAX_VALUE_DEPTH + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return
    raise _too_deep()


def _children(item: Any) -> Iterable[Any]:
    if isinstance(item, str):
        _check_text(item)
    elif isinstance(item, dict):
        for key in item:
            _check_text(key)
        return item.values()
    elif isinstance(item, list):
        return item
    return ()


def _check_text(text: str) -> None:
    if "\0" in text or (not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)):
        shown = text[:40].encode(errors="backslashreplace").decode().replace("\0", "\\u0000")
        raise RequestError(ErrorCode.INVALID_TEXT, f"Text may not hold NUL or lone surrogates: {shown!r}.")


def _refuse_constant(name: str) -> NoReturn:
    raise _not_json(f"{name} is not a JSON value")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _not_json("a number is too large")
    return number


def _int64(digits: str) -> int:
    # More digits than any 64-bit number has are not even converted: that takes quadratic time.
    if len(digits) > _INT64_DIGITS or not -_INT64 <= (number := int(digits)) < _INT64:
        raise _not_json("a number is beyond 64 bits; write it as text")
    return number


def _not_json(why: str) -> RequestError:
    return RequestError(ErrorCode.INVALID_REQUEST, f"The body is not valid JSON: {why}.")


def _too_deep() -> RequestError:
    return RequestError(ErrorCode.INVALID_REQUEST, f"Values may be nested at most {MAX_VALUE_DEPTH} levels deep.")
