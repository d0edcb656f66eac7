"""Loops: examples by hand, and random graphs against the definitions taken literally."""

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schemas.compiler import compile_document
from schemas.faults import FaultCode
from schemas.limits import MAX_LOOP_DEPTH
from schemas.plan import PlanGraph
from tests.schemas.documents import branch, codes_of, compiled, document, faults_of, node, only_fault, transform


def graph(nodes: list[Any], edges: list[str]) -> PlanGraph:
    return compiled(document(nodes, edges)).graph


def loops(found: PlanGraph) -> list[tuple[str, str, set[str], int | None]]:
    return [(loop.header, loop.latch, set(loop.nodes), loop.parent) for loop in found.loops]


def test_an_edge_that_goes_back_makes_a_loop() -> None:
    found = graph(
        [transform("start"), transform("draft"), branch("check", "again"), transform("end")],
        ["start > draft", "draft > check", "check.again > draft", "check.else > end"],
    )
    assert loops(found) == [("draft", "check", {"draft", "check"}, None)]
    assert [n.loop for n in found.nodes] == [None, 0, 0, None]
    assert [(e.source, e.target) for e in found.edges if e.back] == [("check", "draft")]
    assert found.loops[0].max_iterations == 25
    assert found.loops[0].nodes == ("draft", "check")


def test_a_graph_may_begin_with_a_loop() -> None:
    found = graph([transform("a"), branch("b")], ["a > b", "b.yes > a"])
    assert loops(found) == [("a", "b", {"a", "b"}, None)]
    first = faults_of(document([branch("b"), transform("a")], ["a > b", "b.yes > a"]))
    assert "from `a` to `b` goes back" in first[0].message


def test_a_node_may_repeat_itself() -> None:
    found = graph([branch("b", "again"), transform("end")], ["b.again > b", "b.else > end"])
    assert loops(found) == [("b", "b", {"b"}, None)]


def test_an_approval_may_ask_again() -> None:
    found = graph([transform("a"), node("ask", "approval", title="?")], ["a > ask", "ask.rejected > a"])
    assert loops(found) == [("a", "ask", {"a", "ask"}, None)]


def test_a_side_branch_belongs_to_the_loop() -> None:
    found = graph(
        [transform("h"), transform("log"), branch("l", "again"), transform("end")],
        ["h > l", "h > log", "l.again > h", "l.else > end"],
    )
    assert loops(found) == [("h", "l", {"h", "log", "l"}, None)]


def test_what_follows_the_going_back_port_belongs_to_the_loop() -> None:
    found = graph(
        [transform("h"), branch("l", "again"), transform("log"), transform("end")],
        ["h > l", "l.again > h", "l.again > log", "l.else > end"],
    )
    assert loops(found) == [("h", "l", {"h", "log", "l"}, None)]


def test_a_break_leads_out_of_the_loop() -> None:
    found = graph(
        [transform("h"), branch("stop", "now"), branch("l", "again"), transform("end")],
        ["h > stop", "stop.now > end", "stop.else > l", "l.again > h", "l.else > end"],
    )
    assert loops(found) == [("h", "l", {"h", "stop", "l"}, None)]


def test_loops_may_be_nested_or_follow_one_another() -> None:
    found = graph(
        [transform("o"), transform("i"), branch("il", "again"), branch("ol", "again"), transform("n"), branch("nl")],
        ["o > i", "i > il", "il.again > i", "il.else > ol", "ol.again > o", "ol.else > n", "n > nl", "nl.yes > n"],
    )
    assert loops(found) == [
        ("o", "ol", {"o", "i", "il", "ol"}, None),
        ("i", "il", {"i", "il"}, 0),
        ("n", "nl", {"n", "nl"}, None),
    ]
    assert {n.id: n.loop for n in found.nodes} == {"o": 0, "i": 1, "il": 1, "ol": 0, "n": 2, "nl": 2}


def test_several_ports_may_go_back() -> None:
    found = graph([transform("h"), branch("l", "a", "b")], ["h > l", "l.a > h", "l.b > h"])
    assert loops(found) == [("h", "l", {"h", "l"}, None)]


@pytest.mark.parametrize(
    ("nodes", "edges", "part"),
    [
        ([transform("a"), transform("b")], ["a > b", "b > a"], "`approval`, `branch`"),
        ([transform("a")], ["a > a"], "goes back"),
        (
            [transform("h"), branch("x"), branch("y")],
            ["h > x", "x.yes > h", "x.else > y", "y.yes > h"],
            "let one branch decide",
        ),
        (
            [transform("a"), transform("b"), branch("l", "x", "y")],
            ["a > b", "b > l", "l.x > a", "l.y > b"],
            "only one loop",
        ),
        (
            [transform("s"), transform("h"), transform("side"), branch("l")],
            ["s > h", "h > l", "l.yes > h", "h > side", "s > side"],
            "enter it at `h` only",
        ),
    ],
)
def test_other_loops_are_refused(nodes: list[Any], edges: list[str], part: str) -> None:
    fault = only_fault(document(nodes, edges))
    assert fault.code is FaultCode.INVALID_LOOP
    assert part in fault.message
    assert fault.pointer[0] == "edges"


def test_loops_that_share_a_part_are_refused() -> None:
    raw = document(
        [transform("a"), transform("b"), branch("x"), branch("y")],
        ["a > b", "b > x", "x.yes > a", "x.else > y", "y.yes > b"],
    )
    assert codes_of(raw) == {FaultCode.INVALID_LOOP}


def test_a_cycle_with_two_ways_in_is_refused_with_its_nodes() -> None:
    raw = document([branch("s"), branch("a"), branch("b")], ["s.yes > a", "s.else > b", "a.yes > b", "b.yes > a"])
    fault = only_fault(raw)
    assert fault.code is FaultCode.IRREDUCIBLE_CYCLE
    assert "`a`, `b`" in fault.message


def test_an_island_is_unreachable() -> None:
    raw = document([transform("a"), transform("c"), branch("d"), transform("e")], ["c > d", "d.yes > c", "d.else > e"])
    faults = faults_of(raw)
    assert {fault.code for fault in faults} == {FaultCode.UNREACHABLE_NODE}
    assert [fault.node for fault in faults] == ["c", "d", "e"]


def test_loops_inside_each_other_have_a_limit() -> None:
    def nested(levels: int) -> dict[str, Any]:
        headers = [transform(f"h{i}") for i in range(levels)]
        latches = [branch(f"l{i}", "again") for i in range(levels)]
        chain = [h["id"] for h in headers]
        edges = [f"{a} > {b}" for a, b in pairwise(chain)]
        edges += [f"h{levels - 1} > l{levels - 1}"]
        edges += [f"l{i}.else > l{i - 1}" for i in range(1, levels)]
        return document(headers + latches, edges + [f"l{i}.again > h{i}" for i in range(levels)])

    assert len(compiled(nested(MAX_LOOP_DEPTH)).graph.loops) == MAX_LOOP_DEPTH
    assert codes_of(nested(MAX_LOOP_DEPTH + 1)) == {FaultCode.INVALID_LOOP}


def chain(count: int) -> dict[str, Any]:
    nodes = [transform("n0")]
    nodes += [transform(f"n{i}", f"{{{{ nodes.n{i - 1}.output + {i} }}}}") for i in range(1, count)]
    return document(nodes, [f"n{i} > n{i + 1}" for i in range(count - 1)])


def many_loops(count: int) -> dict[str, Any]:
    nodes, edges = [], []
    for i in range(count):
        nodes += [transform(f"h{i}", f"{{{{ input.x > {i} }}}}"), branch(f"l{i}", "again")]
        edges += [f"h{i} > l{i}", f"l{i}.again > h{i}"] + ([f"l{i - 1}.else > h{i}"] if i else [])
    return document(nodes, edges)


def layers(width: int, depth: int) -> dict[str, Any]:
    nodes = [transform(f"n{d}_{w}") for d in range(depth) for w in range(width)]
    edges = [f"n{d}_{w} > n{d + 1}_{v}" for d in range(depth - 1) for w in range(width) for v in (w, (w + 1) % width)]
    return document(nodes, edges)


@pytest.mark.parametrize(
    ("small", "large"),
    [
        (chain(500), chain(5_000)),
        (many_loops(200), many_loops(2_000)),
        (layers(50, 10), layers(50, 100)),
        (layers(5, 100), layers(5, 1_000)),
    ],
)
def test_ten_times_the_nodes_take_not_much_more_than_ten_times_the_work(
    small: dict[str, Any], large: dict[str, Any]
) -> None:
    compiled(document([transform("warm", "{{ 1 + 1 }}")]))
    assert calls_to_compile(large) < 12 * calls_to_compile(small)


def calls_to_compile(raw: dict[str, Any]) -> int:
    """How many functions are entered and left: the same on a busy machine, which seconds are not."""
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        compiled(raw)
    finally:
        sys.setprofile(before)
    return count


# Random graphs against the definitions of the graph's semantics, taken literally.


@dataclass
class Naive:
    """The definitions, in the most obvious way."""

    names: list[str]
    edges: list[tuple[str, str, str]]
    latches: set[str]
    forward: list[tuple[str, str, str]] = field(default_factory=list)

    def reach(self, starts: set[str], edges: list[tuple[str, str, str]], without: str | None = None) -> set[str]:
        found: set[str] = set()
        work = [s for s in starts if s != without]
        while work:
            top = work.pop()
            if top not in found:
                found.add(top)
                work += [t for s, _, t in edges if s == top and t != without]
        return found

    def before(self, name: str) -> set[str]:
        """Nodes from which a path of at least one edge leads to a node."""
        return {n for n in self.names if name in self.reach({t for s, _, t in self.edges if s == n}, self.edges)}

    def entries(self) -> set[str]:
        entries = {n for n in self.names if not any(t == n for _, _, t in self.edges)}
        cyclic = [n for n in self.names if n in self.before(n) and all(n in self.before(p) for p in self.before(n))]
        if cyclic and (cyclic[0] == self.names[0] or not entries):
            entries.add(cyclic[0])
        return entries

    def dominates(self, above: str, name: str, entries: set[str]) -> bool:
        return above == name or name not in self.reach(entries, self.edges, without=above)

    def analyse(self) -> "tuple[str, dict[str, tuple[str, frozenset[str]]]]":
        """A verdict, and latch and region by header if it is `fine`."""
        entries = self.entries()
        if self.reach(entries, self.edges) != set(self.names):
            return "unreachable", {}
        back = [e for e in self.edges if self.dominates(e[2], e[0], entries)]
        self.forward = [e for e in self.edges if e not in back]
        if any(n in self.reach({t for s, _, t in self.forward if s == n}, self.forward) for n in self.names):
            return "irreducible", {}
        return self.loops(back, entries)

    def loops(
        self, back: list[tuple[str, str, str]], entries: set[str]
    ) -> "tuple[str, dict[str, tuple[str, frozenset[str]]]]":
        sources, targets = defaultdict(set), defaultdict(set)
        for source, _, target in back:
            sources[target].add(source)
            targets[source].add(target)
        if any(len(found) > 1 for found in [*sources.values(), *targets.values()]) or set(targets) - self.latches:
            return "bad loop", {}
        found = {}
        for header, (latch,) in sources.items():
            going_back = {(s, p) for s, p, _ in back}
            exits = {t for s, p, t in self.forward if s == latch and (s, p) not in going_back}
            region = self.reach({header}, self.forward) - self.reach(exits, self.forward)
            if not all(self.dominates(header, n, entries) for n in region):
                return "bad loop", {}
            found[header] = (latch, frozenset(region))
        regions = [region for _, region in found.values()]
        if any(a & b and not a <= b and not b <= a for a in regions for b in regions):
            return "bad loop", {}
        return "fine", found


@st.composite
def graphs(draw: st.DrawFn) -> Naive:
    count = draw(st.integers(1, 8))
    names = [f"n{i}" for i in range(count)]
    latches = {name for name in names if draw(st.integers(0, 2))}
    edges = set()
    for _ in range(draw(st.integers(0, count * 2))):
        source, target = draw(st.sampled_from(names)), draw(st.sampled_from(names))
        port = draw(st.sampled_from(["p", "q", "else"])) if source in latches else "out"
        edges.add((source, port, target))
    for before, after in pairwise(names):
        if draw(st.booleans()):
            edges.add((before, "else" if before in latches else "out", after))
    return Naive(names, sorted(edges), latches)


def as_document(naive: Naive, values: dict[str, str] | None = None) -> dict[str, Any]:
    nodes = [
        branch(name, "p", "q") if name in naive.latches else transform(name, (values or {}).get(name, 1))
        for name in naive.names
    ]
    return document(nodes, [f"{source}.{port} > {target}" for source, port, target in naive.edges])


VERDICTS = {
    FaultCode.UNREACHABLE_NODE: "unreachable",
    FaultCode.IRREDUCIBLE_CYCLE: "irreducible",
    FaultCode.INVALID_LOOP: "bad loop",
}


@given(naive=graphs())
@settings(max_examples=500, deadline=None)
def test_loops_obey_the_definitions(naive: Naive) -> None:
    verdict, expected = naive.analyse()
    result = compile_document(as_document(naive))
    if result.plan is None:
        assert verdict in {VERDICTS[fault.code] for fault in result.faults}
        return
    assert verdict == "fine"
    found = result.plan.graph
    assert {loop.header: (loop.latch, frozenset(loop.nodes)) for loop in found.loops} == expected
    check_order(found)
    check_nesting(found)


def check_order(found: PlanGraph) -> None:
    place = {n.id: i for i, n in enumerate(found.nodes)}
    assert all((place[e.source] < place[e.target]) != e.back for e in found.edges)
    for loop in found.loops:
        assert [place[n] for n in loop.nodes] == sorted(place[n] for n in loop.nodes)


def check_nesting(found: PlanGraph) -> None:
    regions = found.loop_members
    for number, loop in enumerate(found.loops):
        around = [i for i, region in enumerate(regions) if i != number and regions[number] < region]
        assert loop.parent == min(around, key=lambda i: len(regions[i]), default=None)
    for n in found.nodes:
        inside = [i for i, region in enumerate(regions) if n.id in region]
        assert n.loop == min(inside, key=lambda i: len(regions[i]), default=None)


@given(naive=graphs(), data=st.data())
@settings(max_examples=200, deadline=None)
def test_what_can_be_read_obeys_the_definition(naive: Naive, data: st.DataObject) -> None:
    plain = [name for name in naive.names if name not in naive.latches]
    assume(plain)
    reader, read = data.draw(st.sampled_from(plain)), data.draw(st.sampled_from(naive.names))
    result = compile_document(as_document(naive, {reader: f"{{{{ nodes.{read}.output }}}}"}))
    refused = any(fault.code is FaultCode.NOT_YET_RUN for fault in result.faults)
    assert refused == (read not in naive.before(reader))
