"""Turns the snapshot of one run into the start of another: retry from the failure, fork from a node. Pure."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json

from schemas.crew_forks import MemberTurns
from schemas.fork_rules import check_fork
from schemas.messages import NodeStatus, RunEdit
from schemas.plan import PlanGraph
from schemas.reach import NOTHING_PINNED, Pinned, asks_person, downstream, outermost_header
from workflows.agent_run.conversation import begun
from workflows.graph_run.state import NodeState, Snapshot


def apply_edit(graph: PlanGraph, snapshot: Snapshot, edit: RunEdit, pinned: Pinned = NOTHING_PINNED) -> None:
    """Changes `snapshot` in place so that walking it carries out `edit`.

    Raises:
        PerdureError: INVALID_REQUEST if the edit names a node that the graph has not, or would get round a person.
    """
    done = {} if edit.node is None else _crew_results(snapshot.frame.nodes.get(edit.node))
    if edit.mode == "retry":
        _retry(graph, snapshot)
    else:
        _fork(graph, snapshot, edit, pinned)
    if edit.node is not None and edit.turn is not None:
        agent = begun(edit.messages or [], turn=edit.turn)
        member = None if edit.member is None else MemberTurns(graph.node[edit.node].config, edit.member)
        _go_on_at_turn(snapshot, edit.node, {"agent": agent} if member is None else member.memo(done, agent))
    for node, output in edit.outputs.items():
        _put(graph, snapshot, node, output)
    _restore_result(graph, snapshot)
    snapshot.ending, snapshot.undo_problems, snapshot.paused = None, [], False


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


def _fork(graph: PlanGraph, snapshot: Snapshot, edit: RunEdit, pinned: Pinned) -> None:
    """The chosen node, all that asked a person or was undone, and everything behind them run anew."""
    check_fork(graph, edit, pinned)
    asked = [n.id for n in graph.nodes if asks_person(graph, n.id, pinned)]
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
    snapshot.approved_tools, snapshot.accepted_tools = [], []


def _go_on_at_turn(snapshot: Snapshot, node: str, memo: dict[str, Any]) -> None:
    """Lets an agent go on with a conversation; what people have approved in the other run is not approved in this."""
    state = snapshot.frame.nodes[node]
    state.memo, state.size = memo, len(to_json(memo))
    snapshot.steers, snapshot.steered = [], []


def _crew_results(state: NodeState | None) -> dict[str, Any]:
    """What members of a crew have given back, by their names: while it works, or from what it gave at its end."""
    if state is None:
        return {}
    if state.memo is not None and "results" in state.memo:
        return dict(state.memo["results"])
    results = state.output.get("results") if isinstance(state.output, dict) else None
    known = [one for one in results if isinstance(one, dict) and "task" in one] if isinstance(results, list) else []
    return {one["task"]: {name: value for name, value in one.items() if name != "task"} for one in known}


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


def root_node(path: str) -> str:
    """The root node that a path of the run log is about: `each` for `each#1[3].send`."""
    return re.split(r"[\[#.]", path, maxsplit=1)[0]


def _reset(graph: PlanGraph, snapshot: Snapshot, node: str) -> None:
    old = snapshot.frame.nodes.get(node, NodeState())
    snapshot.frame.nodes[node] = NodeState(iteration=old.iteration)
    loop = graph.node[node].loop
    if loop is not None and graph.loops[loop].header == node:
        for inner in graph.loops_inside[loop]:
            snapshot.frame.loops.pop(inner, None)
