"""A text that matches a regular expression, for JSON Schema's `pattern`."""

import re
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_CATEGORIES = {
    ops.CATEGORY_DIGIT: "0",
    ops.CATEGORY_WORD: "a",
    ops.CATEGORY_SPACE: " ",
    ops.CATEGORY_NOT_DIGIT: "a",
    ops.CATEGORY_NOT_WORD: "-",
    ops.CATEGORY_NOT_SPACE: "a",
}
_SAMPLES = "aA0 -_.@zZ9"


def text_like(pattern: str) -> str:
    """The simplest text for a pattern; look-arounds and back references are not understood."""
    try:
        return _pieces(parser.parse(pattern))
    except re.error:
        return "text"


def _pieces(items: Any) -> str:
    return "".join(_piece(*item) for item in items)


def _piece(op: Any, argument: Any) -> str:
    if op is ops.LITERAL:
        return chr(argument)
    if op is ops.NOT_LITERAL:
        return next(sample for sample in _SAMPLES if ord(sample) != argument)
    if op is ops.ANY:
        return "a"
    if op is ops.IN:
        return _one_of(argument)
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        least, _, inner = argument
        return _pieces(inner) * int(least)
    if op is ops.SUBPATTERN:
        return _pieces(argument[-1])
    if op is ops.BRANCH:
        return _pieces(argument[1][0])
    return ""


def _one_of(items: Any) -> str:
    if items[0][0] is ops.NEGATE:
        return next(sample for sample in _SAMPLES if not any(_covers(item, sample) for item in items[1:]))
    op, argument = items[0]
    if op is ops.RANGE:
        return chr(argument[0])
    return _CATEGORIES.get(argument, "a") if op is ops.CATEGORY else chr(argument)


def _covers(item: Any, sample: str) -> bool:
    op, argument = item
    if op is ops.LITERAL:
        return bool(ord(sample) == argument)
    if op is ops.RANGE:
        return bool(argument[0] <= ord(sample) <= argument[1])
    return _CATEGORIES.get(argument) == sample
