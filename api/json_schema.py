"""Checks values against the JSON Schemas of workflow inputs and approval forms; reports every error at once."""

from itertools import islice
from typing import Any, Final

import referencing
import referencing.exceptions
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from api.errors import FieldProblem

MAX_ERRORS: Final = 100
_MAX_TEXT: Final = 300
_FORMATS: Final = FormatChecker()


class ValueSchema:
    """A JSON Schema that was checked at publish, ready to check values."""

    def __init__(self, schema: dict[str, Any]) -> None:
        # An empty registry: a reference out of the schema is an error and never a request to the network.
        registry: referencing.Registry[Any] = referencing.Registry()
        self._validator = Draft202012Validator(schema, registry=registry, format_checker=_FORMATS)

    def problems(self, value: Any) -> list[FieldProblem]:
        """What is wrong with `value`, at most the first hundred; empty if nothing is."""
        try:
            return [_problem(error) for error in islice(self._validator.iter_errors(value), MAX_ERRORS)]
        except (RecursionError, referencing.exceptions.Unresolvable) as error:
            return [FieldProblem(field="", message=f"The schema cannot be applied ({type(error).__name__}).")]


def _problem(error: ValidationError) -> FieldProblem:
    place = "".join(f"/{_escaped(part)}" for part in error.absolute_path)
    message = error.message if len(error.message) <= _MAX_TEXT else error.message[: _MAX_TEXT - 1] + "…"
    return FieldProblem(field=place, message=message)


def _escaped(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
