"""Topology of one graph: where it starts, in which order, which edges go back, who comes before whom."""

from dataclasses import dataclass

from schemas.compiler.draft import DraftEdge, DraftGraph
from schemas.compiler.loops import Loop, LoopFinder
from schemas.compiler.report import Report
from schemas.compiler.topology import (
    Arcs,
    Dominators,
    ancestors,
    components,
    depth_first,
    reverse,
    topological_order,
)
from schemas.faults import FaultCode, listed


@dataclass(frozen=True)
class Topology:
    """What follows from the edges alone.

    Attributes:
        order: Node ids in topological order of the forward edges; compensation nodes come last.
        back: Edges that go back.
        loops: Outer ones before inner ones; their numbers are positions in `order`.
        owners: Innermost loop of each node of `order`.
    """

    order: list[str]
    back: frozenset[DraftEdge]
    loops: list[Loop]
    owners: list[int | None]


class GraphAnalysis:
    """Analyses one graph and reports what cannot run."""

    def __init__(self, graph: DraftGraph, report: Report) -> None:
        self._graph = graph
        self._report = report
        self._names = [name for name, node in graph.nodes.items() if not node.compensates]
        self._number = {name: number for number, name in enumerate(self._names)}
        self._arcs: Arcs = [[] for _ in self._names]
        for edge in graph.edges:
            self._arcs[self._number[edge.source]].append(self._number[edge.target])
        self._before = ancestors(self._arcs)

    def can_precede(self, earlier: str, later: str) -> bool:
        """Whether a path leads from one node to another, so that it may have run before."""
        if earlier not in self._number or later not in self._number:
            return False
        return bool(self._before[self._number[later]] >> self._number[earlier] & 1)

    def topology(self) -> Topology | None:
        """Order and loops, or None if there are cycles that are no loops."""
        cycles = components(self._arcs)
        starts, islands = entries(self._arcs, cycles)
        if islands:
            self._report_unreached(depth_first(self._arcs, starts)[0])
            starts = sorted(starts + islands)
        order, retreating = depth_first(self._arcs, starts)
        forward = _without(self._arcs, set(retreating))
        dominators = Dominators(order, reverse(forward), starts)
        if self._report_irreducible(retreating, dominators, cycles):
            return None
        return self._loops(topological_order(forward), set(retreating), starts)

    def _loops(self, order: list[int], retreating: set[tuple[int, int]], starts: list[int]) -> Topology:
        names = [self._names[node] for node in order]
        number = {name: position for position, name in enumerate(names)}
        back = [e for e in self._graph.edges if (self._number[e.source], self._number[e.target]) in retreating]
        going_back = frozenset(back)
        forward: Arcs = [[] for _ in names]
        for edge in self._graph.edges:
            if edge not in going_back:
                forward[number[edge.source]].append(number[edge.target])
        positions = [number[self._names[start]] for start in starts]
        dominators = Dominators(range(len(names)), reverse(forward), positions)
        loops, owners = LoopFinder(self._graph, names, back, forward, dominators, self._report).find()
        undoing = [name for name, node in self._graph.nodes.items() if node.compensates]
        return Topology(names + undoing, going_back, loops, owners + [None] * len(undoing))

    def _report_unreached(self, order: list[int]) -> None:
        reached = set(order)
        for number, name in enumerate(self._names):
            if number not in reached:
                message = f"Nothing leads to `{name}`: a run starts at the nodes that no edge leads to. Connect it."
                self._report.add(FaultCode.UNREACHABLE_NODE, self._graph.nodes[name].place, message)

    def _report_irreducible(
        self, retreating: list[tuple[int, int]], dominators: Dominators, cycles: list[list[int]]
    ) -> bool:
        bad = [(source, target) for source, target in retreating if not dominators.dominates(target, source)]
        cycle_of = {node: cycle for cycle in cycles for node in cycle} if bad else {}
        reported: set[int] = set()
        for source, target in bad:
            cycle = cycle_of[source]
            if min(cycle) in reported:
                continue
            reported.add(min(cycle))
            names = listed(self._names[node] for node in sorted(cycle))
            message = f"The cycle of {names} can be entered at more than one node; let all edges into it lead to one."
            self._report.add(
                FaultCode.IRREDUCIBLE_CYCLE, self._graph.place, message, self._edge(source, target).pointer
            )
        return bool(bad)

    def _edge(self, source: int, target: int) -> DraftEdge:
        ends = (self._names[source], self._names[target])
        return next(edge for edge in self._graph.edges if (edge.source, edge.target) == ends)


def entries(arcs: Arcs, cycles: list[list[int]]) -> tuple[list[int], list[int]]:
    """Where a run starts, and the first node of each cycle that no run ever gets to.

    A run starts at every node that no edge leads to. A graph may also begin with a loop: its first node starts too if
    it stands in a cycle that nothing else leads to, and so does, if there is no other start, the first node of such a
    cycle.
    """
    sources = reverse(arcs)
    starts = [node for node, before in enumerate(sources) if not before]
    heads = []
    for cycle in cycles:
        inside = set(cycle)
        if sources[cycle[0]] and all(source in inside for node in cycle for source in sources[node]):
            heads.append(min(cycle))
    heads.sort()
    if heads and (heads[0] == 0 or not starts):
        starts.append(heads.pop(0))
    return sorted(starts), heads


def _without(arcs: Arcs, removed: set[tuple[int, int]]) -> Arcs:
    if not removed:
        return arcs
    return [[target for target in targets if (source, target) not in removed] for source, targets in enumerate(arcs)]
