"""Decides which nodes of a graph run next. Pure: no Temporal, no clock, no I/O.

Events in: `complete`; commands out: `take_ready` (nodes to run) and `take_skipped` (for the log).
Semantics: joins with dead-path elimination, natural loops whose leaving edges stay open until the loop is over.
All counters are derived from the node states, so a snapshot needs nothing else.
"""

from collections import deque
from typing import Any

from schemas.document import Join
from schemas.errors import ErrorInfo
from schemas.messages import NodeStatus
from schemas.plan import PlanEdge, PlanGraph, PlanLoop
from workflows.graph_run.state import Frame, NodeState

PENDING, SKIPPED = NodeStatus.PENDING, NodeStatus.SKIPPED


class Scheduler:
    """Walks one graph instance.

    Args:
        graph: The compiled graph.
        frame: States to go on from; filled in place. Nodes that were under way, or stopped, are run again.
    """

    def __init__(self, graph: PlanGraph, frame: Frame) -> None:
        self.graph = graph
        self.frame = frame
        self._ready: deque[str] = deque()
        self._queued: set[str] = set()
        self._skipped: list[tuple[str, int]] = []
        self._unresolved: dict[str, int] = {}
        self._taken: dict[str, int] = {}
        self._held: list[dict[PlanEdge, bool]] = [{} for _ in graph.loops]
        self._units: list[int] = [0] * len(graph.loops)
        self._open = 0
        self.exceeded: PlanLoop | None = None
        """A loop that wants an iteration beyond its limit; the graph cannot go on."""
        self._work: deque[str] = deque()
        self._restore()

    @property
    def finished(self) -> bool:
        """Whether nothing is open any more."""
        return self._open == 0

    @property
    def has_ready(self) -> bool:
        """Whether a node could start now."""
        return bool(self._ready)

    def take_ready(self) -> str:
        """The next node to run, in the order in which they became ready."""
        node = self._ready.popleft()
        self._queued.discard(node)
        return node

    def peek_ready(self) -> str:
        """What `take_ready` would give."""
        return self._ready[0]

    def take_skipped(self) -> list[tuple[str, int]]:
        """Nodes skipped since the last call, with the iteration in which they were."""
        skipped, self._skipped = self._skipped, []
        return skipped

    def complete(self, node: str, port: str, output: Any, error: ErrorInfo | None = None) -> None:
        """A node is done and leaves through `port`. Look at `exceeded` afterwards."""
        state = self.frame.nodes[node]
        state.status = NodeStatus.COMPLETED if error is None else NodeStatus.FAILED
        state.port, state.output, state.error, state.memo = port, output, error, None
        self._resolve(node)

    def _resolve(self, node: str) -> None:
        self._work.append(node)
        while self._work:
            self._settle_edges(self._work.popleft())

    def _settle_edges(self, node: str) -> None:
        port = self.frame.nodes[node].port
        loop = self.graph.node[node].loop
        for edge in self.graph.outgoing.get(node, ()):
            if edge.back:
                continue  # asked for when the iteration is over
            taken = edge.port == port
            holder = self._outermost_left(edge)
            if holder is None:
                self._deliver(edge, taken)
            else:
                self._held[holder][edge] = taken
        self._unit_done(loop)

    def _outermost_left(self, edge: PlanEdge) -> int | None:
        """The outermost loop that the edge leaves."""
        loop = self.graph.node[edge.source].loop
        left = None
        while loop is not None and edge.target not in self.graph.loop_members[loop]:
            left = loop
            loop = self.graph.loops[loop].parent
        return left

    def _deliver(self, edge: PlanEdge, taken: bool) -> None:
        target = edge.target
        self._unresolved[target] -= 1
        self._taken[target] += taken
        self._consider(target)

    def _consider(self, node: str) -> None:
        """Start or skip a pending node if its incoming edges say so."""
        if self.frame.nodes[node].status is not PENDING or node in self._queued:
            return
        taken, unresolved = self._taken[node], self._unresolved[node]
        if taken and (unresolved == 0 or self.graph.node[node].join is Join.ANY):
            self._enqueue(node)
        elif not taken and unresolved == 0:
            self._skip(node)

    def _enqueue(self, node: str) -> None:
        self._queued.add(node)
        self._ready.append(node)

    def _skip(self, node: str) -> None:
        state = self.frame.nodes[node]
        state.status, state.port, state.output, state.error, state.size = SKIPPED, None, None, None, 0
        self._skipped.append((node, state.iteration))
        self._work.append(node)

    def _unit_done(self, loop: int | None) -> None:
        """A node, or a whole inner loop, of `loop` (None: of the graph) is resolved."""
        if loop is None:
            self._open -= 1
            return
        self._units[loop] -= 1
        if self._units[loop] == 0:
            self._iteration_over(loop)

    def _iteration_over(self, loop: int) -> None:
        if self._goes_back(loop):
            self._next_iteration(loop)
            return
        held, self._held[loop] = self._held[loop], {}
        for edge, taken in held.items():
            self._deliver(edge, taken)
        self._unit_done(self.graph.loops[loop].parent)

    def _goes_back(self, loop: int) -> bool:
        """Whether the latch, which may stand in an inner loop, has at last left by an edge to the header."""
        plan = self.graph.loops[loop]
        port = self.frame.nodes[plan.latch].port
        edges = self.graph.outgoing[plan.latch]
        return any(edge.back and edge.target == plan.header and edge.port == port for edge in edges)

    def _next_iteration(self, loop: int) -> None:
        plan = self.graph.loops[loop]
        done = self.frame.loops.get(loop, 0) + 1
        if done >= plan.max_iterations:
            self.exceeded = plan
            return
        for node in plan.nodes:
            # The last output stays readable: the next iteration may build on it.
            state = self.frame.nodes[node]
            state.status, state.port, state.iteration = PENDING, None, state.iteration + 1
        self._reset_counters(loop)
        self.frame.loops[loop] = done
        self._enqueue(plan.header)

    def _reset_counters(self, loop: int) -> None:
        members = self.graph.loop_members[loop]
        for node in self.graph.loops[loop].nodes:
            self._unresolved[node] = sum(edge.source in members for edge in self.graph.incoming.get(node, ()))
            self._taken[node] = 0
        for inner in self.graph.loops_inside[loop]:
            self.frame.loops.pop(inner, None)
            self._held[inner] = {}
            self._units[inner] = self.graph.loop_units[inner]

    # Start and restore are one thing: counters follow from the node states.

    def _restore(self) -> None:
        nodes = self.frame.nodes
        for node in self.graph.nodes:
            state = nodes.setdefault(node.id, NodeState())
            if state.stopped or not state.status.resolved:
                state.status, state.error = PENDING, None
            self._unresolved[node.id] = len(self.graph.incoming.get(node.id, ()))
            self._taken[node.id] = 0
        over = self._loops_over()
        self._restore_units(over)
        stuck = [loop for loop, units in enumerate(self._units) if units == 0 and not over[loop]]
        for node in self.graph.nodes:
            if nodes[node.id].status.resolved and not node.compensates:
                self._restore_edges(node.id, over)
        for node in self.graph.nodes:
            if not node.compensates:
                self._restore_ready(node.id)
        for loop in stuck:
            self._iteration_over(loop)
        while self._work:
            self._settle_edges(self._work.popleft())

    def _loops_over(self) -> list[bool]:
        """Which loops are over; one that would go back beyond its limit is not, nor what is around it."""
        nodes = self.frame.nodes
        ended = [
            all(nodes[n].status.resolved for n in loop.nodes) and not self._goes_back(index)
            for index, loop in enumerate(self.graph.loops)
        ]
        return [all(ended[inner] for inner in inside) for inside in self.graph.loops_inside]

    def _restore_units(self, over: list[bool]) -> None:
        for node in self.graph.nodes:
            if node.compensates or self.frame.nodes[node.id].status.resolved:
                continue
            if node.loop is None:
                self._open += 1
            else:
                self._units[node.loop] += 1
        for index, loop in enumerate(self.graph.loops):
            if over[index]:
                continue
            if loop.parent is None:
                self._open += 1
            else:
                self._units[loop.parent] += 1

    def _restore_edges(self, node: str, over: list[bool]) -> None:
        state = self.frame.nodes[node]
        for edge in self.graph.outgoing.get(node, ()):
            if edge.back:
                continue
            taken = edge.port == state.port
            holder = self._outermost_left(edge)
            if holder is not None and not over[holder]:
                self._held[holder][edge] = taken
            else:
                self._unresolved[edge.target] -= 1
                self._taken[edge.target] += taken

    def _restore_ready(self, node: str) -> None:
        if self.frame.nodes[node].status is not PENDING or node in self._queued:
            return
        loop = self.graph.node[node].loop
        repeated = loop is not None and self.graph.loops[loop].header == node and bool(self.frame.loops.get(loop))
        if repeated or not self.graph.incoming.get(node):
            self._enqueue(node)
        else:
            self._consider(node)
