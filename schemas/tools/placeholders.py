"""`{name}` in the settings of a tool: where the argument of that name goes. Pure."""

import json
import re
from collections.abc import Container, Mapping
from typing import Any, Final
from urllib.parse import quote

_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_DOTS: Final = frozenset({"", ".", ".."})


def names_in(text: str, known: Container[str]) -> list[str]:
    """Arguments that a text has places for; braces around anything else are plain text."""
    return [name for name in _PLACEHOLDER.findall(text) if name in known]


def filled(value: Any, known: Container[str], arguments: Mapping[str, Any]) -> Any:
    """A JSON value with arguments in their places.

    A text that is nothing but a place becomes the argument itself, whatever its type, or null without it.

    Args:
        value: As the settings hold it.
        known: Names of all arguments that there may be.
        arguments: Those of this call.
    """
    if isinstance(value, dict):
        return {key: filled(item, known, arguments) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, known, arguments) for item in value]
    if not isinstance(value, str):
        return value
    whole = _PLACEHOLDER.fullmatch(value)
    if whole is not None and whole[1] in known:
        return arguments.get(whole[1])
    return filled_text(value, known, arguments)


def filled_text(text: str, known: Container[str], arguments: Mapping[str, Any]) -> str:
    """A text with arguments as text in their places; nothing in the places of absent ones."""

    def put(place: re.Match[str]) -> str:
        return as_text(arguments.get(place[1])) if place[1] in known else place[0]

    return _PLACEHOLDER.sub(put, text)


def filled_url(url: str, known: Container[str], arguments: Mapping[str, Any]) -> str:
    """An address with arguments in their places, escaped, so that none can lead to another path.

    Raises:
        ValueError: naming an argument that is a whole part of the path and empty, or dots that climb out of it.
    """
    path, mark, query = url.partition("?")

    def put(place: re.Match[str]) -> str:
        if place[1] not in known:
            return place[0]
        text = as_text(arguments.get(place[1]))
        if text in _DOTS:
            raise ValueError(f"The argument {place[1]!r} may not be {text!r} here.")
        return quote(text, safe="")

    def put_in_query(place: re.Match[str]) -> str:
        return quote(as_text(arguments.get(place[1])), safe="") if place[1] in known else place[0]

    return _PLACEHOLDER.sub(put, path) + mark + _PLACEHOLDER.sub(put_in_query, query)


def as_text(value: Any) -> str:
    """An argument as part of a text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
