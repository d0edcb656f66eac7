"""Checks the arguments of a call against what the model was told of the tool."""

import asyncio
import importlib
from typing import TYPE_CHECKING, Any, Final

from schemas.errors import ErrorCode, PerdureError

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_FAULTS_NAMED: Final = 5
_MAX_FAULT_CHARS: Final = 300


async def argument_faults(schema: dict[str, Any], arguments: dict[str, Any]) -> str | None:
    """What is wrong with arguments, for the model; nothing if they are right."""
    # The library takes long to import; nothing waits for it meanwhile.
    await asyncio.to_thread(importlib.import_module, "schemas.linear_validator")
    return _faults(schema, arguments)


def _faults(schema: dict[str, Any], arguments: dict[str, Any]) -> str | None:
    from jsonschema import SchemaError
    from referencing.exceptions import Unresolvable

    from schemas.linear_validator import validator_of

    try:
        found = sorted(validator_of(schema).iter_errors(arguments), key=lambda error: error.json_path)
    except (SchemaError, Unresolvable, RecursionError, ValueError) as error:
        return f"The schema of this tool's arguments is not sound ({type(error).__name__}); it cannot be used."
    if not found:
        return None
    lines = [_line(error) for error in found[:_FAULTS_NAMED]]
    more = [f"… and {len(found) - _FAULTS_NAMED} more"] if len(found) > _FAULTS_NAMED else []
    return "\n".join(["The arguments do not fit this tool:", *lines, *more])


def _line(error: "ValidationError") -> str:
    where = error.json_path.removeprefix("$").lstrip(".") or "the arguments"
    return f"- {where}: {error.message}"[:_MAX_FAULT_CHARS]


def header_value(text: str) -> str:
    """A text that may be the value of a header.

    Raises:
        PerdureError: `invalid_input` if it could end the header.
    """
    if any(ord(char) < 32 or ord(char) == 127 for char in text):
        raise PerdureError(ErrorCode.INVALID_INPUT, "An argument that is sent as a header may hold no line breaks.")
    return text
