"""Workflow documents for the benchmarks."""

from itertools import pairwise
from typing import Any


def chain(kind: str, steps: int, settings: dict[str, Any] | None = None, name: str = "chain") -> dict[str, Any]:
    """Steps of one kind, one after the other."""
    nodes = [{"id": f"s{index + 1}", "kind": kind, "with": settings or {}} for index in range(steps)]
    return linear(f"{name} {kind} {steps}", nodes)


def linear(name: str, nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """Nodes in a line."""
    edges = [{"from": a["id"], "to": b["id"]} for a, b in pairwise(nodes)]
    return {"format": "perdure/v1", "name": name, "nodes": nodes, "edges": edges}


def fan(kind: str, concurrency: int) -> dict[str, Any]:
    """A foreach over `input.items` with one step as its body."""
    body = {"nodes": [{"id": "act", "kind": kind, "with": {}}]}
    each = {"id": "each", "kind": "foreach", "with": {"items": "input.items", "body": body, "concurrency": concurrency}}
    return linear(f"fan {kind} {concurrency}", [each])


def gated(kind: str) -> dict[str, Any]:
    """A question to a person, then one step."""
    document = linear("gated", [question(), {"id": "act", "kind": kind, "with": {}}])
    document["edges"] = [{"from": "ask.approved", "to": "act"}]
    return document


def waiting(nodes: int) -> dict[str, Any]:
    """A graph of ordinary size that waits at a question in its middle."""
    before = [_note(index) for index in range(nodes // 2)]
    after = [_note(index) for index in range(nodes // 2 + 1, nodes)]
    document = linear(f"waiting {nodes}", [*before, question(), *after])
    for edge in document["edges"]:
        if edge["from"] == "ask":
            edge["from"] = "ask.approved"
    return document


def question() -> dict[str, Any]:
    """An approval."""
    return {"id": "ask", "kind": "approval", "with": {"title": "Go on?"}}


def _note(index: int) -> dict[str, Any]:
    value = {"index": index, "text": "A line of text as it stands in a form. {{ run.id }}"}
    return {"id": f"n{index}", "kind": "transform", "with": {"value": value}}


def large(nodes: int) -> dict[str, Any]:
    """A document with branches, joins, templates and references to earlier nodes; about as many nodes as asked for."""
    made: list[dict[str, Any]] = [{"id": "start", "kind": "transform", "with": {"value": {"n": "{{ input.n }}"}}}]
    edges: list[dict[str, str]] = []
    last = "start"
    for index in range((nodes - 1) // 4):
        made += _diamond(index, last)
        edges += [
            {"from": last, "to": f"b{index}"},
            {"from": f"b{index}.big", "to": f"x{index}"},
            {"from": f"b{index}.else", "to": f"y{index}"},
            {"from": f"x{index}", "to": f"j{index}"},
            {"from": f"y{index}", "to": f"j{index}"},
        ]
        last = f"j{index}"
    return {"format": "perdure/v1", "name": f"large {nodes}", "nodes": made, "edges": edges}


def _diamond(index: int, last: str) -> list[dict[str, Any]]:
    when = f"nodes.{last}.output.n > {index}"
    prompt = f"Write a line about {{{{ nodes.{last}.output.n }}}} for {{{{ input.name }}}}."
    url = f"https://example.com/orders/{{{{ nodes.{last}.output.n }}}}"
    return [
        {"id": f"b{index}", "kind": "branch", "with": {"cases": [{"name": "big", "when": when}]}},
        {"id": f"x{index}", "kind": "llm", "with": {"model": "default", "prompt": prompt}},
        {"id": f"y{index}", "kind": "http_request", "with": {"url": url}},
        {"id": f"j{index}", "kind": "transform", "with": {"value": {"n": f"{{{{ nodes.{last}.output.n + 1 }}}}"}}},
    ]
