"""Values on their way into CEL and out of it: only sound, bounded JSON passes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from cel_expr_python import cel  # type: ignore[import-untyped]
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from schemas.limits import MAX_VALUE_BYTES, MAX_VALUE_DEPTH

_TOO_LARGE = f"the result is larger than {MAX_VALUE_BYTES // 1024:,} KiB"


def checked_size(value: Any) -> int:
    """JSON size of a value that goes into CEL.

    Raises:
        ValueError: for what the CEL library would crash on or silently change: values that are no JSON or nested very
            deeply, NUL and lone surrogates.
    """
    if value is None or isinstance(value, bool | float):
        return 8
    try:
        text = _dump(value)
    except TypeError as error:
        raise ValueError(f"the data it reads is not valid JSON ({error})") from error
    if b"\\u0000" in text and _holds_nul(value):
        raise ValueError("the data it reads holds NUL characters")
    return len(text)


def read(value: Any) -> Any:
    """A value that was only read, if it may be a result.

    Raises:
        ValueError: if it is too large or unsound.
    """
    if checked_size(value) > MAX_VALUE_BYTES:
        raise ValueError(_TOO_LARGE)
    return value


def typed(value: cel.Value) -> Any:
    """A CEL value in Python, with its types: times, durations and bytes are no JSON yet."""
    return value.plain_value()


def for_cel(value: Any) -> Any:
    """A typed value in the form in which CEL takes it back."""
    try:
        orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError:
        return _with_messages(value)
    return value


def plain(value: Any) -> Any:
    """The JSON value of a typed one: times as RFC 3339 text, durations in seconds, bytes as text.

    Raises:
        ValueError: if it has none, or is too large or too deep.
    """
    return _Converter().convert(value, 0)


class _Converter:
    """Converts one result, and stops as soon as it is too large."""

    def __init__(self) -> None:
        self._left = MAX_VALUE_BYTES

    def convert(self, value: Any, depth: int) -> Any:
        if isinstance(value, list):
            self._enter(depth, 2 + len(value))
            return [self.convert(item, depth + 1) for item in value]
        if isinstance(value, dict):
            self._enter(depth, 2 + 4 * len(value))
            # CEL keeps maps in no order; a fixed one keeps text that is made of them the same in every process.
            found = {self._key(key): self.convert(item, depth + 1) for key, item in value.items()}
            return dict(sorted(found.items()))
        return self._scalar(value)

    def _enter(self, depth: int, size: int) -> None:
        if depth >= MAX_VALUE_DEPTH:
            raise ValueError(f"the result is nested deeper than {MAX_VALUE_DEPTH} levels")
        self._spend(size)

    def _key(self, key: Any) -> str:
        if isinstance(key, bool):
            return "true" if key else "false"
        return self._text(str(key))

    def _scalar(self, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            self._spend(1)
            if value - value != 0:
                raise ValueError("the result is not a finite number")
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bytes | bytearray):
            return self._text(_decoded(bytes(value)))
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if isinstance(value, timedelta):
            return value.total_seconds()
        raise ValueError("the result is not a JSON value")

    def _text(self, text: str) -> str:
        self._spend(len(text) if text.isascii() else len(text.encode()))
        if "\0" in text:
            raise ValueError("the result holds NUL characters")
        return text

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ValueError(_TOO_LARGE)


def _with_messages(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_messages(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_messages(item) for key, item in value.items()}
    if isinstance(value, datetime):
        stamp = Timestamp()
        stamp.FromDatetime(value)
        return stamp
    if isinstance(value, timedelta):
        span = Duration()
        span.FromTimedelta(value)
        return span
    return bytes(value) if isinstance(value, bytearray) else value


def _dump(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        # Values on their way from one macro to the next may have types and keys that JSON has not.
        return orjson.dumps(value, default=_stand_in, option=orjson.OPT_NON_STR_KEYS)


def _stand_in(value: Any) -> str:
    if isinstance(value, Timestamp | Duration | bytes):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ValueError("the result is bytes that are not UTF-8 text; use base64.encode(…)") from error


def _holds_nul(value: Any) -> bool:
    stack = [value]
    while stack:
        top = stack.pop()
        if isinstance(top, str) and "\0" in top:
            return True
        if isinstance(top, dict):
            stack.extend(top)
            stack.extend(top.values())
        elif isinstance(top, list | tuple):
            stack.extend(top)
    return False
