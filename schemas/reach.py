"""What depends on what in a plan: the nodes behind a node, the loops around it, the people it asks. Pure."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from schemas.plan import PinnedVersion, Plan, PlanGraph

Pinned = Mapping[str, PinnedVersion]

NOTHING_PINNED: Final[Pinned] = MappingProxyType({})


def plan_asks_person(plan: Plan) -> bool:
    """Whether a run of the plan may ask a person."""
    return any(asks_person(plan.graph, node.id, plan.pinned) for node in plan.graph.nodes)


def asks_person(graph: PlanGraph, node: str, pinned: Pinned = NOTHING_PINNED) -> bool:
    """Whether a node, the body that it repeats, or the workflow that it runs, asks a person."""
    plan = graph.node[node]
    if plan.kind in ("approval", "plan"):
        return True  # what a model plans may ask, whether the plan itself is shown or not
    if plan.kind == "sub_workflow":
        version = pinned.get(plan.config["workflow"])
        return version is not None and version.asks_person
    body = plan.body
    return body is not None and any(asks_person(body, inner.id, pinned) for inner in body.nodes)


def downstream(graph: PlanGraph, start: Iterable[str]) -> list[str]:
    """`start` and all nodes whose input may change with theirs, in topological order.

    A node inside a loop also affects whatever the loop leads to, since the loop may then go round again.
    """
    found: set[str] = set()
    loops: set[int] = set()
    todo = list(start)
    while todo:
        node = todo.pop()
        if node in found:
            continue
        found.add(node)
        todo.extend(edge.target for edge in graph.outgoing.get(node, ()) if not edge.back)
        todo.extend(_loop_exits(graph, node, loops))
    return [n.id for n in graph.nodes if n.id in found]


def outermost_header(graph: PlanGraph, node: str) -> str | None:
    """Where the outermost loop around a node begins."""
    header, loop = None, graph.node[node].loop
    while loop is not None:
        header, loop = graph.loops[loop].header, graph.loops[loop].parent
    return header


def _loop_exits(graph: PlanGraph, node: str, seen: set[int]) -> list[str]:
    """Where the loops around `node` lead to; those in `seen` have been told before."""
    exits = []
    loop = graph.node[node].loop
    while loop is not None and loop not in seen:
        seen.add(loop)
        members = graph.loop_members[loop]
        exits += [e.target for n in members for e in graph.outgoing.get(n, ()) if e.target not in members]
        loop = graph.loops[loop].parent
    return exits
