"""Values on their way into CEL and out of it: only sound, bounded JSON passes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from cel_expr_python import cel  # type: ignore[import-untyped]

from schemas.limits import MAX_VALUE_BYTES, MAX_VALUE_DEPTH


def check_data(data: Any) -> None:
    """Refuses what the CEL library would crash on or silently change.

    Raises:
        ValueError: for values that are no JSON, nested too deeply, or hold NUL or lone surrogates.
    """
    try:
        text = orjson.dumps(data)
    except (orjson.JSONEncodeError, TypeError) as error:
        raise ValueError(f"the data it reads is not valid JSON ({error})") from error
    if b"\\u0000" in text and _holds_nul(data):
        raise ValueError("the data it reads holds NUL characters")


def plain(value: cel.Value) -> Any:
    """The JSON value of a CEL result.

    Raises:
        ValueError: if it has none, or is too large or too deep.
    """
    result = _Reader().read(value, 0)
    if isinstance(result, str | list | dict) and len(json_bytes(result)) > MAX_VALUE_BYTES:
        raise ValueError(_TOO_LARGE)
    return result


def json_bytes(value: Any) -> bytes:
    """Compact JSON.

    Raises:
        ValueError: if the value is no JSON.
    """
    try:
        return orjson.dumps(value)
    except (orjson.JSONEncodeError, TypeError) as error:
        raise ValueError(f"the result is not valid JSON ({error})") from error


_TOO_LARGE = f"the result is larger than {MAX_VALUE_BYTES // 1024:,} KiB"


class _Reader:
    """Reads a CEL value piece by piece: a small value may share parts and unfold to gigabytes."""

    def __init__(self) -> None:
        self._left = MAX_VALUE_BYTES

    def read(self, value: cel.Value, depth: int) -> Any:
        if depth > MAX_VALUE_DEPTH:
            raise ValueError(f"the result is nested deeper than {MAX_VALUE_DEPTH} levels")
        self._spend(1)
        inner = value.value()
        if isinstance(inner, list):
            return [self.read(item, depth + 1) for item in inner]
        if isinstance(inner, dict):
            # CEL keeps maps in no order; a fixed one keeps text that is made of them the same in every process.
            found = {_key(key): self.read(item, depth + 1) for key, item in inner.items()}
            return dict(sorted(found.items()))
        return self._scalar(inner)

    def _scalar(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            if value != value or value in (float("inf"), float("-inf")):
                raise ValueError("the result is not a finite number")
            return value
        if isinstance(value, bytes | bytearray):
            value = _text(bytes(value))
        if isinstance(value, str):
            self._spend(len(value))
            if "\0" in value:
                raise ValueError("the result holds NUL characters")
            return value
        return _special(value)

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ValueError(_TOO_LARGE)


def _special(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise ValueError("the result is not a JSON value")


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(key)


def _text(data: bytes) -> str:
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
