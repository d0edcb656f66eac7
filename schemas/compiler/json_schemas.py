"""Checks JSON Schemas inside a document: valid, self-contained, and with patterns that compile."""

from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import orjson
from jsonschema import Draft202012Validator

from schemas.faults import Pointer
from schemas.linear_validator import mixes_unevaluated, pattern_fault

_DATA_KEYS = frozenset({"const", "enum", "default", "examples"})
_MAX_PROBLEMS = 20
_METASCHEMA = Draft202012Validator(Draft202012Validator.META_SCHEMA)


def schema_problems(schema: Any) -> tuple[tuple[Pointer, str], ...]:
    """What is wrong with a JSON Schema: place and sentence of each problem."""
    return _problems(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS))


@lru_cache(maxsize=1024)
def _problems(text: bytes) -> tuple[tuple[Pointer, str], ...]:
    schema = orjson.loads(text)
    try:
        errors = sorted(_METASCHEMA.iter_errors(schema), key=lambda error: str(error.absolute_path))
    except RecursionError:
        return (((), "The JSON Schema is nested too deeply; make it flatter."),)
    problems = [(tuple(e.absolute_path), f"This is no valid JSON Schema: {_short(e.message)}.") for e in errors]
    return tuple((problems + _References(schema).problems)[:_MAX_PROBLEMS])


class _References:
    """Follows references and compiles patterns, which the schema of schemas does not do."""

    def __init__(self, schema: Any) -> None:
        self.problems: list[tuple[Pointer, str]] = []
        self._schema = schema
        self._anchors: set[str] = set()
        self._references: list[tuple[Pointer, str]] = []
        self._walk()
        if mixes_unevaluated(schema):
            message = "`unevaluatedProperties` cannot stand in a schema with `patternProperties`; say it otherwise."
            self.problems.append(((), message))
        for pointer, reference in self._references:
            if problem := self._problem(reference):
                self.problems.append((pointer, problem))

    def _walk(self) -> None:
        stack: list[tuple[Pointer, Any]] = [((), self._schema)]
        while stack:
            pointer, value = stack.pop()
            if isinstance(value, list):
                stack.extend(((*pointer, i), item) for i, item in enumerate(value))
            elif isinstance(value, dict):
                self._keywords(pointer, value)
                stack.extend(((*pointer, key), item) for key, item in value.items() if key not in _DATA_KEYS)

    def _keywords(self, pointer: Pointer, schema: dict[str, Any]) -> None:
        for key in ("$ref", "$dynamicRef"):
            if isinstance(schema.get(key), str):
                self._references.append(((*pointer, key), schema[key]))
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(schema.get(key), str):
                self._anchors.add(schema[key])
        self._pattern((*pointer, "pattern"), schema.get("pattern"))
        patterns = schema.get("patternProperties")
        for key in patterns if isinstance(patterns, dict) else ():
            self._pattern((*pointer, "patternProperties", key), key)

    def _pattern(self, pointer: Pointer, pattern: Any) -> None:
        if not isinstance(pattern, str):
            return
        if fault := pattern_fault(pattern):
            self.problems.append((pointer, f"The pattern does not compile: {_short(fault)}."))

    def _problem(self, reference: str) -> str | None:
        if not reference.startswith("#"):
            return f"The reference `{_short(reference)}` leads out of the schema; only `#…` works."
        target = unquote(reference[1:])
        if not target or target in self._anchors:
            return None
        value = self._schema
        for part in target.removeprefix("/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list) and key.isascii() and key.isdigit() and int(key) < len(value):
                value = value[int(key)]
            else:
                return f"The reference `{_short(reference)}` leads to nothing in the schema."
        return None


def _short(text: str) -> str:
    text = text.rstrip(".")
    return text if len(text) <= 200 else text[:199] + "…"
