"""How a model is told the shape of its answer: by its API where that can guarantee it, else in words."""

import json
from typing import Any

_KEYWORDS = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref", "$defs"),
    *("title", "description", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern"),
    *("minItems", "maxItems"),
}
_LITERALS = (str, int, float, bool, type(None))


def instructions(schema: dict[str, Any]) -> str:
    """What a model is told that cannot be given a schema by its API."""
    text = json.dumps(schema, ensure_ascii=False)
    return f"Answer with JSON only: no other words and no code fences. It must satisfy this JSON Schema: {text}"


def is_object(schema: dict[str, Any]) -> bool:
    """Whether the root is an object, which the vendors' APIs demand."""
    return schema.get("type") == "object"


def is_strict(schema: Any) -> bool:
    """Whether constrained decoding can guarantee the schema: plain keywords, closed objects, all fields required."""
    if not isinstance(schema, dict) or not schema.keys() <= _KEYWORDS:
        return False
    if not schema.keys() & {"type", "anyOf", "enum", "const", "$ref"}:
        return False
    return _is_closed(schema) and _has_plain_literals(schema) and all(is_strict(part) for part in _parts(schema))


def spread_types(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema with `anyOf` in place of lists of types, which Anthropic's API does not take."""
    spread = {key: _spread_part(key, value) for key, value in schema.items()}
    types = spread.get("type")
    if not isinstance(types, list):
        return spread
    del spread["type"]
    if "enum" in spread or "const" in spread:
        return spread
    outer: dict[str, Any] = {key: spread.pop(key) for key in ("title", "description", "$defs") if key in spread}
    return {**outer, "anyOf": [{"type": kind} if kind == "null" else {"type": kind, **spread} for kind in types]}


def _spread_part(key: str, value: Any) -> Any:
    if key in ("properties", "$defs"):
        return {name: spread_types(part) for name, part in value.items()}
    if key == "anyOf":
        return [spread_types(part) for part in value]
    return spread_types(value) if key == "items" else value


def _is_closed(schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    if kind != "object" and "properties" not in schema and not (isinstance(kind, list) and "object" in kind):
        return True
    fields = set(schema.get("properties", ()))
    return schema.get("additionalProperties") is False and set(schema.get("required", ())) == fields


def _has_plain_literals(schema: dict[str, Any]) -> bool:
    literals = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]
    return all(isinstance(literal, _LITERALS) for literal in literals)


def _parts(schema: dict[str, Any]) -> list[Any]:
    parts = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", ())]
    return [*parts, schema["items"]] if "items" in schema else parts
