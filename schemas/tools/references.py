"""Schemas of API descriptions as JSON Schema: references followed, dialects levelled, size bounded. Pure."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

MAX_DEPTH: Final = 12
"""Levels of schemas inside each other; what is deeper may be anything."""

MAX_PARTS: Final = 4_000
"""Of one schema."""

_DROPPED: Final = frozenset(
    {"example", "examples", "xml", "externalDocs", "discriminator", "deprecated", "readOnly", "writeOnly"}
    | {"$schema", "$id", "$anchor", "$comment", "contentMediaType", "collectionFormat", "allowEmptyValue"}
)
_SCHEMAS: Final = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else")
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS: Final = ("properties", "patternProperties")
_BOUNDS: Final = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


class References:
    """Follows references within one document.

    Args:
        document: The description of the API.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def resolved(self, value: Any) -> Any:
        """A part of the document; if it only refers to another one, that one.

        Raises:
            ValueError: if the reference leads nowhere, out of the document, or in a circle.
        """
        for _ in range(MAX_DEPTH):
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                return value
            value = self._target(value["$ref"])
        raise ValueError("its references lead in a circle")

    def schema(self, schema: Any, *, for_request: bool = True) -> Any:
        """A schema with everything that it refers to; where it holds itself, anything may stand.

        Raises:
            ValueError: as `resolved`, or if it is too large.
        """
        return _Flattening(self, for_request=for_request).flat(schema, ())

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            raise ValueError(f"the reference {reference[:100]!r} leads out of the description")
        value: Any = self._document
        for part in unquote(reference[2:]).split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(value, dict) or key not in value:
                raise ValueError(f"the reference {reference[:100]!r} leads nowhere")
            value = value[key]
        return value


class _Flattening:
    def __init__(self, references: References, *, for_request: bool) -> None:
        self._references = references
        self._for_request = for_request
        self._left = MAX_PARTS

    def flat(self, schema: Any, inside: tuple[str, ...]) -> Any:
        if isinstance(schema, bool):
            return schema
        self._left -= 1
        if self._left < 0:
            raise ValueError("its schema is too large")
        if not isinstance(schema, dict):
            return {}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference in inside or len(inside) >= MAX_DEPTH:
                return {}
            target = self._references.resolved({"$ref": reference})
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            merged = {**target, **beside} if isinstance(target, dict) else target
            return self.flat(merged, (*inside, reference))
        return self._levelled(self._kept(schema, (*inside, "")) if len(inside) < 2 * MAX_DEPTH else {})

    def _kept(self, schema: dict[str, Any], inside: tuple[str, ...]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, value in schema.items():
            if key in _DROPPED or key.startswith("x-"):
                continue
            if key in _SCHEMAS:
                kept[key] = self.flat(value, inside)
            elif key in _LISTS and isinstance(value, list):
                kept[key] = [self.flat(item, inside) for item in value]
            elif key in _MAPS and isinstance(value, dict):
                kept[key] = {name: self.flat(item, inside) for name, item in value.items() if self._is_sent(item)}
            else:
                kept[key] = value
        return kept

    def _is_sent(self, schema: Any) -> bool:
        """Whether a property is part of a request; what only the server says is not."""
        return not (self._for_request and isinstance(schema, dict) and schema.get("readOnly") is True)

    def _levelled(self, schema: dict[str, Any]) -> dict[str, Any]:
        """OpenAPI 3.0 and Swagger differ from JSON Schema in a few words."""
        if schema.pop("nullable", False) is True and isinstance(schema.get("type"), str):
            schema["type"] = [schema["type"], "null"]
            if isinstance(schema.get("enum"), list):
                schema["enum"] = [*schema["enum"], None]
        if schema.get("type") == "file":
            schema["type"] = "string"
        for key, bound in _BOUNDS.items():
            if isinstance(schema.get(key), bool) and schema.pop(key) and bound in schema:
                schema[key] = schema.pop(bound)
        if isinstance(schema.get("required"), list) and isinstance(schema.get("properties"), dict):
            schema["required"] = [name for name in schema["required"] if name in schema["properties"]]
        elif not isinstance(schema.get("required", []), list):
            del schema["required"]
        return schema
