"""Examples of bodies, made of the schemas: a value that is known by the name of its field, or one that fits.

A model or a route that has an example of its own keeps it.
"""

from collections.abc import Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker

Schema = Mapping[str, Any]

RUN_ID: Final = "0197f2c4-8a31-7c6e-9d50-3f1b2a4c5d6e"

DOCUMENT: Final[dict[str, Any]] = {
    "format": "perdure/v1",
    "name": "Refund triage",
    "input": {"type": "object", "properties": {"mail": {"type": "string"}}},
    "nodes": [
        {"id": "classify", "kind": "transform", "with": {"value": {"topic": "{{ input.mail }}"}}},
        {"id": "ask", "kind": "approval", "with": {"title": "Refund it?"}},
    ],
    "edges": [{"from": "classify", "to": "ask"}],
}

_BY_NAME: Final[Mapping[str, tuple[Any, ...]]] = {
    "workflow": ("refund-triage",),
    "slug": ("refund-triage",),
    "name": ("Refund triage", "refund-triage"),
    "node_name": ("Ask the team lead",),
    "title": ("Refund 349.00 EUR to Ada?", "Refund triage"),
    "label": ("Approve",),
    "version": (3, "3"),
    "attempt": (1,),
    "run_attempt": (1,),
    "revision": (7,),
    "note": ("Asks above 100 EUR.",),
    "description": ("Decides about refunds; asks a person above 100 EUR.",),
    "tags": (["support"],),
    "tag": ("support",),
    "input": ({"mail": "Please refund order A-1042."},),
    "output": ({"refunded": True, "amount": 349.0},),
    "payload": ({"order": "A-1042", "amount": 349.0},),
    "data": ({"amount": 349.0},),
    "outputs": ({"classify": {"topic": "refund"}},),
    "details": ({},),
    "error": (None,),
    "next_cursor": (None,),
    "next_after": (None,),
    "cursor": (None,),
    "node": ("classify", DOCUMENT["nodes"][0]),
    "document": (DOCUMENT,),
    "id": ("classify",),
    "code": ("492039",),
    "challenge": ("eyJhbGciOiJIUzI1NiIs…",),
    "access_token": ("eyJhbGciOiJIUzI1NiIs…",),
    "refresh_token": ("pdr_9yQ2…",),
    "ticket": ("Zk3v…",),
    "old_password": ("correct horse battery staple",),
    "new_password": ("a still longer pass phrase",),
    "path": ("each[3].send",),
    "kind": ("llm",),
    "type": ("payment.received", "step.completed"),
    "key": ("A-1042",),
    "port": ("out",),
    "reason": ("Seen the photos.",),
    "decision": ("approved",),
    "decided_by": ("lead@example.com",),
    "email": ("ada@example.com",),
    "password": ("correct horse battery staple",),
    "address": ("203.0.113.7",),
    "user_agent": ("Mozilla/5.0",),
    "cost_usd": (0.0183,),
    "tokens_in": (1840,),
    "tokens_out": (212,),
    "steps_done": (6,),
    "last_event_seq": (41,),
    "seq": (41,),
    "plan_hash": ("9f2b1c…",),
    "parent_run_id": (None,),
    "parent_path": (None,),
    "forked_from": (None,),
    "trigger": ("api",),
    "request_id": ("5f0c1e7ab2d94c3e8f6a7b8c9d0e1f2a",),
}
_FORMATS: Final[Mapping[str, Any]] = {
    "uuid": RUN_ID,
    "date-time": "2026-03-02T09:41:07Z",
    "date": "2026-03-02",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "binary": "",
}
_DEEPEST: Final = 8


class Examples:
    """Makes examples for schemas that may refer to others.

    Args:
        schemas: `components.schemas` of the document.
    """

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas

    def of(self, schema: Schema, name: str = "", depth: int = 0) -> Any:
        """An example of a schema.

        Args:
            schema: What it must fit.
            name: Name of the field that holds it.
            depth: Levels above it; deep ones are cut short.
        """
        schema = self._resolved(schema)
        for key in ("examples", "example", "const"):
            if key in schema:
                return schema[key][0] if key == "examples" else schema[key]
        for known in _BY_NAME.get(name, ()):
            if self._fits(known, schema):
                return known
        if "enum" in schema:
            return schema.get("default", schema["enum"][0])
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return self.of(_preferred(choices), name, depth)
        return self._by_type(schema, name, depth)

    def _by_type(self, schema: Schema, name: str, depth: int) -> Any:
        match schema.get("type"):
            case "object":
                return self._object(schema, depth)
            case "array" if "prefixItems" in schema:
                return [self.of(inner, name, depth + 1) for inner in schema["prefixItems"]]
            case "array":
                few = depth < _DEEPEST or schema.get("minItems", 0)
                return [self.of(schema["items"], name, depth + 1)] if few and "items" in schema else []
            case "string":
                return _text(schema)
            case "integer" | "number":
                return schema.get("default", schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1))
            case "boolean":
                return schema.get("default", True)
            case "null":
                return None
        return schema.get("default", {})

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        required = schema.get("required", ())
        return {
            name: self.of(inner, name, depth + 1)
            for name, inner in schema.get("properties", {}).items()
            if name in required or (depth < _DEEPEST and _is_telling(name, inner))
        }

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema or len(schema.get("allOf", ())) == 1:
            target = schema["$ref"] if "$ref" in schema else schema["allOf"][0]
            schema = self._schemas[target.rpartition("/")[2]] if isinstance(target, str) else target
        return schema

    def _fits(self, value: Any, schema: Schema) -> bool:
        whole = {**schema, "components": {"schemas": self._schemas}}
        return bool(Draft202012Validator(whole, format_checker=FormatChecker()).is_valid(value))


def _is_telling(name: str, schema: Schema) -> bool:
    """Whether an optional field is worth showing."""
    return _BY_NAME.get(name, (None,)) != (None,) or schema.get("default") is not None


def _preferred(choices: list[Schema]) -> Schema:
    return next((choice for choice in choices if choice.get("type") != "null"), choices[0])


def _text(schema: Schema) -> str:
    if schema.get("default"):
        return str(schema["default"])
    if schema.get("format") in _FORMATS:
        return str(_FORMATS[schema["format"]])
    least, most = schema.get("minLength", 0), schema.get("maxLength", 1_000)
    return "text"[:most].ljust(least, "x")
