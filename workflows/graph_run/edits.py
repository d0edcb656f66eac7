"""Turns the snapshot of one run into the start of another: retry from the failure, fork from a node. Pure."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json

from schemas.errors import ErrorCode, PerdureError
from schemas.messages import NodeStatus, RunEdit
from schemas.plan import PlanGraph
from workflows.graph_run.state import NodeState, Snapshot


def apply_edit(graph: PlanGraph, snapshot: Snapshot, edit: RunEdit) -> None:
    """Changes `snapshot` in place so that walking it carries out `edit`.

    Raises:
        PerdureError: INVALID_REQUEST if the edit names a node that the graph has not, or would get round a person.
    """
    unknown = [n for n in (edit.node, *edit.outputs) if n is not None and n not in graph.node]
    if unknown:
        raise PerdureError(ErrorCode.INVALID_REQUEST, f"The workflow has no node {unknown[0]!r}.")
    if edit.mode == "retry":
        _retry(graph, snapshot)
    else:
        _fork(graph, snapshot, edit)
    for node, output in edit.outputs.items():
        _put(graph, snapshot, node, output)
    _restore_result(graph, snapshot)
    snapshot.ending, snapshot.paused = None, False


def _retry(graph: PlanGraph, snapshot: Snapshot) -> None:
    """Failed and interrupted nodes run again under their old keys, compensated ones and what built on them anew."""
    nodes = snapshot.frame.nodes
    compensated = set(_compensated(snapshot))
    for node in downstream(graph, _with_their_loops(graph, compensated)):
        _reset(graph, snapshot, node)
        nodes[node].iteration += 1
    for state in nodes.values():
        if state.stopped or not state.status.resolved:
            state.status, state.error = NodeStatus.PENDING, None
    snapshot.undo = [u for u in snapshot.undo if root_node(u.path) not in compensated]


def _fork(graph: PlanGraph, snapshot: Snapshot, edit: RunEdit) -> None:
    """The chosen node, all that asked a person or was undone, and everything behind them run anew."""
    asked = [n.id for n in graph.nodes if asks_person(graph, n.id)]
    _refuse_getting_round(graph, asked, edit)
    undone = _with_their_loops(graph, [n for n in _compensated(snapshot) if n not in edit.outputs])
    start = [edit.node] if edit.node is not None else []
    anew = [n for n in downstream(graph, [*start, *asked, *undone]) if n not in edit.outputs]
    for node in anew:
        _reset(graph, snapshot, node)
    from_start = {None, *anew}
    for node in anew:
        if outermost_header(graph, node) in from_start:
            snapshot.frame.nodes[node].iteration = 0  # another run, so its keys are new anyway
    for state in snapshot.frame.nodes.values():
        if state.stopped or not state.status.resolved:
            state.status, state.error, state.memo = NodeStatus.PENDING, None, None
    snapshot.undo, snapshot.mail = [], {}


def _refuse_getting_round(graph: PlanGraph, asked: list[str], edit: RunEdit) -> None:
    """What a person's answer decides over cannot be put in place of the answer."""
    behind = set(downstream(graph, asked))
    wrong = [node for node in edit.outputs if node in behind]
    if wrong:
        raise PerdureError(
            ErrorCode.INVALID_REQUEST,
            f"The output of {wrong[0]!r} cannot be given: it comes from an approval, or after one, "
            "and a fork asks again.",
        )


def _put(graph: PlanGraph, snapshot: Snapshot, node: str, output: Any) -> None:
    """Makes a node one that has succeeded with `output`; it leaves as it did if it had succeeded before."""
    state = snapshot.frame.nodes.setdefault(node, NodeState())
    succeeded = state.status in (NodeStatus.COMPLETED, NodeStatus.COMPENSATED) and state.port is not None
    state.port = state.port if succeeded else graph.node[node].ports[0]
    state.status, state.output, state.error, state.memo = NodeStatus.COMPLETED, output, None, None
    state.size = len(to_json(output))


def _restore_result(graph: PlanGraph, snapshot: Snapshot) -> None:
    """Forgets the result of an `output` node that runs anew, and takes over what was put in its place."""
    frame = snapshot.frame
    done = [frame.nodes[n.id] for n in graph.nodes if n.kind == "output" and n.id in frame.nodes]
    results = [state.output for state in done if state.status is NodeStatus.COMPLETED]
    if frame.result not in results:
        frame.has_result, frame.result = bool(results), results[-1] if results else None


def _compensated(snapshot: Snapshot) -> list[str]:
    return [n for n, s in snapshot.frame.nodes.items() if s.status is NodeStatus.COMPENSATED]


def _with_their_loops(graph: PlanGraph, nodes: Iterable[str]) -> list[str]:
    """`nodes` and the headers of the loops around them: every round was undone, so every round must be done again."""
    headers = {outermost_header(graph, node) for node in nodes}
    return [*nodes, *(header for header in headers if header is not None)]


def outermost_header(graph: PlanGraph, node: str) -> str | None:
    """Where the outermost loop around a node begins."""
    header, loop = None, graph.node[node].loop
    while loop is not None:
        header, loop = graph.loops[loop].header, graph.loops[loop].parent
    return header


def root_node(path: str) -> str:
    """The root node that a path of the run log is about: `each` for `each#1[3].send`."""
    return re.split(r"[\[#.]", path, maxsplit=1)[0]


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


def _reset(graph: PlanGraph, snapshot: Snapshot, node: str) -> None:
    old = snapshot.frame.nodes.get(node, NodeState())
    snapshot.frame.nodes[node] = NodeState(iteration=old.iteration)
    loop = graph.node[node].loop
    if loop is not None and graph.loops[loop].header == node:
        for inner in graph.loops_inside[loop]:
            snapshot.frame.loops.pop(inner, None)
