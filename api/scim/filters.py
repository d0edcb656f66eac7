"""Filters and paths of SCIM: RFC 7644, sections 3.4.2.2 and 3.5.2. Read once, then asked of each resource."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from api.scim.errors import ScimError, invalid

ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
"""The extension of RFC 7643, section 4.3."""

MAX_CHARS: Final = 2_000
MAX_DEPTH: Final = 20

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"\\]|\\.)*\")|(?P<mark>[()\[\]])|(?P<word>[^\s()\[\]\"]+(?:\[(?=\s*\w))?))", re.DOTALL
)
_PATH: Final = re.compile(r"([^\[\]\s]+)\s*(?:\[(.*)\](?:\.([\w$-]+))?)?", re.DOTALL)
_NAME: Final = re.compile(r"(?:urn:[\w.:-]+:)?\$?[A-Za-z][\w-]*(?:\.\$?[A-Za-z][\w-]*)?", re.ASCII)
_CORE: Final = re.compile(r"urn:ietf:params:scim:schemas:core:2\.0:(?:User|Group):", re.IGNORECASE)
_MISSING: Final = object()

Test = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Filter:
    """A filter that was read."""

    matches: Test
    equals: tuple[tuple[str, Any], ...]
    """Attributes in small letters that must be equal to a value, whatever else is asked."""


@dataclass(frozen=True)
class Path:
    """Where a change happens: `attribute`, `attribute.sub`, `attribute[filter]` or `attribute[filter].sub`."""

    attribute: str
    filter: Filter | None
    sub: str | None


def parse_filter(text: str) -> Filter:
    """Read a filter.

    Raises:
        ScimError: `invalidFilter`.
    """
    tokens = _Tokens(text, "invalidFilter")
    found = _either(tokens, 0)
    tokens.end()
    return found


def parse_path(text: str) -> Path:
    """Read the path of a change.

    Raises:
        ScimError: `invalidPath`.
    """
    # The length first: what reads the path may take time that grows with it.
    match = _PATH.fullmatch(text.strip()) if len(text) <= MAX_CHARS else None
    if match is None or not _NAME.fullmatch(match[1]):
        raise invalid(f"The path {text[:200]!r} cannot be read.", "invalidPath")
    urn, attribute, sub = split_name(match[1])
    if urn:
        attribute, sub = urn, attribute if sub is None else f"{attribute}.{sub}"
    if match[2] is None:
        return Path(attribute, None, sub)
    return Path(attribute, parse_filter(match[2]), match[3])


def split_name(name: str) -> tuple[str, str, str | None]:
    """Schema of an extension (empty for the core), attribute and part of it; a whole extension is an attribute."""
    plain = _CORE.sub("", name)
    if plain.lower() == ENTERPRISE.lower():
        return "", ENTERPRISE, None
    urn, _, rest = plain.rpartition(":")
    if plain.lower().startswith(ENTERPRISE.lower() + ":"):
        urn, rest = ENTERPRISE, plain[len(ENTERPRISE) + 1 :]
    attribute, _, sub = rest.partition(".")
    return urn, attribute, sub or None


def find(value: Any, name: str) -> Any:
    """An attribute whatever the case of its letters; `_MISSING` if it is not there."""
    if isinstance(value, Mapping):
        for key, found in value.items():
            if key.lower() == name.lower():
                return found
    return _MISSING


def values_of(resource: Mapping[str, Any], name: str) -> list[Any]:
    """All values of an attribute, of several ones their `value`."""
    urn, attribute, sub = split_name(name)
    at: Any = find(resource, urn) if urn else resource
    found = find(at, attribute)
    listed = found if isinstance(found, list) else [found]
    taken = [find(one, sub or "value") if sub or isinstance(one, Mapping) else one for one in listed]
    return [one for one in taken if one is not _MISSING and one is not None and one != ""]


class _Tokens:
    """What is left to read."""

    def __init__(self, text: str, kind: str) -> None:
        if len(text) > MAX_CHARS:
            raise invalid("The filter is too long.", kind)
        self._text, self._kind = text, kind
        self._read = list(self._split(text))
        self._at = 0

    def _split(self, text: str) -> Iterator[str]:
        at = 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if match is None:
                raise self.refused()
            at = match.end()
            token = match[match.lastgroup or 0]
            if match.lastgroup == "word" and token.endswith("["):
                yield token[:-1]
                yield "["
            else:
                yield token

    def peek(self) -> str:
        return self._read[self._at] if self._at < len(self._read) else ""

    def next(self) -> str:
        token = self.peek()
        self._at += 1
        return token

    def take(self, *words: str) -> bool:
        if self.peek().lower() in words:
            self._at += 1
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise self.refused()

    def end(self) -> None:
        if self._at != len(self._read):
            raise self.refused()

    def refused(self) -> ScimError:
        return invalid(f"The filter {self._text[:200]!r} cannot be read.", self._kind)


def _either(tokens: _Tokens, depth: int) -> Filter:
    if depth > MAX_DEPTH:
        raise tokens.refused()
    found = _both(tokens, depth)
    while tokens.take("or"):
        left, right = found.matches, _both(tokens, depth).matches
        found = Filter(lambda one, left=left, right=right: left(one) or right(one), ())  # type: ignore[misc]
    return found


def _both(tokens: _Tokens, depth: int) -> Filter:
    found = _single(tokens, depth)
    while tokens.take("and"):
        left, right = found, _single(tokens, depth)
        found = Filter(
            lambda one, left=left, right=right: left.matches(one) and right.matches(one),  # type: ignore[misc]
            left.equals + right.equals,
        )
    return found


def _single(tokens: _Tokens, depth: int) -> Filter:
    if tokens.take("not"):
        tokens.expect("(")
        inner = _either(tokens, depth + 1).matches
        tokens.expect(")")
        return Filter(lambda one: not inner(one), ())
    if tokens.take("("):
        found = _either(tokens, depth + 1)
        tokens.expect(")")
        return found
    name = tokens.next()
    if not _NAME.fullmatch(name):
        raise tokens.refused()
    if tokens.take("["):
        return _inside(tokens, name, depth)
    return _comparison(tokens, name)


def _inside(tokens: _Tokens, name: str, depth: int) -> Filter:
    inner = _either(tokens, depth + 1).matches
    tokens.expect("]")

    def matches(resource: Mapping[str, Any]) -> bool:
        found = find(resource, split_name(name)[1])
        return any(isinstance(one, Mapping) and inner(one) for one in (found if isinstance(found, list) else [found]))

    return Filter(matches, ())


def _comparison(tokens: _Tokens, name: str) -> Filter:
    operator = tokens.next().lower()
    if operator == "pr":
        return Filter(lambda one: bool(values_of(one, name)), ())
    compare = _OPERATORS.get(operator)
    if compare is None:
        raise tokens.refused()
    try:
        wanted = orjson.loads(tokens.next())
    except orjson.JSONDecodeError:
        raise tokens.refused() from None
    if isinstance(wanted, dict | list):
        raise tokens.refused()

    def matches(resource: Mapping[str, Any]) -> bool:
        found = values_of(resource, name)
        if operator == "ne":
            return all(not _equal(one, wanted) for one in found)
        return any(compare(one, wanted) for one in found)

    urn, attribute, sub = split_name(name)
    plain = operator == "eq" and not urn and sub is None
    return Filter(matches, ((attribute.lower(), wanted),) if plain else ())


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _equal(one: Any, other: Any) -> bool:
    return bool(_folded(one) == _folded(other))


def _on_texts(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda one, other: isinstance(one, str) and isinstance(other, str) and test(_folded(one), _folded(other))


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(one: Any, other: Any) -> bool:
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
        return (numbers or (isinstance(one, str) and isinstance(other, str))) and test(_folded(one), _folded(other))

    return compare


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": _equal,
    "ne": lambda one, other: not _equal(one, other),
    "co": _on_texts(lambda one, other: other in one),
    "sw": _on_texts(str.startswith),
    "ew": _on_texts(str.endswith),
    "gt": _ordered(lambda one, other: one > other),
    "ge": _ordered(lambda one, other: one >= other),
    "lt": _ordered(lambda one, other: one < other),
    "le": _ordered(lambda one, other: one <= other),
}
