"""Order, reachability and dominators of one graph; nodes are numbers, sets of nodes are bits of an integer.

Nothing here recurses: a chain of 10,000 nodes is as good as any other graph.
"""

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush

Arcs = list[list[int]]
"""Targets by node."""


def members(mask: int) -> Iterator[int]:
    """The nodes of a set in ascending order."""
    text = bin(mask)[:1:-1]
    position = text.find("1")
    while position >= 0:
        yield position
        position = text.find("1", position + 1)


def reverse(arcs: Arcs) -> Arcs:
    """Sources by node."""
    found: Arcs = [[] for _ in arcs]
    for source, targets in enumerate(arcs):
        for target in targets:
            found[target].append(source)
    return found


def components(arcs: Arcs) -> list[list[int]]:
    """Strongly connected components, each after all that it leads to (Tarjan 1972)."""
    number: list[int] = [-1] * len(arcs)
    low: list[int] = [0] * len(arcs)
    open_nodes: list[int] = []
    is_open = [False] * len(arcs)
    found: list[list[int]] = []
    counter = 0
    for root in range(len(arcs)):
        if number[root] >= 0:
            continue
        work: list[tuple[int, Iterator[int]]] = []
        entering: int | None = root
        while entering is not None or work:
            if entering is not None:
                number[entering] = low[entering] = counter
                counter += 1
                open_nodes.append(entering)
                is_open[entering] = True
                work.append((entering, iter(arcs[entering])))
            node, targets = work[-1]
            entering = _next_unseen(node, targets, number, low, is_open)
            if entering is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    found.append(_close(node, open_nodes, is_open))
    return found


def _next_unseen(
    node: int, targets: Iterator[int], number: list[int], low: list[int], is_open: list[bool]
) -> int | None:
    for target in targets:
        if number[target] < 0:
            return target
        if is_open[target]:
            low[node] = min(low[node], number[target])
    return None


def _close(node: int, open_nodes: list[int], is_open: list[bool]) -> list[int]:
    component = []
    while True:
        member = open_nodes.pop()
        is_open[member] = False
        component.append(member)
        if member == node:
            return component


def ancestors(arcs: Arcs) -> list[int]:
    """For each node the set of nodes from which a path of at least one arc leads to it, cycles included."""
    sources = reverse(arcs)
    before = [0] * len(arcs)
    for component in reversed(components(arcs)):
        own = _mask(component)
        found = own if len(component) > 1 or component[0] in arcs[component[0]] else 0
        for node in component:
            for source in sources[node]:
                if not own >> source & 1:
                    found |= before[source] | 1 << source
        for node in component:
            before[node] = found
    return before


def depth_first(arcs: Arcs, entries: Sequence[int]) -> tuple[list[int], list[tuple[int, int]]]:
    """Reached nodes in reverse post-order, and the arcs that lead back to a node on the path from the entry."""
    unseen, on_path, done = 0, 1, 2
    state = [unseen] * len(arcs)
    post_order: list[int] = []
    retreating: list[tuple[int, int]] = []
    for entry in reversed(entries):
        if state[entry] != unseen:
            continue
        state[entry] = on_path
        work = [(entry, iter(arcs[entry]))]
        while work:
            node, targets = work[-1]
            for target in targets:
                if state[target] == on_path:
                    retreating.append((node, target))
                elif state[target] == unseen:
                    state[target] = on_path
                    work.append((target, iter(arcs[target])))
                    break
            else:
                work.pop()
                state[node] = done
                post_order.append(node)
    return post_order[::-1], retreating


def topological_order(arcs: Arcs) -> list[int]:
    """All nodes of an acyclic graph, each after its sources; where there is a choice, the lower number first."""
    missing = [0] * len(arcs)
    for targets in arcs:
        for target in targets:
            missing[target] += 1
    ready = [node for node, count in enumerate(missing) if count == 0]
    heapify(ready)
    order = []
    while ready:
        node = heappop(ready)
        order.append(node)
        for target in arcs[node]:
            missing[target] -= 1
            if missing[target] == 0:
                heappush(ready, target)
    return order


def descendants(arcs: Arcs, order: Sequence[int]) -> list[int]:
    """For each node of an acyclic graph the set of nodes it leads to, itself included."""
    after = [0] * len(arcs)
    for node in reversed(order):
        found = 1 << node
        for target in arcs[node]:
            found |= after[target]
        after[node] = found
    return after


class Dominators:
    """Which nodes every path from an entry to a node must pass.

    Computed on the acyclic part of the graph only. In a reducible graph that is the same as on the whole graph, and the
    graph is reducible if and only if the target of each retreating arc dominates its source (Hecht and Ullman 1974).

    Args:
        order: Reached nodes, each after its forward sources.
        sources: Forward sources by node; entries have a virtual root before them.
        entries: Where runs start.
    """

    def __init__(self, order: Sequence[int], sources: Arcs, entries: Sequence[int]) -> None:
        self._root = len(sources)
        self.parent = [self._root] * (self._root + 1)
        self._depth = [0] * (self._root + 1)
        self._jump = [self._root] * (self._root + 1)
        starts = set(entries)
        for node in order:
            above = self._root if node in starts else sources[node][0]
            for source in sources[node]:
                above = self._meet(above, source)
            self._hang(node, above)

    def dominates(self, above: int, node: int) -> bool:
        """Whether each path to `node` passes `above`; a node dominates itself."""
        return self._lift(node, self._depth[above]) == above

    def dominated(self, order: Sequence[int]) -> list[int]:
        """For each node the set of nodes that it dominates, itself included."""
        below = [0] * (self._root + 1)
        for node in reversed(order):
            below[node] |= 1 << node
            below[self.parent[node]] |= below[node]
        return below

    def _hang(self, node: int, parent: int) -> None:
        # Skew-binary jump pointers (Myers 1983): any ancestor in O(log n) steps, one pointer a node.
        self.parent[node] = parent
        self._depth[node] = self._depth[parent] + 1
        jump = self._jump[parent]
        even = self._depth[parent] - self._depth[jump] == self._depth[jump] - self._depth[self._jump[jump]]
        self._jump[node] = self._jump[jump] if even else parent

    def _lift(self, node: int, depth: int) -> int:
        while self._depth[node] > depth:
            node = self._jump[node] if self._depth[self._jump[node]] >= depth else self.parent[node]
        return node

    def _meet(self, one: int, other: int) -> int:
        one, other = self._lift(one, self._depth[other]), self._lift(other, self._depth[one])
        while one != other:
            if self._jump[one] != self._jump[other]:
                one, other = self._jump[one], self._jump[other]
            else:
                one, other = self.parent[one], self.parent[other]
        return one


def _mask(nodes: Sequence[int]) -> int:
    found = 0
    for node in nodes:
        found |= 1 << node
    return found
