"""Data that satisfies a JSON Schema: the same for the same schema and prompt, and sensible where `skills` know more."""

import math
from collections.abc import Callable
from typing import Any

from jsonschema import Draft202012Validator

from simulator.patterns import text_like
from simulator.skills import guess

_DEPTH = 12
_FORMATS = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T09:30:00Z",
    "time": "09:30:00Z",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000001",
    "ipv4": "192.0.2.1",
    "hostname": "example.com",
    "duration": "P1D",
}


def fill(schema: Any, prompt: str) -> Any:
    """Data for a schema."""
    return _Filler(schema, prompt).value(schema, "", 0)


class _Filler:
    def __init__(self, root: Any, prompt: str) -> None:
        self._root = root
        self._prompt = prompt

    def value(self, schema: Any, name: str, depth: int) -> Any:
        if not isinstance(schema, dict):
            return None
        schema = self._flat(schema, depth)
        if "const" in schema:
            return schema["const"]
        known = guess(name, self._prompt)
        if known is not None and self._fits(schema, known):
            return known
        if "enum" in schema:
            return self._pick(schema["enum"], known)
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                return self._branch(schema, schema[key], name, depth)
        return self._typed(schema, name, depth)

    def _flat(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """The schema with `$ref` and `allOf` folded in."""
        merged: dict[str, Any] = {}
        parts = [schema, *schema.get("allOf", [])]
        if "$ref" in schema and depth <= _DEPTH:
            parts.append(self._flat(self._target(schema["$ref"]), depth + 1))
        for part in parts:
            inner = self._flat(part, depth + 1) if part is not schema else part
            merged = _merge(merged, inner)
        return {key: value for key, value in merged.items() if key not in ("$ref", "allOf")}

    def _target(self, reference: str) -> dict[str, Any]:
        at = self._root
        for part in reference.removeprefix("#").strip("/").split("/"):
            if part:
                at = at[part.replace("~1", "/").replace("~0", "~")]
        return at if isinstance(at, dict) else {}

    def _branch(self, schema: dict[str, Any], options: list[Any], name: str, depth: int) -> Any:
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
        absent = guess(name, self._prompt) is None and any(_allows_null(option) for option in options)
        order = sorted(options, key=lambda option: _allows_null(option) != absent)
        for option in order:
            candidate = self.value(_merge(rest, option), name, depth + 1)
            if self._fits(schema, candidate):
                return candidate
        return None

    def _typed(self, schema: dict[str, Any], name: str, depth: int) -> Any:
        options = _types(schema)
        if "null" in options and (depth > _DEPTH or (len(options) > 1 and guess(name, self._prompt) is None and name)):
            return None
        kind = next((option for option in options if option != "null"), "null")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        return _SCALARS[kind](schema)

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        names = properties if depth < _DEPTH // 2 else [name for name in properties if name in required]
        filled = {name: self.value(properties[name], name, depth + 1) for name in names}
        for name in required:
            filled.setdefault(name, self.value(schema.get("additionalProperties") or {}, name, depth + 1))
        return filled

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        fixed = [self.value(item, name, depth + 1) for item in schema.get("prefixItems", [])]
        least = schema.get("minItems", 0)
        wanted = max(least, min(1, schema.get("maxItems", 1)) if depth < _DEPTH // 2 else 0)
        items = schema.get("items", {})
        while len(fixed) < wanted:
            fixed.append(self._distinct(items, name, depth, fixed if schema.get("uniqueItems") else []))
        return fixed

    def _distinct(self, items: Any, name: str, depth: int, taken: list[Any]) -> Any:
        value = self.value(items, name, depth + 1)
        options = self._flat(items, depth).get("enum", []) if isinstance(items, dict) else []
        candidates = [value, *options, *range(len(taken) + 1), *(f"item {n}" for n in range(len(taken) + 1))]
        return next((c for c in candidates if c not in taken and self._fits(items, c)), value)

    def _pick(self, options: list[Any], known: Any) -> Any:
        if isinstance(known, str):
            for option in options:
                if isinstance(option, str) and known in option.lower():
                    return option
        if known is None and None in options:
            return None
        return options[-1] if isinstance(known, str) else options[0]

    def _fits(self, schema: Any, value: Any) -> bool:
        rooted = {**schema, "$defs": self._root.get("$defs", {})} if isinstance(schema, dict) else schema
        return bool(Draft202012Validator(rooted).is_valid(value))


def _types(schema: dict[str, Any]) -> list[str]:
    types = schema.get("type")
    if types is None:
        types = "object" if "properties" in schema else "array" if "items" in schema else "string"
    return types if isinstance(types, list) else [types]


def _allows_null(schema: Any) -> bool:
    kind = schema.get("type") if isinstance(schema, dict) else None
    return kind == "null" or (isinstance(kind, list) and "null" in kind)


def _merge(left: dict[str, Any], right: Any) -> dict[str, Any]:
    if not isinstance(right, dict):
        return left
    merged = {**left, **right}
    if "properties" in left and "properties" in right:
        merged["properties"] = {**left["properties"], **right["properties"]}
    if "required" in left and "required" in right:
        merged["required"] = [*left["required"], *right["required"]]
    return merged


def _string(schema: dict[str, Any]) -> str:
    if "pattern" in schema:
        return text_like(schema["pattern"])
    text = _FORMATS.get(schema.get("format", ""), "text")
    least, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
    padded = text if len(text) >= least else (text * least)[:least]
    return padded if len(padded) <= most else padded[: int(most)]


def _number(schema: dict[str, Any]) -> float:
    step = schema.get("multipleOf")
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None:
        value = 0 if high is None or high > 0 else high - (1 if "exclusiveMaximum" in schema else 0)
    elif "minimum" in schema:
        value = low if low > 0 or (high is not None and high < 0) else 0
    else:
        value = low + 1 if high is None or low + 1 < high else (low + high) / 2
    return math.ceil(value / step) * step if step else value


def _integer(schema: dict[str, Any]) -> int:
    return math.ceil(_number(schema))


_SCALARS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": lambda schema: False,
    "null": lambda schema: None,
}
