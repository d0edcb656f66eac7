"""Writes documents as YAML that `schemas.yaml_source` reads back as the same value, fields in their usual order."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel

from schemas.compiler.kinds import field_names, model_at, shape_of
from schemas.document import Document, Edge, Graph, Node, Position
from schemas.nodes import specs
from schemas.yaml_writer import OneLine, write_yaml

_ORDER: Final = ("format", "name", "description", "input", "vars", "limits", "nodes", "edges", "output")


def to_yaml(document: Mapping[str, Any]) -> str:
    """The document as YAML, layout and notes included."""
    return write_yaml(tidy(document))


def tidy(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same document with its fields in the order in which people write them; unknown ones come last."""
    return _graph(document, (*_ORDER, *field_names(Document)))


def _graph(graph: Mapping[str, Any], order: Iterable[str]) -> dict[str, Any]:
    ordered: dict[str, Any] = _ordered(graph, order)
    if isinstance(nodes := ordered.get("nodes"), list):
        ordered["nodes"] = [_node(node) for node in nodes]
    if isinstance(edges := ordered.get("edges"), list):
        ordered["edges"] = [_small(_ordered(edge, field_names(Edge))) for edge in edges]
    if isinstance(layout := ordered.get("layout"), dict):
        ordered["layout"] = {node: _small(_ordered(place, field_names(Position))) for node, place in layout.items()}
    return ordered


def _node(node: Any) -> Any:
    ordered = _ordered(node, field_names(Node))
    if not isinstance(ordered, dict):
        return ordered
    kind = ordered.get("kind")
    spec = specs().get(kind) if isinstance(kind, str) else None
    for key in ("with", "config"):
        if spec is not None and isinstance(config := ordered.get(key), dict):
            bodies = shape_of(spec.config).graphs
            ordered[key] = {
                name: _graph(value, field_names(Graph)) if name in bodies and isinstance(value, dict) else value
                for name, value in _settings(config, spec.config).items()
            }
    return ordered


def _settings(value: Any, model: type[BaseModel] | None) -> Any:
    """Settings in the order of their model, at every depth."""
    if isinstance(value, list):
        return [_settings(item, model) for item in value]
    if not isinstance(value, dict) or model is None:
        return value
    ordered = _ordered(value, field_names(model))
    return {name: _settings(item, model_at(model, (name,))) for name, item in ordered.items()}


def _small(value: Any) -> Any:
    return OneLine(value) if isinstance(value, dict) else value


def _ordered(value: Any, order: Iterable[str]) -> Any:
    if not isinstance(value, Mapping):
        return value
    known = {key: value[key] for key in order if key in value}
    return {**known, **{key: item for key, item in value.items() if key not in known}}
