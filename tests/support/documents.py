"""Nodes of test documents in short words."""

from itertools import pairwise
from typing import Any


def value(node: str, given: Any, **fields: Any) -> dict[str, Any]:
    """A transform."""
    return {"id": node, "kind": "transform", "with": {"value": given}, **fields}


def branch(node: str, **cases: str) -> dict[str, Any]:
    """A branch, its cases by port."""
    return {
        "id": node,
        "kind": "branch",
        "with": {"cases": [{"name": name, "when": when} for name, when in cases.items()]},
    }


def code(node: str, source: str, **fields: Any) -> dict[str, Any]:
    """A code node."""
    inputs = fields.pop("inputs", {})
    return {"id": node, "kind": "code", "with": {"code": source, "inputs": inputs}, **fields}


def ask(node: str, title: str = "Go on?", **config: Any) -> dict[str, Any]:
    """An approval."""
    return {"id": node, "kind": "approval", "with": {"title": title, **config}}


def foreach(node: str, items: str, body: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """A foreach whose body is a chain of nodes; `config` holds further settings."""
    edges = [{"from": a["id"], "to": b["id"]} for a, b in pairwise(body)]
    config = {"items": items, "body": {"nodes": body, "edges": edges}, **fields.pop("config", {})}
    return {"id": node, "kind": "foreach", "with": config, **fields}
