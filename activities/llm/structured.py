"""Structured answers: how a model's text becomes data of the wanted shape, or is refused."""

import asyncio
import importlib
import json
import math
import re
from typing import TYPE_CHECKING, Any

from activities.text import clean_output
from schemas.errors import ErrorCode, PerdureError

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MAX_ERRORS = 10
_MAX_ERROR_CHARS = 300
_FENCE = re.compile(
    r"^[ \t]*```[ \t]*(?:json)?[ \t]*\n(.*?)^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE | re.IGNORECASE
)


class UnusableAnswerError(Exception):
    """The text is no data of the wanted shape; the message is written for the model."""


class Shape:
    """A JSON Schema that an answer must satisfy.

    Raises:
        PerdureError: `invalid_config` if it is not a JSON Schema.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        from jsonschema import Draft202012Validator, SchemaError

        from schemas.linear_validator import validator_of

        self.schema = schema
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            raise _bad_schema(f"{error.json_path}: {error.message}") from error
        self._validator = validator_of(schema)

    def parse(self, text: str) -> Any:
        """The data in a model's text, cleaned and checked.

        Raises:
            UnusableAnswerError: if there is none, or it does not satisfy the schema.
        """
        data = clean_output(_load(text))
        self.check(data)
        return data

    def check(self, data: Any) -> None:
        """Let cleaned data pass.

        Raises:
            UnusableAnswerError: if it does not satisfy the schema.
        """
        problems = self._problems(data)
        if problems:
            raise UnusableAnswerError("\n".join(problems))

    def _problems(self, data: Any) -> list[str]:
        from referencing.exceptions import Unresolvable

        try:
            found = sorted(self._validator.iter_errors(data), key=lambda error: error.json_path)
        except Unresolvable as error:
            raise _bad_schema(f"the reference {error.ref!r} leads nowhere inside it") from error
        lines = [_line(error) for error in found[:MAX_ERRORS]]
        return lines if len(found) <= MAX_ERRORS else [*lines, f"… and {len(found) - MAX_ERRORS} more"]


async def shape_of(schema: dict[str, Any]) -> Shape:
    """The shape for a schema; the library takes seconds to import, so it is not loaded before it is needed.

    Raises:
        PerdureError: `invalid_config` if it is not a JSON Schema.
    """
    await asyncio.to_thread(importlib.import_module, "schemas.linear_validator")
    return Shape(schema)


def correction(problem: UnusableAnswerError) -> str:
    """What a model is told after an unusable answer."""
    return (
        "Your answer cannot be used:\n"
        f"{problem}\n"
        "Answer the request again, with JSON only, so that these problems are gone."
    )


def _load(text: str) -> Any:
    """JSON from text that is nothing but JSON, or that has exactly one fenced block of it."""
    blocks = _FENCE.findall(text)
    if len(blocks) > 1:
        raise UnusableAnswerError("The answer has several code blocks; give one JSON value.")
    try:
        return json.loads(blocks[0] if blocks else text, parse_float=finite, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise UnusableAnswerError(f"The answer is not JSON: {str(error)[:_MAX_ERROR_CHARS]}") from error


def finite(text: str) -> float:
    """A number of JSON text; no infinity."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:50]} is too large")
    return number


def refuse_constant(name: str) -> Any:
    """Python's `NaN` and `Infinity` are no JSON."""
    raise ValueError(f"{name} is no JSON")


def _line(error: "ValidationError") -> str:
    message = error.message if len(error.message) <= _MAX_ERROR_CHARS else error.message[:_MAX_ERROR_CHARS] + "…"
    return f"{error.json_path}: {message}"


def _bad_schema(why: str) -> PerdureError:
    return PerdureError(ErrorCode.INVALID_CONFIG, f"output_schema is not a usable JSON Schema: {why[:1000]}.")
