"""Text with `{{ … }}`: each pair of double braces holds one CEL expression."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from schemas.errors import ErrorCode, PerdureError
from schemas.expressions.compiled import CompiledExpression, compile_expression
from schemas.limits import MAX_VALUE_BYTES

_OPEN, _CLOSE = "{{", "}}"
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_SIGNIFICANT = re.compile(r"""['"(){}\[\]]|//""")


class Template:
    """A text cut into its literal parts and its expressions.

    Attributes:
        expressions: The expressions in their order.
        refs: Ids of the nodes that they read.
    """

    def __init__(self, parts: list[str | CompiledExpression]) -> None:
        self._parts = parts
        self.expressions = tuple(p for p in parts if isinstance(p, CompiledExpression))
        self.refs = frozenset().union(*(e.refs for e in self.expressions))
        self._single = self.expressions[0] if len(parts) == 1 and self.expressions else None

    def render(self, scope: Mapping[str, Any]) -> Any:
        """The typed value of a template that is exactly one `{{ … }}`, else text.

        In text a null is left empty, numbers and booleans are written as JSON, objects and lists as compact JSON.

        Raises:
            PerdureError: EXPRESSION_FAILED.
        """
        if self._single is not None:
            return self._single.evaluate(scope)
        text = "".join(p if isinstance(p, str) else _as_text(p.evaluate(scope)) for p in self._parts)
        if len(text) > MAX_VALUE_BYTES:
            raise PerdureError(
                ErrorCode.EXPRESSION_FAILED, f"The text made of a template is larger than {MAX_VALUE_BYTES:,} bytes."
            )
        return text


@lru_cache(maxsize=16_384)
def parse_template(text: str) -> Template:
    """Cuts a text at its `{{ … }}` and compiles what is inside.

    Raises:
        PerdureError: EXPRESSION_FAILED, if an expression does not compile or has no end.
    """
    parts: list[str | CompiledExpression] = []
    position = 0
    for start, end in expression_spans(text):
        if start - 2 > position:
            parts.append(text[position : start - 2])
        parts.append(compile_expression(text[start:end].strip()))
        position = end + 2
    if position < len(text):
        parts.append(text[position:])
    return Template(parts)


def expression_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of the inside of each `{{ … }}`.

    Raises:
        PerdureError: EXPRESSION_FAILED, if one has no end.
    """
    spans = []
    position = text.find(_OPEN)
    while position >= 0:
        start = position + 2
        end = _end_of_expression(text, start)
        spans.append((start, end))
        position = text.find(_OPEN, end + 2)
    return spans


def has_template(value: Any) -> bool:
    """Whether any string inside a JSON value holds `{{`."""
    return any(_OPEN in text for text in _strings(value))


def references(value: Any) -> frozenset[str]:
    """Ids of the nodes that the templates inside a JSON value read.

    Raises:
        PerdureError: EXPRESSION_FAILED, if one does not compile.
    """
    return frozenset().union(*(parse_template(text).refs for text in _strings(value) if _OPEN in text))


def resolve(value: Any, scope: Mapping[str, Any]) -> Any:
    """A JSON value with every template filled in; keys of objects stay as they are.

    Raises:
        PerdureError: EXPRESSION_FAILED.
    """
    if isinstance(value, str):
        return parse_template(value).render(scope) if _OPEN in value else value
    if isinstance(value, dict):
        return {key: resolve(item, scope) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, scope) for item in value]
    return value


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()


def _strings(value: Any) -> list[str]:
    found, stack = [], [value]
    while stack:
        top = stack.pop()
        if isinstance(top, str):
            found.append(top)
        elif isinstance(top, dict):
            stack.extend(top.values())
        elif isinstance(top, list | tuple):
            stack.extend(top)
    return found


def _end_of_expression(text: str, start: int) -> int:
    """Position of the `}}` that closes an expression, by its own brackets and quotes."""
    expected: list[str] = []
    found = _SIGNIFICANT.search(text, start)
    while found is not None:
        position, char = found.start(), found[0]
        following = position + 1
        if char in "'\"":
            following = _end_of_string(text, position, start)
        elif char == "//":
            following = _end_of_line(text, position)
        elif char in _PAIRS:
            expected.append(_PAIRS[char])
        elif not expected and text.startswith(_CLOSE, position):
            return position
        elif expected and char == expected[-1]:
            expected.pop()
        found = _SIGNIFICANT.search(text, following)
    raise _unclosed(text, start)


def _end_of_string(text: str, quote_at: int, start: int) -> int:
    """Position behind a CEL string literal that begins with the quote at `quote_at`."""
    quote = text[quote_at]
    closing = quote * 3 if text.startswith(quote * 3, quote_at) else quote
    raw = _is_raw(text, quote_at, start)
    position = quote_at + len(closing)
    while position < len(text):
        if text[position] == "\\" and not raw:
            position += 2
        elif text.startswith(closing, position):
            return position + len(closing)
        elif text[position] in "\r\n" and len(closing) == 1:
            break
        else:
            position += 1
    raise _unclosed(text, start)


def _is_raw(text: str, quote_at: int, start: int) -> bool:
    """Whether the literal is r'…', rb'…' or br'…': a prefix that is not the end of a name."""
    begin = quote_at
    while begin > start and text[begin - 1] in "rRbB":
        begin -= 1
    prefix = text[begin:quote_at].lower()
    named = begin > start and (text[begin - 1].isalnum() or text[begin - 1] == "_")
    return "r" in prefix and len(prefix) <= 2 and not named


def _end_of_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _unclosed(text: str, start: int) -> PerdureError:
    shown = text[start - 2 : start + 60].encode(errors="replace").decode()
    message = f"The expression that begins with `{shown}` has no closing `}}}}`."
    problem = {"reason": "syntax", "message": message, "offset": start}
    return PerdureError(ErrorCode.EXPRESSION_FAILED, message, details={"problems": [problem]})
