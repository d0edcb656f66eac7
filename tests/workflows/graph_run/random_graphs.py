"""Random graphs that the compiler accepts: built of parts that people draw, or thrown together wildly."""

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from schemas.compiler import compile_document
from schemas.document import OnError
from schemas.plan import PlanGraph
from tests.schemas.documents import branch, document, transform

JOINS = st.sampled_from(["all", "any"])
ON_ERROR = st.sampled_from(["fail", "continue", "route"])


class Drawing:
    """A document that grows node by node.

    Args:
        draw: Makes the random choices.
        size: Most nodes that it starts to draw.
    """

    def __init__(self, draw: st.DrawFn, size: int) -> None:
        self.draw = draw
        self.size = size
        self.nodes: list[dict[str, Any]] = []
        self.edges: list[str] = []
        self.headers: list[dict[str, Any]] = []

    def step(self, sources: list[str]) -> list[str]:
        """One node behind all of `sources`; returns its ports as `node.port`."""
        on_error = self.draw(ON_ERROR)
        node = transform(f"n{len(self.nodes)}", join=self.draw(JOINS), on_error=on_error)
        self._place(node, sources)
        return [f"{node['id']}.out"] + ([f"{node['id']}.error"] if on_error == "route" else [])

    def branch(self, sources: list[str]) -> list[str]:
        node = branch(f"n{len(self.nodes)}", *["p", "q"][: self.draw(st.integers(1, 2))], join=self.draw(JOINS))
        self._place(node, sources)
        return [f"{node['id']}.{port}" for port in (*[case["name"] for case in node["with"]["cases"]], "else")]

    def _place(self, node: dict[str, Any], sources: list[str]) -> None:
        self.nodes.append(node)
        self.edges += [f"{source} > {node['id']}" for source in dict.fromkeys(sources)]

    def part(self, sources: list[str], depth: int) -> list[str]:
        """A random part behind `sources`; returns the ports it is left by."""
        if depth == 0 or len(self.nodes) >= self.size:
            return self.step(sources)
        kind = self.draw(st.sampled_from(["step", "row", "parallel", "choice", "loop", "loop"]))
        if kind == "step":
            return self.step(sources)
        if kind == "row":
            return self.part(self.part(sources, depth - 1), depth - 1)
        if kind == "loop":
            return self.loop(sources, depth)
        ways = self.branch(sources) if kind == "choice" else self.step(sources)[:1] * 2
        return self.ways(ways, depth)

    def ways(self, starts: list[str], depth: int) -> list[str]:
        """Parts beside each other; some come together again, some end where they are."""
        ends: list[str] = []
        for start in starts:
            what = self.draw(st.sampled_from(["part", "part", "nothing", "side"]))
            if what == "nothing":
                ends.append(start)
                continue
            left = self.part([start], depth - 1)
            ends += left if what == "part" else []
        return ends or self.step(starts[:1])

    def loop(self, sources: list[str], depth: int) -> list[str]:
        first = self.step(sources)
        header = self.nodes[-1]
        header["max_iterations"] = self.draw(st.integers(1, 4))
        body = self.part(first[:1], depth - 1) if self.draw(st.booleans()) else first[:1]
        cut = self.draw(st.integers(1, len(body)))
        back, *on = self.branch(body[:cut])
        self.edges.append(f"{back} > {header['id']}")
        if len(on) > 1 and self.draw(st.booleans()):
            self.edges.append(f"{on.pop(0)} > {header['id']}")
        if self.draw(st.booleans()):
            self.part([back], 0)  # runs in every iteration that goes back
        return on + body[cut:] + first[1:]  # what is left of the body breaks out


def compiled_or_none(nodes: list[dict[str, Any]], edges: list[str]) -> PlanGraph | None:
    plan = compile_document(document(nodes, edges)).plan
    return None if plan is None else plan.graph


@st.composite
def drawn_graphs(draw: st.DrawFn) -> PlanGraph:
    """Rows, parallel parts, choices, loops with breaks and side branches, inside each other."""
    drawing = Drawing(draw, size=12)
    ends = drawing.part([], 3)
    if draw(st.booleans()):
        drawing.part(ends, 1)
    graph = compiled_or_none(drawing.nodes, drawing.edges)
    for _ in range(draw(st.integers(0, 3))):
        more = _another_edge(draw, drawing.nodes, drawing.edges)
        wider = compiled_or_none(drawing.nodes, more)
        if wider is not None:
            graph, drawing.edges = wider, more
    assert graph is not None, (drawing.nodes, drawing.edges)
    return graph


def _another_edge(draw: st.DrawFn, nodes: list[dict[str, Any]], edges: list[str]) -> list[str]:
    source, target = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
    port = draw(st.sampled_from(["p", "else"])) if source["kind"] == "branch" else "out"
    return list(dict.fromkeys([*edges, f"{source['id']}.{port} > {target['id']}"]))


@st.composite
def wild_graphs(draw: st.DrawFn) -> PlanGraph:
    """Any edges at all, as long as the compiler takes them; most go from one node to one of the next."""
    count = draw(st.integers(1, 8))
    nodes = [_wild_node(draw, f"n{i}") for i in range(count)]
    edges = [f"{a['id']}.{draw(_ports(a))} > {b['id']}" for a, b in pairwise(nodes) if draw(st.integers(0, 3))]
    graph = compiled_or_none(nodes, edges)
    assert graph is not None
    for _ in range(draw(st.integers(0, count * 2))):
        source, target = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        more = list(dict.fromkeys([*edges, f"{source['id']}.{draw(_ports(source))} > {target['id']}"]))
        wider = compiled_or_none(nodes, more)
        if wider is not None:
            graph, edges = wider, more
    return graph


def _wild_node(draw: st.DrawFn, name: str) -> dict[str, Any]:
    if draw(st.integers(0, 2)):
        return branch(name, "p", "q", join=draw(JOINS))
    return transform(name, join=draw(JOINS), on_error=draw(ON_ERROR))


def _ports(node: dict[str, Any]) -> st.SearchStrategy[str]:
    if node["kind"] == "branch":
        return st.sampled_from(["p", "q", "else"])
    return st.sampled_from(["out", "error"] if node["on_error"] == OnError.ROUTE else ["out"])
