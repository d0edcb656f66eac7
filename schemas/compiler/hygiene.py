"""First look at a raw document: is it sound, bounded JSON?"""

from typing import Any

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


class _Scan:
    """Walks the whole value without recursion; cyclic values end at the depth limit."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.fatal = False
        self.dirty = False
        self._texts = 0

    def run(self, raw: Any) -> None:
        stack: list[tuple[Any, Pointer]] = [(raw, ())]
        while stack:
            value, pointer = stack.pop()
            if isinstance(value, str):
                self._text(value, pointer)
            elif isinstance(value, dict | list):
                if len(pointer) >= MAX_VALUE_DEPTH:
                    self._too_deep(pointer)
                    return
                stack.extend(reversed(self._items(value, pointer)))
            else:
                self._scalar(value, pointer)

    def _items(self, value: Any, pointer: Pointer) -> list[tuple[Any, Pointer]]:
        if isinstance(value, list):
            return [(item, (*pointer, i)) for i, item in enumerate(value)]
        for key in value:
            if isinstance(key, str):
                self._text(key, (*pointer, clean_text(key)))
            else:
                self._refuse((*pointer, str(key)), "has a key that is not text; write it in quotes")
        return [(item, (*pointer, clean_text(key))) for key, item in value.items() if isinstance(key, str)]

    def _text(self, text: str, pointer: Pointer) -> None:
        if "\0" not in text and (text.isascii() or _is_unicode(text)):
            return
        self.dirty = True
        self._texts += 1
        if self._texts <= _MAX_TEXT_FAULTS:
            message = "Text may not hold NUL characters or lone surrogates; remove them."
            self.report.add(FaultCode.INVALID_TEXT, _ROOT, message, pointer)

    def _scalar(self, value: Any, pointer: Pointer) -> None:
        if value is None or isinstance(value, bool):
            return
        if isinstance(value, int):
            if not -_INT64 <= value < _INT64:
                self._refuse(pointer, "is a number beyond 64 bits; write it as text")
        elif isinstance(value, float):
            if value - value != 0:
                self._refuse(pointer, "is not a finite number")
        else:
            self._refuse(pointer, "is not a JSON value")

    def _refuse(self, pointer: Pointer, problem: str) -> None:
        self.fatal = True
        message = f"`{clean_text(field_path(pointer))[:200]}` {problem}."
        self.report.add(FaultCode.INVALID_VALUE, _ROOT, message, pointer)

    def _too_deep(self, pointer: Pointer) -> None:
        self.fatal = True
        message = f"The document is nested deeper than {MAX_VALUE_DEPTH} levels; make it flatter."
        self.report.add(FaultCode.LIMIT_EXCEEDED, _ROOT, message, pointer)


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
