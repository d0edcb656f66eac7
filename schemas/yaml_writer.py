"""Writes JSON values as YAML in block style: for people, and so that `schemas.yaml_source` reads the same value again.

Ten times as fast as PyYAML's emitter, which takes half a minute for the largest document.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from schemas.yaml_source import plain_value

_STEP: Final = "  "
_PLAIN: Final = re.compile(r"[^\W\d][\w ./,()+=<>!?*&|'\"%@;$^~\\-]*(?<! )")
_PLAIN_IN_FLOW: Final = re.compile(r"[^\W\d][\w ./()+=-]*(?<! )")
"""Text that begins with a digit is quoted: older readers take dates and `1_000` for something else."""
_ODD: Final = re.compile("[^\n\x20-\x7e\xa1-\u2027\u202a-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_OLD_WORDS: Final = frozenset({"yes", "no", "on", "off"})
"""Older readers of YAML take these for booleans."""
_LONGEST_KEY: Final = 1_000


class OneLine(dict[str, Any]):
    """An object of a few scalars that is written in one line."""


def write_yaml(value: Mapping[str, Any]) -> str:
    """The value as YAML text."""
    if not value:
        return "{}\n"
    lines: list[str] = []
    _block(value, "", "", lines)
    return "\n".join(lines) + "\n"


def _block(value: Any, lead: str, indent: str, lines: list[str]) -> None:
    """Writes an object or a list that is not empty; its first line begins with `lead`, the others with `indent`."""
    if isinstance(value, dict):
        for key, item in value.items():
            _field(key, item, lead, indent, lines)
            lead = indent
    else:
        for item in value:
            if _is_block(item):
                _block(item, f"{lead}- ", indent + _STEP, lines)
            else:
                lines.append(f"{lead}- {_inline(item, indent + _STEP)}")
            lead = indent


def _field(key: str, item: Any, lead: str, indent: str, lines: list[str]) -> None:
    name = _key(key)
    if len(name) > _LONGEST_KEY:
        lines.append(f"{lead}? {name}")
        lead, name = indent, ""
    if _is_block(item):
        lines.append(f"{lead}{name}:")
        _block(item, indent + _STEP, indent + _STEP, lines)
    else:
        lines.append(f"{lead}{name}: {_inline(item, indent + _STEP)}")


def _is_block(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value) and not _fits_in_line(value)


def _fits_in_line(value: Any) -> bool:
    return isinstance(value, OneLine) and not any(isinstance(item, dict | list) for item in value.values())


def _inline(value: Any, indent: str) -> str:
    """A value behind its key or dash; lines of text begin with `indent`."""
    if isinstance(value, str):
        return _text(value, indent)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {_scalar(item)}" for key, item in value.items()) + "}"
    return "[]" if isinstance(value, list) else _scalar(value)


def _text(text: str, indent: str) -> str:
    if _is_plain(text, _PLAIN):
        return text
    if not _fits_literal(text):
        return _quoted(text)
    body = text.removesuffix("\n")
    lines = (indent + line if line else "" for line in body.split("\n"))
    return ("|" if text.endswith("\n") else "|-") + "\n" + "\n".join(lines)


def _fits_literal(text: str) -> bool:
    """Whether text of several lines can stand as it is."""
    if "\n" not in text or text[0] in " \n" or text.endswith("\n\n") or _ODD.search(text):
        return False
    return not any(line.endswith(" ") for line in text.split("\n"))


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value if _is_plain(value, _PLAIN_IN_FLOW) else _quoted(value)
    if type(value) is int:
        return str(value)
    written = json.dumps(value)
    # Older readers know no exponent without a fraction.
    return written.replace("e", ".0e") if isinstance(value, float) and "." not in written else written


def _key(key: str) -> str:
    return key if _is_plain(key, _PLAIN_IN_FLOW) else _quoted(key)


def _is_plain(text: str, pattern: re.Pattern[str]) -> bool:
    return (
        pattern.fullmatch(text) is not None
        and text.lower() not in _OLD_WORDS
        and not _ODD.search(text)
        and isinstance(plain_value(text), str)
    )


def _quoted(text: str) -> str:
    return _ODD.sub(lambda found: _escaped(found[0]), json.dumps(text, ensure_ascii=False))


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"
