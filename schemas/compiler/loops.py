"""Finds the loops of one graph and refuses cycles that are none; the definitions are in docs (graph semantics).

A loop is what people draw as an edge that goes back: from its latch, a branch or an approval, to its header.
"""

from collections import defaultdict
from dataclasses import dataclass

from schemas.compiler.draft import DraftEdge, DraftGraph
from schemas.compiler.report import Report
from schemas.compiler.topology import Arcs, Dominators, descendants, members
from schemas.faults import FaultCode, listed
from schemas.limits import MAX_LOOP_DEPTH
from schemas.nodes import specs


@dataclass
class Loop:
    """A natural loop; nodes are numbered in topological order."""

    header: int
    latch: int
    region: int
    """Bits of the nodes, those of inner loops included."""
    parent: int | None = None
    depth: int = 1


class LoopFinder:
    """Loops of a reducible graph.

    Args:
        graph: The draft; faults are reported at its edges.
        names: Node ids in topological order of the forward edges.
        back: Edges that go back.
        forward: Targets of the other edges, by number.
        dominators: Of the same numbering.
        report: Takes the faults.
    """

    def __init__(
        self,
        graph: DraftGraph,
        names: list[str],
        back: list[DraftEdge],
        forward: Arcs,
        dominators: Dominators,
        report: Report,
    ) -> None:
        self._graph = graph
        self._names = names
        self._number = {name: number for number, name in enumerate(names)}
        self._back = back
        self._report = report
        self._after = descendants(forward, range(len(names)))
        self._dominated = dominators.dominated(range(len(names)))
        self._ports = self._exits()

    def find(self) -> tuple[list[Loop], list[int | None]]:
        """Loops, outer ones first, and for each node the innermost loop it is in."""
        loops = [self._loop(header, latch) for header, latch in self._pairs()]
        owners: list[int | None] = [None] * len(self._names)
        claimed: defaultdict[int | None, int] = defaultdict(int)
        kept: list[Loop] = []
        for loop in sorted(loops, key=lambda loop: loop.header):
            loop.parent = owners[loop.header]
            outer = None if loop.parent is None else kept[loop.parent]
            loop.depth = 1 if outer is None else outer.depth + 1
            if not self._is_sound(loop, outer, claimed[loop.parent]):
                continue
            claimed[loop.parent] |= loop.region
            for node in members(loop.region):
                owners[node] = len(kept)
            kept.append(loop)
        return kept, owners

    def _exits(self) -> dict[str, list[int]]:
        """For each latch, where its ports lead that do not go back."""
        backward = {(edge.source, edge.port) for edge in self._back}
        latches = {edge.source for edge in self._back}
        exits: dict[str, list[int]] = {latch: [] for latch in latches}
        for edge in self._graph.edges:
            if edge.source in latches and (edge.source, edge.port) not in backward:
                exits[edge.source].append(self._number[edge.target])
        return exits

    def _pairs(self) -> list[tuple[int, int]]:
        """Header and latch of each loop that has one of both."""
        headers: defaultdict[str, dict[str, DraftEdge]] = defaultdict(dict)
        latches: defaultdict[str, dict[str, DraftEdge]] = defaultdict(dict)
        for edge in self._back:
            if self._may_repeat(edge):
                headers[edge.target].setdefault(edge.source, edge)
                latches[edge.source].setdefault(edge.target, edge)
        for header, edges in headers.items():
            if len(edges) > 1:
                problem = f"Edges from {listed(edges)} go back to `{header}`; let one branch decide whether to repeat."
                self._refuse(list(edges.values())[1], problem)
        for latch, edges in latches.items():
            if len(edges) > 1:
                problem = f"`{latch}` goes back to {listed(edges)}; it can repeat only one loop."
                self._refuse(list(edges.values())[1], problem)
        return [
            (self._number[header], self._number[latch])
            for header, sources in headers.items()
            for latch in sources
            if len(sources) == 1 and len(latches[latch]) == 1
        ]

    def _may_repeat(self, edge: DraftEdge) -> bool:
        spec = self._graph.nodes[edge.source].spec
        if spec is None or spec.latch:
            return True
        kinds = listed(kind for kind, known in specs().items() if known.latch)
        problem = f"The edge from `{edge.source}` to `{edge.target}` goes back, which only these kinds can do: {kinds}."
        self._refuse(edge, problem)
        return False

    def _loop(self, header: int, latch: int) -> Loop:
        region = self._after[header]
        for target in self._ports[self._names[latch]]:
            region &= ~self._after[target]
        return Loop(header, latch, region)

    def _is_sound(self, loop: Loop, outer: Loop | None, taken: int) -> bool:
        name, latch = self._names[loop.header], self._names[loop.latch]
        foreign = loop.region & ~self._dominated[loop.header]
        straying = loop.region & taken if outer is None else loop.region & (taken | ~outer.region)
        problem = None
        if foreign:
            node = self._names[next(members(foreign))]
            problem = f"An edge leads into the loop from `{name}` to `{latch}` at `{node}`; enter it at `{name}` only."
        elif straying:
            node = self._names[next(members(straying))]
            problem = f"The loop from `{name}` to `{latch}` shares `{node}` with another loop; nest or separate them."
        elif loop.depth > MAX_LOOP_DEPTH:
            problem = f"The loop at `{name}` is inside {loop.depth - 1} others; at most {MAX_LOOP_DEPTH} levels work."
        if problem:
            self._refuse(next(e for e in self._back if (e.source, e.target) == (latch, name)), problem)
        return problem is None

    def _refuse(self, edge: DraftEdge, problem: str) -> None:
        self._report.add(FaultCode.INVALID_LOOP, self._graph.place, problem, edge.pointer)
