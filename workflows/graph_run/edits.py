"""Turns the snapshot of one run into the start of another: retry from the failure, fork from a node. Pure."""

from collections.abc import Iterable

from schemas.errors import ErrorCode, PerdureError
from schemas.messages import NodeStatus, RunEdit
from schemas.plan import PlanGraph
from workflows.graph_run.state import NodeState, Snapshot


def apply_edit(graph: PlanGraph, snapshot: Snapshot, edit: RunEdit) -> None:
    """Changes `snapshot` in place so that walking it carries out `edit`.

    Raises:
        PerdureError: INVALID_REQUEST if the edit names a node that the graph has not.
    """
    unknown = [n for n in (edit.node, *edit.outputs) if n is not None and n not in graph.node]
    if unknown:
        raise PerdureError(ErrorCode.INVALID_REQUEST, f"The workflow has no node {unknown[0]!r}.")
    if edit.mode == "retry":
        _retry(graph, snapshot)
    else:
        _fork(graph, snapshot, edit)
    for node, output in edit.outputs.items():
        state = snapshot.frame.nodes.setdefault(node, NodeState())
        state.status, state.output, state.error = NodeStatus.COMPLETED, output, None
        state.port = state.port or graph.node[node].ports[0]
    snapshot.ending, snapshot.paused = None, False


def _retry(graph: PlanGraph, snapshot: Snapshot) -> None:
    """Failed and interrupted nodes run again under their old keys, compensated ones and what built on them anew."""
    nodes = snapshot.frame.nodes
    compensated = [n for n, s in nodes.items() if s.status is NodeStatus.COMPENSATED]
    for node in downstream(graph, compensated):
        _reset(graph, snapshot, node)
        nodes[node].iteration += 1
    for state in nodes.values():
        stopped = state.status in (NodeStatus.FAILED, NodeStatus.CANCELLED) and state.port is None
        if stopped or not state.status.resolved:
            state.status, state.error = NodeStatus.PENDING, None
    snapshot.undo = [u for u in snapshot.undo if u.path.partition("[")[0] not in set(compensated)]


def _fork(graph: PlanGraph, snapshot: Snapshot, edit: RunEdit) -> None:
    """The chosen node, all that asked a person, and everything behind them run anew."""
    asked = [n.id for n in graph.nodes if asks_person(graph, n.id)]
    start = [edit.node] if edit.node is not None else []
    for node in downstream(graph, [*start, *asked]):
        if node not in edit.outputs:
            _reset(graph, snapshot, node)
    for state in snapshot.frame.nodes.values():
        if not state.status.resolved or (state.port is None and state.status is not NodeStatus.SKIPPED):
            state.status, state.error, state.memo = NodeStatus.PENDING, None, None
    snapshot.undo, snapshot.mail = [], {}


def asks_person(graph: PlanGraph, node: str) -> bool:
    """Whether a node, or the body it runs, asks a person."""
    plan = graph.node[node]
    if plan.kind == "approval":
        return True
    return plan.body is not None and any(asks_person(plan.body, inner.id) for inner in plan.body.nodes)


def downstream(graph: PlanGraph, start: Iterable[str]) -> list[str]:
    """`start` and all nodes whose input may change with theirs, in topological order.

    A node inside a loop also affects whatever the loop leads to, since the loop may then go round again.
    """
    found: set[str] = set()
    todo = list(start)
    while todo:
        node = todo.pop()
        if node in found:
            continue
        found.add(node)
        todo.extend(edge.target for edge in graph.outgoing.get(node, ()) if not edge.back)
        todo.extend(_loop_exits(graph, node))
    return [n.id for n in graph.nodes if n.id in found]


def _loop_exits(graph: PlanGraph, node: str) -> list[str]:
    exits = []
    loop = graph.node[node].loop
    while loop is not None:
        members = graph.loop_members[loop]
        exits += [e.target for n in members for e in graph.outgoing.get(n, ()) if e.target not in members]
        loop = graph.loops[loop].parent
    return exits


def _reset(graph: PlanGraph, snapshot: Snapshot, node: str) -> None:
    old = snapshot.frame.nodes.get(node, NodeState())
    snapshot.frame.nodes[node] = NodeState(iteration=old.iteration)
    loop = graph.node[node].loop
    if loop is not None and graph.loops[loop].header == node:
        for inner in graph.loops_inside[loop]:
            snapshot.frame.loops.pop(inner, None)
