"""What a kind's settings model says beyond types: which fields are bare CEL, JSON Schemas, or graphs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from schemas.document import Graph
from schemas.faults import Pointer
from schemas.node_spec import ExpressionMarker, NodeConfig

JSON_SCHEMA_FIELDS = frozenset({"output_schema", "form"})
"""Settings of these names hold a JSON Schema."""

_EACH = "*"


@dataclass(frozen=True)
class ConfigShape:
    """Special fields of a settings model; paths use `*` for every item of a list."""

    expressions: frozenset[Pointer]
    graphs: frozenset[str]
    schemas: frozenset[str]

    def is_expression(self, pointer: Pointer) -> bool:
        """Whether the field at `pointer` holds bare CEL."""
        if not self.expressions:
            return False
        return tuple(_EACH if isinstance(part, int) else part for part in pointer) in self.expressions


@cache
def shape_of(model: type[NodeConfig]) -> ConfigShape:
    """Special fields of a kind's settings."""
    top = {name: field.annotation for name, field in _fields(model)}
    return ConfigShape(
        expressions=frozenset(_expression_paths(model, ())),
        graphs=frozenset(name for name, annotation in top.items() if _is_graph(annotation)),
        schemas=frozenset(top) & JSON_SCHEMA_FIELDS,
    )


def field_names(model: type[BaseModel]) -> list[str]:
    """Names as they are written in a document."""
    return [name for name, _ in _fields(model)]


def model_at(model: type[BaseModel], pointer: Pointer) -> type[BaseModel] | None:
    """The model of the object at `pointer` inside a value of `model`, if there is exactly one."""
    found: type[BaseModel] | None = model
    for part in pointer:
        if found is None or isinstance(part, int):
            continue
        annotation = dict(_fields(found)).get(part)
        found = None if annotation is None else next(_models(annotation.annotation), None)
    return found


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field


def _expression_paths(model: type[BaseModel], prefix: Pointer) -> Iterator[Pointer]:
    for name, field in _fields(model):
        path = (*prefix, name)
        if any(isinstance(mark, ExpressionMarker) for mark in field.metadata):
            yield path
        elif not _is_graph(field.annotation):
            yield from _nested_paths(field.annotation, path)


def _nested_paths(annotation: Any, path: Pointer) -> Iterator[Pointer]:
    inner = (*path, _EACH) if get_origin(annotation) in (list, tuple) else path
    if any(isinstance(mark, ExpressionMarker) for mark in getattr(annotation, "__metadata__", ())):
        yield path
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _expression_paths(annotation, path)
    else:
        for argument in get_args(annotation):
            yield from _nested_paths(argument, inner)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _is_graph(annotation: Any) -> bool:
    return any(issubclass(model, Graph) for model in _models(annotation))
