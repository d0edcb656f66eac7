"""Reads the text of a document, YAML or JSON, and remembers where each value stands.

YAML is read as JSON with comforts: scalars follow the YAML 1.2 core schema (`on`, `yes` and dates are text), keys are
text, tags are refused, and aliases count for as much as they unfold to.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from schemas.faults import Fault, FaultCode, Pointer
from schemas.limits import MAX_DOCUMENT_BYTES, MAX_VALUE_DEPTH

_MAX_WEIGHT = 2 * MAX_DOCUMENT_BYTES
_NULL = re.compile(r"null|Null|NULL|~|")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BAD_TEXT = re.compile("[\0\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_TAG = "tag:yaml.org,2002:"

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Spot:
    """Where a value stands, and where the values inside it do."""

    __slots__ = ("children", "column", "line", "weight")

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column
        self.weight = 1
        self.children: dict[str | int, Spot] = {}


@dataclass(frozen=True)
class Source:
    """A document that was read.

    Attributes:
        value: Its JSON value; None if the text cannot be read at all.
        faults: What is wrong with the text itself.
    """

    value: Any
    faults: list[Fault]
    _root: Spot = field(default_factory=lambda: Spot(1, 1), repr=False)

    def position(self, pointer: Pointer) -> tuple[int, int]:
        """Line and column, from 1, of a value or of the nearest one around it that exists."""
        spot = self._root
        for part in pointer:
            if part not in spot.children:
                break
            spot = spot.children[part]
        return spot.line, spot.column

    def place(self, faults: Iterable[Fault]) -> list[Fault]:
        """The same faults with line and column, in the order of the text."""
        placed = [fault if fault.line else fault.placed(*self.position(fault.pointer)) for fault in faults]
        return sorted(placed, key=lambda fault: (fault.line or 0, fault.column or 0))


class _UnreadableError(Exception):
    """The text cannot be read any further."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def parse_source(text: str) -> Source:
    """Reads YAML or JSON; never raises, whatever the text is."""
    try:
        _check_text(text)
        if text.lstrip().startswith(("{", "[")):
            source = _json_source(text)
            if source is not None:
                return source
        return _Builder(text).source()
    except _UnreadableError as error:
        return Source(None, [error.fault])


def _check_text(text: str) -> None:
    size = len(text.encode(errors="replace"))
    if size > MAX_DOCUMENT_BYTES:
        message = f"The document has {size:,} bytes; at most {MAX_DOCUMENT_BYTES:,} are allowed."
        _stop(FaultCode.LIMIT_EXCEEDED, message, 1, 1)
    bad = _BAD_TEXT.search(text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        column = bad.start() - text.rfind("\n", 0, bad.start())
        _stop(FaultCode.INVALID_TEXT, "Text may not hold NUL characters or lone surrogates; remove them.", line, column)


def _json_source(text: str) -> Source | None:
    """The document if it is JSON; None if it is not, and may be YAML."""
    repeated: list[str] = []
    try:
        value = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, repeated))
    except (ValueError, RecursionError):
        return None
    # YAML knows no surrogate pairs; text of the same length keeps all positions as they are.
    try:
        twin = _Builder(_SURROGATE_ESCAPE.sub(r"\1\\u003f", text)).source()
    except _UnreadableError:
        twin = Source(None, [])
    placed = {fault.message: fault for fault in twin.faults}
    messages = dict.fromkeys(_repeated(key) for key in repeated)
    faults = [placed.get(message) or _fault(FaultCode.DUPLICATE_KEY, message, 1, 1) for message in messages]
    return Source(value, faults, twin._root)


def _object(pairs: list[tuple[str, Any]], repeated: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            repeated.append(key)
        found.setdefault(key, value)
    return found


@dataclass
class _Open:
    """A list or object whose end has not come yet."""

    value: Any
    spot: Spot
    anchor: str | None
    key: str | None = None
    key_spot: Spot | None = None
    skip: bool = False


class _Builder:
    """Builds the JSON value from the events of the YAML parser, without recursion."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._faults: list[Fault] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, Spot]] = {}
        self._root: tuple[Any, Spot] | None = None

    def source(self) -> Source:
        """The document.

        Raises:
            _UnreadableError: if the text has no meaning from some place on.
        """
        for event in self._events():
            spot = Spot(event.start_mark.line + 1, event.start_mark.column + 1)
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event, spot)
            elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                self._start(event, spot)
            elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                self._end()
            elif isinstance(event, yaml.AliasEvent):
                self._alias(str(event.anchor), spot)
            elif isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
                _stop(FaultCode.INVALID_SYNTAX, "The text holds several documents; keep one.", spot.line, spot.column)
        value, root = self._root or (None, Spot(1, 1))
        return Source(value, self._faults, root)

    def _events(self) -> Iterator[Any]:
        try:
            yield from yaml.parse(self._text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = error.problem or error.context or "it cannot be read"
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            _stop(FaultCode.INVALID_SYNTAX, f"This is not valid YAML: {problem}.", line, column)
        except (yaml.YAMLError, ValueError) as error:
            _stop(FaultCode.INVALID_SYNTAX, f"This is not valid YAML: {str(error).splitlines()[0][:200]}.", 1, 1)

    def _scalar(self, event: Any, spot: Spot) -> None:
        if self._takes_key():
            self._key(event.value, spot)
            return
        spot.weight += len(event.value)
        value = event.value
        if event.implicit[0]:
            value = _plain(event.value, spot)
        elif event.tag not in (None, "!", f"{_TAG}str"):
            value = _tagged(event.tag, event.value, spot)
        self._add(value, spot, event.anchor)

    def _start(self, event: Any, spot: Spot) -> None:
        mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, "!", f"{_TAG}{'map' if mapping else 'seq'}"):
            _refuse_tag(event.tag, spot)
        if self._takes_key():
            _stop(FaultCode.INVALID_SYNTAX, "A key must be text.", spot.line, spot.column)
        if len(self._open) >= MAX_VALUE_DEPTH:
            message = f"The document is nested deeper than {MAX_VALUE_DEPTH} levels; make it flatter."
            _stop(FaultCode.LIMIT_EXCEEDED, message, spot.line, spot.column)
        self._open.append(_Open({} if mapping else [], spot, event.anchor))

    def _end(self) -> None:
        done = self._open.pop()
        self._add(done.value, done.spot, done.anchor)

    def _alias(self, anchor: str, spot: Spot) -> None:
        if anchor not in self._anchors:
            message = f"The alias `*{anchor}` has no value yet; anchors cannot hold themselves."
            _stop(FaultCode.INVALID_SYNTAX, message, spot.line, spot.column)
        value, origin = self._anchors[anchor]
        if self._takes_key():
            if not isinstance(value, str):
                _stop(FaultCode.INVALID_SYNTAX, "A key must be text.", spot.line, spot.column)
            self._key(value, spot)
            return
        spot.weight, spot.children = origin.weight, origin.children
        self._add(value, spot, None)

    def _takes_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    def _key(self, key: str, spot: Spot) -> None:
        top = self._open[-1]
        top.key, top.key_spot, top.skip = key, spot, key in top.value
        top.spot.weight += len(key)
        if top.skip:
            self._faults.append(_fault(FaultCode.DUPLICATE_KEY, _repeated(key), spot.line, spot.column))

    def _add(self, value: Any, spot: Spot, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, spot)
        if not self._open:
            self._root = (value, spot)
            return
        top = self._open[-1]
        top.spot.weight += spot.weight
        if top.spot.weight > _MAX_WEIGHT:
            message = f"The document unfolds to more than {_MAX_WEIGHT:,} characters; use fewer aliases."
            _stop(FaultCode.LIMIT_EXCEEDED, message, spot.line, spot.column)
        if isinstance(top.value, list):
            top.spot.children[len(top.value)] = spot
            top.value.append(value)
        elif not top.skip and top.key is not None:
            # A field is shown at its key, which is where a person looks for it.
            if top.key_spot is not None:
                spot.line, spot.column = top.key_spot.line, top.key_spot.column
            top.spot.children[top.key] = spot
            top.value[top.key] = value
        top.key = None


def plain_value(text: str) -> Any:
    """What `text` means when it is written without quotes."""
    try:
        return _plain(text, Spot(1, 1))
    except _UnreadableError:
        return None


def _plain(text: str, spot: Spot) -> Any:
    """Value of a scalar without quotes."""
    if _NULL.fullmatch(text):
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return _integer(text, spot)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def _integer(text: str, spot: Spot) -> int:
    if len(text) > 100:
        _stop(FaultCode.INVALID_VALUE, "A number has more than 100 digits; write it in quotes.", spot.line, spot.column)
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


def _tagged(tag: str, text: str, spot: Spot) -> Any:
    value = _plain(text, spot)
    types = {"int": int, "bool": bool, "null": type(None)}
    name = tag.removeprefix(_TAG)
    if name == "float" and isinstance(value, int | float):
        return float(value)
    if name in types and type(value) is types[name]:
        return value
    return _refuse_tag(tag, spot)


def _refuse_tag(tag: str, spot: Spot) -> NoReturn:
    _stop(FaultCode.INVALID_SYNTAX, f"The tag `{tag[:80]}` is not supported; remove it.", spot.line, spot.column)


def _repeated(key: str) -> str:
    return f"The key `{key[:80].encode(errors='replace').decode()}` stands here twice; remove one."


def _stop(code: FaultCode, message: str, line: int, column: int) -> NoReturn:
    raise _UnreadableError(_fault(code, message, line, column))


def _fault(code: FaultCode, message: str, line: int, column: int) -> Fault:
    return Fault(code=code, node=None, field=None, message=message, pointer=(), line=line, column=column)
