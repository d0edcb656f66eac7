"""Small documents for tests of the compiler."""

from typing import Any

from schemas.compiler import compile_document
from schemas.faults import Fault, FaultCode
from schemas.plan import Plan

Json = dict[str, Any]


def document(nodes: list[Any], edges: list[Any] | None = None, **fields: Any) -> Json:
    """A document; edges may be written as `"a.port > b"`."""
    return {"name": "Test", "nodes": nodes, "edges": [_edge(edge) for edge in edges or []], **fields}


def transform(node: str, value: Any = 1, **fields: Any) -> Json:
    return {"id": node, "kind": "transform", "with": {"value": value}, **fields}


def branch(node: str, *cases: str, when: str = "true", **fields: Any) -> Json:
    listed = [{"name": case, "when": when} for case in cases or ("yes",)]
    return {"id": node, "kind": "branch", "with": {"cases": listed}, **fields}


def foreach(node: str, nodes: list[Any], edges: list[Any] | None = None, **config: Any) -> Json:
    body = {"nodes": nodes, "edges": [_edge(edge) for edge in edges or []]}
    body |= {key: config.pop(key) for key in ("output",) if key in config}
    return {"id": node, "kind": "foreach", "with": {"items": "input.items", "body": body, **config}}


def node(name: str, kind: str, **config: Any) -> Json:
    return {"id": name, "kind": kind, "with": config}


def compiled(raw: Any, **options: Any) -> Plan:
    """The plan of a document that must be sound."""
    result = compile_document(raw, **options)
    assert result.faults == []
    assert result.plan is not None
    return result.plan


def faults_of(raw: Any, **options: Any) -> list[Fault]:
    """The faults of a document that must not be sound."""
    result = compile_document(raw, **options)
    assert result.plan is None
    assert result.faults
    return result.faults


def only_fault(raw: Any, **options: Any) -> Fault:
    """The one fault of a document."""
    faults = faults_of(raw, **options)
    assert len(faults) == 1, faults
    return faults[0]


def codes_of(raw: Any, **options: Any) -> set[FaultCode]:
    return {fault.code for fault in faults_of(raw, **options)}


def _edge(edge: Any) -> Any:
    if not isinstance(edge, str):
        return edge
    source, target = edge.split(" > ")
    return {"from": source, "to": target}
