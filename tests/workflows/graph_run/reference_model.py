"""The semantics of a graph in the most obvious way: after every event all rules are tried until none applies.

Slow on purpose. Nothing is counted or carried over: whether an edge is open, taken or dead, and whether a loop is over,
is asked anew each time from what the nodes have become.
"""

from schemas.document import Join
from schemas.plan import PlanEdge, PlanGraph

OPEN, UNDER_WAY, DONE, SKIPPED = "open", "under way", "done", "skipped"


class Reference:
    """One instance of a graph."""

    def __init__(self, graph: PlanGraph) -> None:
        self.graph = graph
        self.nodes = [node.id for node in graph.nodes if not node.compensates]
        self.status = dict.fromkeys(self.nodes, OPEN)
        self.port: dict[str, str | None] = dict.fromkeys(self.nodes)
        self.iteration = dict.fromkeys(self.nodes, 0)
        self.rounds = dict.fromkeys(range(len(graph.loops)), 0)
        self.exceeded: set[str] = set()
        """Headers of loops that want an iteration beyond their limit."""
        self.skips: list[tuple[str, int]] = []
        """Node and iteration of every skip so far."""
        self._settle()

    # What happens

    def start(self, node: str) -> None:
        assert node in self.ready(), f"{node} may not start"
        self.status[node] = UNDER_WAY

    def complete(self, node: str, port: str) -> None:
        assert self.status[node] == UNDER_WAY
        self.status[node], self.port[node] = DONE, port
        self._settle()

    def interrupt(self) -> None:
        """Whatever is under way must be run again."""
        for node in self.nodes:
            if self.status[node] == UNDER_WAY:
                self.status[node] = OPEN

    # What holds

    def ready(self) -> set[str]:
        return {node for node in self.nodes if self.status[node] == OPEN and self._may_run(node)}

    @property
    def finished(self) -> bool:
        return all(map(self._resolved, self.nodes)) and all(map(self._over, self.rounds))

    def _resolved(self, node: str) -> bool:
        return self.status[node] in (DONE, SKIPPED)

    def _may_run(self, node: str) -> bool:
        edges = self._edges_into(node)
        if not edges or self._goes_round(node):
            return True
        states = [self._edge(edge) for edge in edges]
        if self.graph.node[node].join is Join.ANY:
            return "taken" in states
        return "taken" in states and "open" not in states

    def _must_skip(self, node: str) -> bool:
        edges = self._edges_into(node)
        return bool(edges) and not self._goes_round(node) and all(self._edge(edge) == "dead" for edge in edges)

    def _goes_round(self, node: str) -> bool:
        """The header of a loop in a later iteration is started by the loop, not by the edges into it."""
        return any(loop.header == node and self.rounds[i] > 0 for i, loop in enumerate(self.graph.loops))

    def _edges_into(self, node: str) -> list[PlanEdge]:
        return [edge for edge in self.graph.edges if edge.target == node and not edge.back]

    def _edge(self, edge: PlanEdge) -> str:
        leaves = [i for i in self.rounds if self._inside(edge.source, i) and not self._inside(edge.target, i)]
        if not self._resolved(edge.source) or not all(map(self._over, leaves)):
            return "open"
        return "taken" if self.port[edge.source] == edge.port else "dead"

    def _inside(self, node: str, loop: int) -> bool:
        return node in self.graph.loops[loop].nodes

    def _iteration_over(self, loop: int) -> bool:
        nodes = self.graph.loops[loop].nodes
        inner = [i for i, other in enumerate(self.graph.loops) if set(other.nodes) < set(nodes)]
        return all(map(self._resolved, nodes)) and all(map(self._over, inner))

    def _over(self, loop: int) -> bool:
        return self._iteration_over(loop) and not self._went_back(loop)

    def _went_back(self, loop: int) -> bool:
        header, latch = self.graph.loops[loop].header, self.graph.loops[loop].latch
        back = [e.port for e in self.graph.edges if e.back and (e.source, e.target) == (latch, header)]
        return self.status[latch] == DONE and self.port[latch] in back

    # What follows

    def _settle(self) -> None:
        while self._repeat_one_loop() or self._skip_one_node():
            pass

    def _repeat_one_loop(self) -> bool:
        for index, loop in enumerate(self.graph.loops):
            if not self._iteration_over(index) or not self._went_back(index):
                continue
            if self.rounds[index] + 1 >= loop.max_iterations:
                self.exceeded.add(loop.header)
                continue
            self._reset(index)
            return True
        return False

    def _reset(self, loop: int) -> None:
        nodes = self.graph.loops[loop].nodes
        for node in nodes:
            self.status[node], self.port[node] = OPEN, None
            self.iteration[node] += 1
        for index, other in enumerate(self.graph.loops):
            if set(other.nodes) < set(nodes):
                self.rounds[index] = 0
        self.rounds[loop] += 1

    def _skip_one_node(self) -> bool:
        for node in self.nodes:
            if self.status[node] == OPEN and self._must_skip(node):
                self.status[node] = SKIPPED
                self.skips.append((node, self.iteration[node]))
                return True
        return False
