"""A JSON Schema validator for schemas of strangers: its patterns take time linear in the text, and it loads nothing.

Python's own `re` can take for ever for a short pattern and a short text. These patterns are read by an engine which
cannot; what it does not know (looking around, back references) is refused when a workflow is published, and passed over
where a schema comes from elsewhere, such as that of a tool.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import referencing
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from pydantic_core import SchemaError, SchemaValidator, core_schema

_NO_REGISTRY: Final[referencing.Registry[Any]] = referencing.Registry()
"""A reference to an address is an error and never a request from inside our network."""


def validator_of(schema: Mapping[str, Any] | bool, formats: FormatChecker | None = None) -> Draft202012Validator:
    """A validator for a schema.

    Args:
        schema: JSON Schema of the draft 2020-12, whatever it says itself.
        formats: Which of its formats are checked; by default none.
    """
    kind = _WITHOUT_UNEVALUATED if mixes_unevaluated(schema) else _LINEAR
    validator: Draft202012Validator = kind(schema, registry=_NO_REGISTRY, format_checker=formats)
    return validator


def pattern_fault(pattern: str) -> str | None:
    """Why a pattern cannot be used; nothing if it can."""
    try:
        _compiled(pattern)
    except SchemaError as error:
        return str(error).rpartition("error: ")[2].rpartition("SchemaError: ")[2].strip()
    return None


def mixes_unevaluated(schema: Any) -> bool:
    """Whether `unevaluatedProperties` may stand beside patterns, which the library would try by `re`."""
    text = repr(schema)
    return "unevaluatedProperties" in text and "patternProperties" in text


@lru_cache(maxsize=32)
def _compiled(pattern: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))


def _finds(pattern: str, text: str, *, otherwise: bool) -> bool:
    """Whether a pattern is somewhere in a text.

    Args:
        pattern: Of a schema.
        text: To be searched.
        otherwise: The answer if the pattern cannot be read.
    """
    try:
        compiled = _compiled(pattern)
    except SchemaError:
        return otherwise
    # Halves of surrogate pairs are in no text that the engine takes.
    return compiled.isinstance_python(text.encode("utf-8", "replace").decode())


def _pattern(validator: Any, pattern: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not _finds(pattern, instance, otherwise=True):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, subschema in patterns.items():
        for key, value in instance.items():
            if _finds(pattern, key, otherwise=False):
                yield from validator.descend(value, subschema, path=key, schema_path=pattern)


def _additional_properties(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """As the library has it, with the keys that patterns find written out."""
    patterns = schema.get("patternProperties")
    if patterns and validator.is_type(instance, "object"):
        found = {key for key in instance if any(_finds(pattern, key, otherwise=True) for pattern in patterns)}
        properties = {**schema.get("properties", {}), **dict.fromkeys(found, True)}
        schema = {key: value for key, value in schema.items() if key != "patternProperties"}
        schema["properties"] = properties
    yield from Draft202012Validator.VALIDATORS["additionalProperties"](validator, wanted, instance, schema)


def _linear(**keywords: Any) -> Any:
    """The validator with some of its keywords replaced, which no `$schema` further inside exchanges for another."""
    kind: Any = extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    evolve = kind.evolve

    def same_kind(self: Any, **changes: Any) -> Any:
        schema = changes.get("schema")
        if isinstance(schema, dict) and "$schema" in schema:
            changes["schema"] = {key: value for key, value in schema.items() if key != "$schema"}
        return evolve(self, **changes)

    kind.evolve = same_kind
    return kind


_PATTERNS: Final = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
}
_LINEAR: Final = _linear(**_PATTERNS)
_WITHOUT_UNEVALUATED: Final = _linear(**_PATTERNS, unevaluatedProperties=lambda *_: ())
