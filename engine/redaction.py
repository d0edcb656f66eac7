"""Keeps known secret values out of texts and results, in the forms in which other systems give them back."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, quote_plus

import orjson

MIN_CHARS: Final = 6
"""Shorter texts are not searched for: they turn up by chance."""

_MIN_LINE: Final = 16
_FEW: Final = 500
"""So many needles are looked for one by one; more by their beginnings."""

_CUT: Final = "…"
_HEX_OF_PERCENT: Final = re.compile(r"%[0-9A-F]{2}")


class Redactor:
    """Replaces secret values by their names.

    Args:
        names: Name by secret value.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        found: dict[str, str] = {}
        for value, name in names.items():
            for form in forms(value):
                found.setdefault(form, f"[redacted: {name}]")
        self._needles = dict(sorted(found.items(), key=lambda item: len(item[0]), reverse=True))
        self._bytes = [needle.encode() for needle in self._needles]
        self._beginnings = frozenset(needle[:MIN_CHARS] for needle in self._bytes)

    def __bool__(self) -> bool:
        return bool(self._needles)

    def text(self, text: str) -> str:
        """The text without secrets; also without the beginning of one where the text was cut off."""
        present = self._present(text)
        if present:
            text = re.sub("|".join(map(re.escape, present)), lambda found: self._needles[found[0]], text)
        return self._without_cut_end(text) if text.endswith(_CUT) else text

    def value(self, value: Any) -> Any:
        """A JSON value without secrets; the same object if it holds none."""
        if not self._needles:
            return value
        try:
            dumped = orjson.dumps(value, default=str)
        except TypeError:
            return self._walk(value)
        return self._walk(value) if self._touches(dumped) else value

    def split(self, text: str) -> int:
        """Where a text that goes on can be cut so that no secret is cut in two: what is before may be shown."""
        at = len(text)
        for needle in self._needles:
            start = max(0, len(text) - len(needle) + 1)
            while (start := text.find(needle[0], start, at)) >= 0:
                if needle.startswith(text[start:]):
                    at = start
                    break
                start += 1
        for needle in self._present(text):
            start = text.find(needle, max(0, at - len(needle) + 1), at + len(needle) - 1)
            at = start if 0 <= start < at else at
        return at

    def _present(self, text: str) -> list[str]:
        if len(self._bytes) > _FEW and not self._may_touch(text.encode("utf-8", "replace")):
            return []
        return [needle for needle in self._needles if needle in text]

    def _touches(self, dumped: bytes) -> bool:
        if _CUT.encode() in dumped:
            return True
        if len(self._bytes) > _FEW:
            return self._may_touch(dumped)
        return any(needle in dumped for needle in self._bytes)

    def _may_touch(self, data: bytes) -> bool:
        """Whether any needle may begin somewhere: takes the same time however many there are."""
        return any(data[at : at + MIN_CHARS] in self._beginnings for at in range(len(data) - MIN_CHARS + 1))

    def _walk(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key) if isinstance(key, str) else key: self._walk(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._walk(item) for item in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            # A secret of digits comes back as a number.
            written = orjson.dumps(value).decode()
            shown = self.text(written)
            return value if shown == written else shown
        return value

    def _without_cut_end(self, text: str) -> str:
        body = text.removesuffix(_CUT)
        for needle, shown in self._needles.items():
            at = body.find(needle[:MIN_CHARS], max(0, len(body) - len(needle)))
            while at >= 0:
                if needle.startswith(body[at:]):
                    return body[:at] + shown + _CUT
                at = body.find(needle[:MIN_CHARS], at + 1)
        return text


def forms(value: str) -> set[str]:
    """The forms in which a secret may come back, long enough to be told from chance."""
    lines = [line.strip() for line in value.splitlines()] if "\n" in value else []
    plain = {value, value.strip(), " ".join(value.split()), *(line for line in lines if len(line) >= _MIN_LINE)}
    found = set(plain)
    for text in plain:
        found.update(_escaped(text))
        found.update(_encoded(text.encode("utf-8", "replace")))
    return {form for form in found if len(form) >= MIN_CHARS}


def _escaped(text: str) -> Iterator[str]:
    for encoded in (quote(text, safe=""), quote(text), quote_plus(text)):
        yield encoded
        yield _HEX_OF_PERCENT.sub(lambda found: found[0].lower(), encoded)
    for escaped in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        yield escaped
        yield json.dumps(escaped)[1:-1]
    yield html.escape(text)
    yield html.escape(text, quote=False)


def _encoded(data: bytes) -> Iterator[str]:
    yield data.hex()
    yield data.hex().upper()
    for offset in range(3):
        core = _base64_core(data, offset)
        yield core
        yield core.replace("+", "-").replace("/", "_")
        yield quote(core, safe="")


def _base64_core(data: bytes, offset: int) -> str:
    """The characters of base64 that depend on `data` alone, if it stands `offset` bytes behind a multiple of three."""
    encoded = base64.b64encode(b"\0" * offset + data).decode().rstrip("=")
    mixed_end = 0 if (offset + len(data)) % 3 == 0 else 1
    return encoded[(0, 2, 3)[offset] : len(encoded) - mixed_end]


class RedactedStream:
    """Redacts a text that comes in pieces; holds back what may be the beginning of a secret."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str, redactor: Redactor) -> str:
        """What may be shown after a further piece."""
        if not redactor:
            return text
        text = self._held + text
        at = redactor.split(text)
        self._held = text[at:]
        return redactor.text(text[:at])

    def end(self, redactor: Redactor) -> str:
        """What was held back."""
        held, self._held = self._held, ""
        # A beginning of a secret is not shown either: its rest may have been cut off.
        return redactor.text(held + _CUT).removesuffix(_CUT) if held else ""


def nothing() -> Redactor:
    """A redactor that knows no secret."""
    return Redactor({})


def redactor_of(named: Iterable[tuple[str, str]]) -> Redactor:
    """A redactor of (name, value) pairs; the first name of a value counts."""
    names: dict[str, str] = {}
    for name, value in named:
        names.setdefault(value, name)
    return Redactor(names)
