"""Checks values against the JSON Schemas of workflow inputs and forms; reports every error at once."""

from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import referencing.exceptions
from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError

from schemas.linear_validator import validator_of

MAX_ERRORS: Final = 100
_MAX_TEXT: Final = 300
_FORMATS: Final = FormatChecker()


@dataclass(frozen=True)
class Misfit:
    """One thing that is wrong with a value."""

    place: str
    """JSON pointer."""
    message: str


class InputSchema:
    """A JSON Schema that was checked at publish, ready to check values."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._validator = validator_of(schema, _FORMATS)

    def misfits(self, value: Any) -> list[Misfit]:
        """What is wrong with `value`, at most the first hundred; empty if nothing is."""
        try:
            return [_misfit(error) for error in islice(self._validator.iter_errors(value), MAX_ERRORS)]
        except (RecursionError, referencing.exceptions.Unresolvable) as error:
            return [Misfit("", f"The schema cannot be applied ({type(error).__name__}).")]


def _misfit(error: ValidationError) -> Misfit:
    place = "".join(f"/{_escaped(part)}" for part in error.absolute_path)
    message = error.message if len(error.message) <= _MAX_TEXT else error.message[: _MAX_TEXT - 1] + "…"
    return Misfit(place, message)


def _escaped(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
