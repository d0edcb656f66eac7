"""First look at a raw document: is it sound, bounded JSON?"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from schemas.compiler.report import Place, Report
from schemas.faults import FaultCode, Pointer, field_path
from schemas.limits import MAX_DOCUMENT_BYTES, MAX_VALUE_DEPTH

_ROOT = Place()
_INT64 = 2**63
_MAX_TEXT_FAULTS = 100


def sound(raw: Any, report: Report) -> dict[str, Any] | None:
    """The document if the compiler can go on with it, with unusable text replaced; else None.

    Everything that is wrong is reported.
    """
    if not isinstance(raw, dict):
        report.add(FaultCode.INVALID_VALUE, _ROOT, f"A workflow document is an object, not {json_type(raw)}.")
        return None
    if _too_large(raw, report):
        return None
    scan = _Scan(report)
    scan.run(raw)
    if scan.fatal:
        return None
    if not scan.dirty:
        return raw
    cleaned: dict[str, Any] = _cleaned(raw)
    return None if _too_large(cleaned, report) else cleaned


def _too_large(raw: Any, report: Report) -> bool:
    try:
        size = len(orjson.dumps(raw))
    except (orjson.JSONEncodeError, TypeError):
        return False  # The scan finds out what is wrong.
    if size > MAX_DOCUMENT_BYTES:
        message = f"The document has {size:,} bytes as JSON; at most {MAX_DOCUMENT_BYTES:,} are allowed."
        report.add(FaultCode.LIMIT_EXCEEDED, _ROOT, message)
    return size > MAX_DOCUMENT_BYTES


def json_type(value: Any) -> str:
    """Name of a JSON type with its article, for sentences."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    names = {int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), "something that is not JSON")


def clean_text(text: str) -> str:
    """The text with NUL and lone surrogates replaced by U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Link(NamedTuple):
    """Place of a value as a chain, made into a pointer only when there is something to report."""

    above: "_Link | None"
    key: str | int

    @property
    def pointer(self) -> Pointer:
        parts: list[str | int] = []
        link: _Link | None = self
        while link is not None:
            parts.append(clean_text(link.key) if isinstance(link.key, str) else link.key)
            link = link.above
        return tuple(reversed(parts))


class _Scan:
    """Walks the whole value without recursion; cyclic values end at the depth limit."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.fatal = False
        self.dirty = False
        self._texts = 0

    def run(self, raw: dict[str, Any]) -> None:
        stack: list[tuple[Any, _Link | None, int]] = [(raw, None, 0)]
        while stack:
            value, link, depth = stack.pop()
            if depth >= MAX_VALUE_DEPTH:
                self._too_deep(link)
                return
            items = self._fields(value, link) if isinstance(value, dict) else enumerate(value)
            inside = [(item, _Link(link, key), depth + 1) for key, item in items if self._has_inside(link, key, item)]
            stack.extend(reversed(inside))

    def _fields(self, value: dict[Any, Any], link: _Link | None) -> Iterable[tuple[Any, Any]]:
        unsound = [key for key in value if not _is_sound(key)]
        for key in unsound:
            self._key(link, key)
        return [(key, item) for key, item in value.items() if isinstance(key, str)] if unsound else value.items()

    def _has_inside(self, link: _Link | None, key: str | int, item: Any) -> bool:
        """Whether an entry is a list or object; reports what is wrong with any other."""
        if isinstance(item, dict | list):
            return True
        if not (item is None or isinstance(item, bool) or _is_sound(item)):
            self._scalar(item, _Link(link, key))
        return False

    def _key(self, link: _Link | None, key: Any) -> None:
        if isinstance(key, str):
            self._text(_Link(link, key))
        else:
            self._refuse(_Link(link, str(key)), "has a key that is not text; write it in quotes")

    def _text(self, link: _Link) -> None:
        self.dirty = True
        self._texts += 1
        if self._texts <= _MAX_TEXT_FAULTS:
            message = "Text may not hold NUL characters or lone surrogates; remove them."
            self.report.add(FaultCode.INVALID_TEXT, _ROOT, message, link.pointer)

    def _scalar(self, value: Any, link: _Link) -> None:
        if isinstance(value, str):
            self._text(link)
        elif isinstance(value, int):
            if not -_INT64 <= value < _INT64:
                self._refuse(link, "is a number beyond 64 bits; write it as text")
        elif isinstance(value, float):
            if value - value != 0:
                self._refuse(link, "is not a finite number")
        else:
            self._refuse(link, "is not a JSON value")

    def _refuse(self, link: _Link, problem: str) -> None:
        self.fatal = True
        message = f"`{field_path(link.pointer)[:200]}` {problem}."
        self.report.add(FaultCode.INVALID_VALUE, _ROOT, message, link.pointer)

    def _too_deep(self, link: _Link | None) -> None:
        self.fatal = True
        message = f"The document is nested deeper than {MAX_VALUE_DEPTH} levels; make it flatter."
        self.report.add(FaultCode.LIMIT_EXCEEDED, _ROOT, message, link.pointer if link else ())


def _is_sound(value: Any) -> bool:
    """Quick answer for text; False only means that a closer look is needed."""
    return type(value) is str and "\0" not in value and (value.isascii() or _is_unicode(value))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return value
