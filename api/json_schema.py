"""Checks values against JSON Schemas, and tells each error as the API does."""

from typing import Any

from api.errors import FieldProblem
from engine.input_schema import MAX_ERRORS, InputSchema

__all__ = ["MAX_ERRORS", "ValueSchema"]


class ValueSchema:
    """A JSON Schema that was checked at publish, ready to check values."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = InputSchema(schema)

    def problems(self, value: Any) -> list[FieldProblem]:
        """What is wrong with `value`, at most the first hundred; empty if nothing is."""
        return [FieldProblem(field=one.place, message=one.message) for one in self._schema.misfits(value)]
