"""Retry and fork: what runs anew, under which iteration, and what stays as it was."""

from itertools import pairwise
from typing import Any

import pytest

from schemas.errors import ErrorCode, PerdureError
from schemas.messages import NodeStatus, RunEdit, RunStatus
from schemas.plan import PinnedVersion, PlanGraph
from tests.schemas.documents import branch, compiled, document, foreach, node, transform
from tests.workflows.graph_run.pure_walk import STOP, PureWalk
from workflows.graph_run.edits import apply_edit
from workflows.graph_run.state import Ending, NodeState, Snapshot, Undo, dump_snapshot, load_snapshot

RETRY = RunEdit(mode="retry")


def graph(nodes: list[Any], edges: list[str]) -> PlanGraph:
    return compiled(document([transform(n) if isinstance(n, str) else n for n in nodes], edges)).graph


def ask(name: str) -> dict[str, Any]:
    return node(name, "approval", title="?")


def fork(at: str, **outputs: Any) -> RunEdit:
    return RunEdit(mode="fork", node=at, outputs=outputs)


def row(*names: Any) -> PlanGraph:
    ids = [n if isinstance(n, str) else n["id"] for n in names]
    ports = {n["id"]: ".approved" for n in names if isinstance(n, dict) and n["kind"] == "approval"}
    return graph(list(names), [f"{a}{ports.get(a, '')} > {b}" for a, b in pairwise(ids)])


def looped(**header: Any) -> PlanGraph:
    return graph(
        ["a", transform("h", **header), "work", branch("l", "again"), "z"],
        ["a > h", "h > work", "work > l", "l.again > h", "l.else > z"],
    )


def ended(walk: PureWalk, status: RunStatus = RunStatus.FAILED) -> Snapshot:
    """The snapshot that a run leaves behind, after a trip through JSON."""
    return load_snapshot(dump_snapshot(Snapshot(frame=walk.frame, ending=Ending(status), paused=True)))


def edited(plan: PlanGraph, snapshot: Snapshot, edit: RunEdit, script: dict[str, list[str]] | None = None) -> PureWalk:
    apply_edit(plan, snapshot, edit)
    return PureWalk(plan, script, snapshot.frame).run()


def compensate(snapshot: Snapshot, *names: str) -> None:
    for name in names:
        snapshot.frame.nodes[name].status = NodeStatus.COMPENSATED


# Retry


def test_retry_runs_the_failed_node_and_goes_on() -> None:
    plan = row("a", "b", "c")
    walk = PureWalk(plan, {"b": [STOP]}).run()
    again = edited(plan, ended(walk), RETRY)
    assert again.executed == ["b", "c"]
    assert again.frame.nodes["a"].output == "a:0"
    assert again.frame.nodes["b"].error is None


def test_retry_starts_with_neither_ending_nor_pause() -> None:
    plan = row("a")
    snapshot = ended(PureWalk(plan, {"a": [STOP]}).run())
    apply_edit(plan, snapshot, RETRY)
    assert (snapshot.ending, snapshot.paused) == (None, False)


def test_retry_runs_interrupted_nodes_under_their_old_keys_and_with_their_memory() -> None:
    plan = row("a", "b")
    snapshot = ended(PureWalk(plan))
    snapshot.frame.nodes["a"] = NodeState(status=NodeStatus.CANCELLED, iteration=2, memo={"approval": "1"})
    apply_edit(plan, snapshot, RETRY)
    assert snapshot.frame.nodes["a"].memo == {"approval": "1"}
    assert PureWalk(plan, frame=snapshot.frame).run().executed == ["a#2", "b"]


def test_retry_keeps_an_error_that_was_routed() -> None:
    plan = graph([transform("a", on_error="route"), "sorry"], ["a.error > sorry"])
    walk = PureWalk(plan, {"a": ["error"], "sorry": [STOP]}).run()
    assert edited(plan, ended(walk), RETRY).executed == ["sorry"]


def test_retry_goes_on_in_the_iteration_that_failed() -> None:
    plan = looped()
    walk = PureWalk(plan, {"l": ["again"], "work": ["out", STOP]}).run()
    assert walk.executed[-1] == "work#1"
    again = edited(plan, ended(walk), RETRY, {"l": ["again", "else"]})
    assert again.executed == ["work#1", "l#1", "h#2", "work#2", "l#2", "z"]


def test_retry_of_a_loop_beyond_its_limit_fails_again() -> None:
    plan = looped(max_iterations=2)
    walk = PureWalk(plan, {"l": ["again"]}).run()
    assert edited(plan, ended(walk), RETRY).scheduler.exceeded is not None


def test_retry_runs_compensated_nodes_and_what_built_on_them_in_the_next_iteration() -> None:
    plan = graph(["a", "book", "pay", "bad", "aside"], ["a > book", "book > pay", "pay > bad", "a > aside"])
    walk = PureWalk(plan, {"bad": [STOP]}).run()
    snapshot = ended(walk)
    compensate(snapshot, "book")
    assert edited(plan, snapshot, RETRY).executed == ["book#1", "pay#1", "bad#1"]
    assert snapshot.frame.nodes["aside"].iteration == 0


def test_retry_runs_every_round_of_a_loop_again_when_rounds_were_compensated() -> None:
    plan = looped(max_iterations=3)
    walk = PureWalk(plan, {"l": ["again", "again", "else"], "z": [STOP]}).run()
    snapshot = ended(walk)
    compensate(snapshot, "work")
    again = edited(plan, snapshot, RETRY, {"l": ["again", "again", "else"]})
    rounds = [f"{name}#{i}" for i in (3, 4, 5) for name in ("h", "work", "l")]
    assert again.executed == [*rounds, "z#1"]
    assert again.scheduler.finished


def test_retry_forgets_what_was_left_to_undo_of_compensated_nodes() -> None:
    plan = graph([foreach("each", [transform("t")]), "other"], [])
    snapshot = ended(PureWalk(plan).run())
    compensate(snapshot, "each")
    paths = ["each", "each#1[3].t", "each[0].t", "other"]
    snapshot.undo = [Undo(path, 0, "", "undo", "undo", {}) for path in paths]
    apply_edit(plan, snapshot, RETRY)
    assert [undo.path for undo in snapshot.undo] == ["other"]


# Fork


def test_a_fork_runs_the_node_and_all_behind_it() -> None:
    plan = graph(["a", "b", "c", "aside"], ["a > b", "b > c", "a > aside"])
    again = edited(plan, ended(PureWalk(plan).run(), RunStatus.COMPLETED), fork("b"))
    assert again.executed == ["b", "c"]
    assert again.scheduler.finished


def test_a_fork_forgets_what_was_to_be_undone_and_every_answer() -> None:
    plan = row("a", "b")
    snapshot = ended(PureWalk(plan).run())
    snapshot.undo, snapshot.mail = [Undo("a", 0, "", "undo", "undo", {})], {"key": 1}
    apply_edit(plan, snapshot, fork("b"))
    assert (snapshot.undo, snapshot.mail) == ([], {})


def test_a_fork_of_a_run_that_goes_on_starts_what_is_under_way_without_its_memory() -> None:
    plan = graph(["a", "b", "c"], ["a > c"])
    walk = PureWalk(plan)
    walk.finish(walk.start())
    walk.start()
    walk.frame.nodes["b"].memo = {"since": 1}
    again = edited(plan, ended(walk), fork("c"))
    assert sorted(again.executed) == ["b", "c"]
    assert again.frame.nodes["b"].memo is None


def test_a_fork_takes_another_way_and_skips_what_was_run_before() -> None:
    plan = graph([branch("if"), "yes", "no", "end"], ["if.yes > yes", "if.else > no", "yes > end", "no > end"])
    snapshot = ended(PureWalk(plan, {"if": ["yes"]}).run())
    again = edited(plan, snapshot, fork("if"), {"if": ["else"]})
    assert (again.executed, again.skipped) == (["if", "no", "end"], ["yes"])
    assert again.frame.nodes["yes"].output is None


def test_a_fork_asks_people_again() -> None:
    plan = graph(["a", ask("ask"), "pay", "tell"], ["a > ask", "ask.approved > pay", "a > tell"])
    walk = PureWalk(plan, {"ask": ["approved"]}).run()
    again = edited(plan, ended(walk), fork("tell"), {"ask": ["approved"]})
    assert sorted(again.executed) == ["ask", "pay", "tell"]


def test_a_fork_asks_people_again_inside_bodies_of_foreach() -> None:
    inner = foreach("inner", [ask("ask")], items="[1]") | {"id": "inner"}
    plan = graph([foreach("each", [inner]), foreach("plain", [transform("t")]), "tell"], [])
    assert sorted(edited(plan, ended(PureWalk(plan).run()), fork("tell")).executed) == ["each", "tell"]


def test_a_fork_runs_a_workflow_again_that_asked_a_person() -> None:
    asking = PinnedVersion(workflow="asking", version=1, version_id="v", plan_hash="h", asks_person=True)
    nodes = [node("sub", "sub_workflow", workflow="asking"), transform("tell")]
    plan = compiled(document(nodes, []), pinned={"asking": asking}).graph
    snapshot = ended(PureWalk(plan).run())
    apply_edit(plan, snapshot, fork("tell"), {"asking": asking})
    assert sorted(PureWalk(plan, None, snapshot.frame).run().executed) == ["sub", "tell"]


@pytest.mark.parametrize("given", ["ask", "gate", "pay"])
def test_nothing_can_be_put_in_place_of_an_answer_or_of_what_it_decides(given: str) -> None:
    plan = row(ask("ask"), "gate", "pay")
    walk = PureWalk(plan, {"ask": ["approved"]}).run()
    with pytest.raises(PerdureError, match="asks a person, and a fork asks again") as refused:
        edited(plan, ended(walk), fork("pay", **{given: {"decision": "approved"}}))
    assert refused.value.code is ErrorCode.INVALID_REQUEST


def test_a_fork_inside_a_loop_goes_on_in_its_last_iteration() -> None:
    plan = looped()
    walk = PureWalk(plan, {"l": ["again", "else"]}).run()
    again = edited(plan, ended(walk), fork("l"), {"l": ["again", "else"]})
    assert again.executed == ["l#1", "h#2", "work#2", "l#2", "z"]


def test_a_fork_in_front_of_a_loop_counts_its_iterations_from_the_start() -> None:
    plan = looped(max_iterations=2)
    walk = PureWalk(plan, {"l": ["again", "else"]}).run()
    again = edited(plan, ended(walk), fork("a"), {"l": ["again", "else"]})
    assert again.executed == ["a", "h", "work", "l", "h#1", "work#1", "l#1", "z"]
    assert again.scheduler.finished


def test_a_fork_runs_compensated_nodes_anew_since_their_effect_is_gone() -> None:
    plan = row("a", "book", "pay", "tell")
    snapshot = ended(PureWalk(plan, {"tell": [STOP]}).run())
    compensate(snapshot, "book")
    assert edited(plan, snapshot, fork("tell")).executed == ["book", "pay", "tell"]


def test_a_compensated_node_whose_output_is_put_in_place_is_not_run() -> None:
    plan = row("book", "pay", "tell")
    snapshot = ended(PureWalk(plan, {"tell": [STOP]}).run())
    compensate(snapshot, "book")
    assert edited(plan, snapshot, fork("tell", book=7)).executed == ["tell"]


# Outputs put in place


def test_an_output_put_in_place_is_what_later_nodes_see() -> None:
    plan = row("a", "b", "c")
    snapshot = ended(PureWalk(plan).run())
    again = edited(plan, snapshot, fork("c", b={"x": 1}))
    state = again.frame.nodes["b"]
    assert (again.executed, state.output, state.status) == (["c"], {"x": 1}, NodeStatus.COMPLETED)
    assert state.size == len('{"x":1}')


def test_an_output_for_the_forked_node_itself_stands() -> None:
    plan = row("a", "b", "c")
    assert edited(plan, ended(PureWalk(plan).run()), fork("b", b=2)).executed == ["c"]


def test_a_failed_node_with_an_output_leaves_as_if_it_had_succeeded() -> None:
    plan = graph([transform("a", on_error="route"), "fine", "sorry"], ["a > fine", "a.error > sorry"])
    snapshot = ended(PureWalk(plan, {"a": ["error"]}).run())
    again = edited(plan, snapshot, fork("fine", a=1))
    assert again.executed == ["fine"]
    assert again.frame.nodes["a"].error is None


def test_a_node_that_never_ran_can_be_given_an_output() -> None:
    plan = row("a", "b", "c")
    snapshot = ended(PureWalk(plan, {"a": [STOP]}).run())
    again = edited(plan, snapshot, fork("c", a=1, b=2))
    assert again.executed == ["c"]


def test_a_branch_keeps_its_way_when_its_output_is_replaced() -> None:
    plan = graph([branch("if"), "yes", "no"], ["if.yes > yes", "if.else > no"])
    snapshot = ended(PureWalk(plan, {"if": ["else"]}).run())
    assert edited(plan, snapshot, fork("no", **{"if": {"case": "else"}})).executed == ["no"]


# The result


def output_graph() -> PlanGraph:
    return graph([branch("if"), node("result", "output", value=1), "end"], ["if.yes > result", "if.else > end"])


def with_result(walk: PureWalk, value: Any) -> Snapshot:
    snapshot = ended(walk, RunStatus.COMPLETED)
    snapshot.frame.nodes["result"].output = snapshot.frame.result = value
    snapshot.frame.has_result = True
    return snapshot


def test_a_result_is_forgotten_when_its_node_runs_anew() -> None:
    plan = output_graph()
    snapshot = with_result(PureWalk(plan, {"if": ["yes"]}).run(), "old")
    again = edited(plan, snapshot, fork("if"), {"if": ["else"]})
    assert (again.executed, again.frame.has_result, again.frame.result) == (["if", "end"], False, None)


def test_a_result_stays_when_its_node_does_and_changes_with_its_output() -> None:
    plan = graph(["a", node("result", "output", value=1), "z"], [])
    snapshot = with_result(PureWalk(plan).run(), "old")
    apply_edit(plan, snapshot, fork("z"))
    assert (snapshot.frame.has_result, snapshot.frame.result) == (True, "old")
    apply_edit(plan, snapshot, fork("z", result="new"))
    assert (snapshot.frame.has_result, snapshot.frame.result) == (True, "new")


# Mistakes


@pytest.mark.parametrize("edit", [fork("nope"), fork("a", nope=1)])
def test_an_unknown_node_is_refused_and_nothing_changes(edit: RunEdit) -> None:
    plan = row("a", "b")
    snapshot = ended(PureWalk(plan).run())
    before = dump_snapshot(snapshot)
    with pytest.raises(PerdureError) as caught:
        apply_edit(plan, snapshot, edit)
    assert caught.value.info.code is ErrorCode.INVALID_REQUEST
    assert "nope" in caught.value.info.message
    assert dump_snapshot(snapshot) == before
