"""Each rule of the semantics on a small graph with names."""

from typing import Any

import pytest

from schemas.messages import NodeStatus
from schemas.plan import PlanGraph
from tests.schemas.documents import branch, compiled, document, node, transform
from tests.workflows.graph_run.pure_walk import FAILURE, STOP, PureWalk
from workflows.graph_run.scheduler import Scheduler
from workflows.graph_run.state import Frame, NodeState, dump_frame, load_frame


def graph(nodes: list[Any], edges: list[str]) -> PlanGraph:
    return compiled(document([transform(n) if isinstance(n, str) else n for n in nodes], edges)).graph


def loop_graph(**header: Any) -> PlanGraph:
    return graph(
        ["start", transform("draft", **header), branch("check", "again"), "end"],
        ["start > draft", "draft > check", "check.again > draft", "check.else > end"],
    )


# Joins


def test_nodes_without_incoming_edges_start() -> None:
    walk = PureWalk(graph(["a", "b"], [])).run()
    assert walk.executed == ["a", "b"]
    assert walk.scheduler.finished


def test_a_join_waits_for_all_its_edges() -> None:
    walk = PureWalk(graph(["a", "b", "join"], ["a > join", "b > join"]))
    walk.finish(walk.start())
    assert walk.scheduler.take_ready() == "b"
    assert not walk.scheduler.has_ready
    walk.finish("b")
    assert walk.scheduler.peek_ready() == "join"


def test_a_join_runs_if_one_of_its_edges_was_taken() -> None:
    choice = graph([branch("if"), "yes", "no", "join"], ["if.yes > yes", "if.else > no", "yes > join", "no > join"])
    walk = PureWalk(choice, {"if": ["yes"]}).run()
    assert walk.executed == ["if", "yes", "join"]
    assert walk.skipped == ["no"]


def test_join_any_runs_once_at_the_first_taken_edge() -> None:
    any_graph = graph(["a", "b", transform("join", join="any"), "end"], ["a > join", "b > join", "join > end"])
    walk = PureWalk(any_graph)
    assert [walk.start(), walk.start()] == ["a", "b"]
    walk.finish("b")
    walk.finish(walk.start())
    walk.finish(walk.start())
    assert not walk.scheduler.finished
    walk.finish("a")
    assert walk.executed == ["a", "b", "join", "end"]
    assert walk.scheduler.finished
    assert not walk.scheduler.has_ready


def test_join_any_is_skipped_when_all_edges_are_dead() -> None:
    any_graph = graph(
        [branch("x"), branch("y"), transform("join", join="any"), "end"], ["x.yes > join", "y.yes > join", "join > end"]
    )
    assert PureWalk(any_graph).run().skipped == ["join", "end"]


# Dead paths


def test_a_dead_path_is_skipped_to_its_end() -> None:
    walk = PureWalk(graph([branch("if"), "a", "b", "c"], ["if.yes > a", "a > b", "b > c"])).run()
    assert walk.executed == ["if"]
    assert walk.skipped == ["a", "b", "c"]
    assert walk.scheduler.finished


def test_a_port_without_an_edge_ends_its_path() -> None:
    walk = PureWalk(graph([branch("if"), "a"], ["if.yes > a"]), {"if": ["else"]}).run()
    assert (walk.skipped, walk.scheduler.finished) == (["a"], True)


def test_two_edges_from_one_node_to_another_count_each() -> None:
    both = graph([branch("if", "x", "y"), "a"], ["if.x > a", "if.y > a"])
    assert PureWalk(both, {"if": ["y"]}).run().executed == ["if", "a"]
    assert PureWalk(both, {"if": ["else"]}).run().skipped == ["a"]


def test_a_skipped_node_has_no_output_even_if_it_had_one_before() -> None:
    body = graph(
        ["h", branch("b"), "x", branch("l", "again")], ["h > b", "b.yes > x", "b.else > l", "x > l", "l.again > h"]
    )
    walk = PureWalk(body, {"b": ["yes", "else"], "l": ["again", "else"]}).run()
    assert walk.executed == ["h", "b", "x", "l", "h#1", "b#1", "l#1"]
    state = walk.frame.nodes["x"]
    assert (state.status, state.output, state.iteration) == (NodeStatus.SKIPPED, None, 1)


# Errors


def test_an_error_that_is_routed_takes_the_error_port_only() -> None:
    routed = graph([transform("a", on_error="route"), "fine", "sorry"], ["a > fine", "a.error > sorry"])
    walk = PureWalk(routed, {"a": ["error"]}).run()
    assert (walk.executed, walk.skipped) == (["a", "sorry"], ["fine"])
    assert walk.frame.nodes["a"].status is NodeStatus.FAILED
    assert PureWalk(routed, {"a": ["out"]}).run().skipped == ["sorry"]


def test_an_error_that_is_passed_over_goes_on_through_the_default_port() -> None:
    walk = PureWalk(graph([transform("a", on_error="continue"), "b"], ["a > b"]))
    walk.scheduler.take_ready()
    walk.scheduler.complete("a", "out", None, FAILURE)
    assert walk.run().executed == ["b"]
    assert walk.frame.nodes["a"].error == FAILURE


def test_a_compensation_node_is_never_walked() -> None:
    walk = PureWalk(graph([transform("a", compensate_with="undo"), "undo"], [])).run()
    assert walk.executed == ["a"]
    assert walk.scheduler.finished


# Loops


def test_a_loop_repeats_until_its_latch_leaves_otherwise() -> None:
    walk = PureWalk(loop_graph(), {"check": ["again", "again", "else"]}).run()
    loop = ["draft", "check", "draft#1", "check#1", "draft#2", "check#2"]
    assert walk.executed == ["start", *loop, "end"]
    assert walk.frame.loops == {0: 2}


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_loop_beyond_its_limit_stops(limit: int) -> None:
    walk = PureWalk(loop_graph(max_iterations=limit), {"check": ["again"]}).run()
    assert walk.executed.count("draft") == 1
    assert len(walk.executed) == 1 + 2 * limit
    assert walk.scheduler.exceeded is not None
    assert walk.scheduler.exceeded.header == "draft"
    assert not walk.scheduler.finished
    again = Scheduler(walk.graph, load_frame(dump_frame(walk.frame)))
    assert again.exceeded is not None
    assert not again.has_ready


def test_a_node_may_repeat_itself() -> None:
    again = graph([branch("ask", "again"), "end"], ["ask.again > ask", "ask.else > end"])
    walk = PureWalk(again, {"ask": ["again", "again", "else"]}).run()
    assert walk.executed == ["ask", "ask#1", "ask#2", "end"]


def test_the_last_output_stays_readable_in_the_next_iteration() -> None:
    walk = PureWalk(loop_graph(), {"check": ["again", "else"]})
    for _ in range(3):
        walk.finish(walk.start())
    assert walk.start() == "draft"
    assert (walk.frame.nodes["draft"].output, walk.frame.nodes["draft"].iteration) == ("draft:0", 1)


def test_a_side_branch_runs_in_every_iteration_and_holds_it_open() -> None:
    side = graph(["h", "log", branch("l", "again"), "end"], ["h > l", "h > log", "l.again > h", "l.else > end"])
    walk = PureWalk(side, {"l": ["again", "else"]})
    walk.finish(walk.start())
    assert {walk.start(), walk.start()} == {"log", "l"}
    walk.finish("l")
    assert not walk.scheduler.has_ready  # the iteration is not over before the side branch is done
    walk.finish("log")
    walk.run()
    assert sorted(walk.executed) == ["end", "h", "h#1", "l", "l#1", "log", "log#1"]


def test_what_follows_a_break_waits_for_the_end_of_the_loop() -> None:
    broken = graph(
        ["h", branch("stop", "now"), "work", branch("l", "again"), "end"],
        ["h > stop", "h > work", "stop.now > end", "work > l", "l.again > h", "l.else > end"],
    )
    walk = PureWalk(broken, {"stop": ["now", "else"], "l": ["again", "else"]}).run()
    # Only the last iteration counts: there the loop was left through its latch.
    assert walk.executed.count("end") == 1
    assert walk.executed[-1] == "end"
    assert "h#1" in walk.executed


def test_a_break_past_the_latch_ends_the_loop() -> None:
    broken = graph(
        ["h", branch("stop", "now"), branch("l", "again"), "late", "end"],
        ["h > stop", "stop.now > end", "stop.else > l", "l.again > h", "l.else > late", "late > end"],
    )
    walk = PureWalk(broken, {"stop": ["else", "now"], "l": ["again"]}).run()
    assert walk.executed == ["h", "stop", "l", "h#1", "stop#1", "end"]
    assert walk.skipped == ["l", "late"]


def test_what_only_a_break_leads_to_belongs_to_the_loop() -> None:
    broken = graph(
        ["h", branch("stop", "now"), branch("l", "again"), "early"],
        ["h > stop", "stop.now > early", "stop.else > l", "l.again > h"],
    )
    walk = PureWalk(broken, {"stop": ["else", "now"], "l": ["again"]}).run()
    assert walk.executed == ["h", "stop", "l", "h#1", "stop#1", "early#1"]


def test_a_loop_that_is_not_entered_is_skipped_as_a_whole() -> None:
    around = graph(
        [branch("if"), "h", branch("l", "again"), "end"], ["if.yes > h", "h > l", "l.again > h", "l.else > end"]
    )
    walk = PureWalk(around, {"if": ["else"]}).run()
    assert (walk.executed, walk.skipped) == (["if"], ["h", "l", "end"])
    assert walk.scheduler.finished


def nested(**inner: Any) -> PlanGraph:
    return graph(
        ["o", transform("i", **inner), branch("il", "again"), branch("ol", "again"), "end"],
        ["o > i", "i > il", "il.again > i", "il.else > ol", "ol.again > o", "ol.else > end"],
    )


def test_an_inner_loop_starts_anew_in_each_outer_iteration() -> None:
    walk = PureWalk(nested(max_iterations=2), {"il": ["again", "else"] * 2 + ["else"], "ol": ["again", "else"]})
    walk.run()
    first = ["o", "i", "il", "i#1", "il#1", "ol"]
    assert walk.executed[:6] == first
    assert walk.executed[6:8] == ["o#1", "i#2"]  # iterations count on, so that no execution has the key of another
    assert walk.scheduler.finished


def test_the_limit_of_an_inner_loop_holds_per_outer_iteration() -> None:
    script = {"il": ["again", "else", "again", "again"], "ol": ["again"]}
    walk = PureWalk(nested(max_iterations=2), script).run()
    assert walk.scheduler.exceeded is not None
    assert walk.scheduler.exceeded.header == "i"
    assert walk.executed[-1] == "il#3"


def test_an_edge_out_of_both_loops_waits_for_the_outer_one() -> None:
    inner = ["i.yes > end", "i.else > il", "il.again > i", "il.else > ol"]
    out = graph(
        ["o", branch("i"), branch("il", "again"), "rest", branch("ol", "again"), transform("end", join="any")],
        ["o > i", "o > rest", *inner, "rest > ol", "ol.again > o", "ol.else > end"],
    )
    walk = PureWalk(out, {"i": ["yes"]})
    walk.finish(walk.start())
    assert {walk.start(), walk.start()} == {"i", "rest"}
    walk.finish("i")
    assert walk.skipped == ["il"]  # the inner loop is over, the outer one waits for `rest`
    assert not walk.scheduler.has_ready
    walk.finish("rest")
    assert walk.run().executed[-2:] == ["ol", "end"]


def test_an_approval_that_asks_again_is_a_loop() -> None:
    ask = graph(["a", node("ask", "approval", title="?"), "end"], ["a > ask", "ask.rejected > a", "ask.approved > end"])
    walk = PureWalk(ask, {"ask": ["rejected", "approved"]}).run()
    assert walk.executed == ["a", "ask", "a#1", "ask#1", "end"]


def test_a_late_edge_into_a_loop_changes_nothing() -> None:
    late = graph(
        ["a", "b", transform("h", join="any"), branch("l", "again")], ["a > h", "b > h", "h > l", "l.again > h"]
    )
    walk = PureWalk(late, {"l": ["again", "else"]})
    assert [walk.start(), walk.start()] == ["a", "b"]
    walk.finish("a")
    walk.run()
    assert walk.executed == ["a", "b", "h", "l", "h#1", "l#1"]
    walk.finish("b")
    assert not walk.scheduler.has_ready
    assert walk.scheduler.finished


# Going on from a frame


def test_nodes_under_way_run_again_after_an_interruption() -> None:
    walk = PureWalk(graph(["a", "b", "join"], ["a > join", "b > join"]))
    walk.finish(walk.start())
    walk.start()
    again = PureWalk(walk.graph, frame=load_frame(dump_frame(walk.frame))).run()
    assert again.executed == ["b", "join"]


@pytest.mark.parametrize("status", [NodeStatus.CANCELLED, NodeStatus.FAILED])
def test_stopped_nodes_run_again_instead_of_killing_their_paths(status: NodeStatus) -> None:
    row = graph(["a", "b"], ["a > b"])
    walk = PureWalk(row, frame=Frame(nodes={"a": NodeState(status=status)})).run()
    assert (walk.executed, walk.skipped) == (["a", "b"], [])


def test_a_stop_leaves_the_rest_open() -> None:
    walk = PureWalk(graph(["a", "b"], ["a > b"]), {"a": [STOP]}).run()
    assert (walk.failed, walk.scheduler.finished) == ("a", False)
    assert walk.frame.nodes["b"].status is NodeStatus.PENDING
