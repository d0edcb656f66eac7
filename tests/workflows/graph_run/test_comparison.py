"""A recorded run goes the same way under its own plan, and parts from another where it must."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.document import OnError
from schemas.errors import ErrorCode, ErrorInfo
from schemas.messages import NodeStatus, RunStatus
from schemas.plan import Mode, Plan, PlanGraph
from tests.schemas.documents import branch, compiled, document, node, transform
from tests.support.plans import stub_plan
from tests.workflows.graph_run.random_graphs import drawn_graphs, wild_graphs
from workflows.graph_run.comparison import (
    Divergence,
    OutOfTimeError,
    Reason,
    RecordedRun,
    RecordedStep,
    compare_run,
)
from workflows.graph_run.scheduler import Scheduler
from workflows.graph_run.state import Frame

FAILURE = ErrorInfo(code=ErrorCode.CODE_FAILED, message="It failed.")
Steps = dict[tuple[str, int], RecordedStep]
deterministic = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def done(output: Any = None, port: str = "out", kind: str = "code", given: Any = None) -> RecordedStep:
    return RecordedStep(kind, NodeStatus.COMPLETED, port, given, output, None)


def ended(status: NodeStatus, kind: str = "code") -> RecordedStep:
    return RecordedStep(kind, status, None, None, None, FAILURE if status is NodeStatus.FAILED else None)


def recorded(steps: Steps, plan: Plan, status: RunStatus = RunStatus.COMPLETED, given: Any = None) -> RecordedRun:
    return RecordedRun(
        status=status,
        input=given,
        run={"id": "r", "started_at": "2026-01-01T00:00:00Z", "attempt": 1},
        workspace={"id": "w"},
        steps=steps,
        nodes={planned.id: planned.on_error for planned in plan.graph.nodes},
    )


def plan_of(nodes: list[dict[str, Any]], edges: Sequence[str] = ()) -> Plan:
    return compiled(document(nodes, list(edges)))


def parting(plan: Plan, run: RecordedRun) -> tuple[str, Reason] | None:
    found: Divergence | None = compare_run(plan, run).divergence
    return None if found is None else (found.node, found.reason)


# Random graphs, all of whose nodes have effects, so that only what was recorded says where they lead.


def with_effects(graph: PlanGraph) -> Plan:
    nodes = tuple(planned.model_copy(update={"mode": Mode.CONTROL}) for planned in graph.nodes)
    return stub_plan().model_copy(update={"graph": graph.model_copy(update={"nodes": nodes})})


def happened(plan: Plan, data: st.DataObject) -> RecordedRun:
    """A run in which every node left through some port, or failed as its `on_error` allows."""
    frame = Frame()
    scheduler, steps, status = Scheduler(plan.graph, frame), Steps(), RunStatus.COMPLETED
    skip(scheduler, plan, steps)
    while scheduler.has_ready and scheduler.exceeded is None:
        planned = plan.graph.node[scheduler.take_ready()]
        key = (planned.id, frame.nodes[planned.id].iteration)
        port = data.draw(st.sampled_from(planned.ports))
        if planned.on_error is OnError.FAIL and data.draw(st.integers(0, 9)) == 0:
            steps[key], status = ended(NodeStatus.FAILED, planned.kind), RunStatus.FAILED
            break
        fails = port == "error" or (planned.on_error is OnError.CONTINUE and data.draw(st.booleans()))
        steps[key] = ended(NodeStatus.FAILED, planned.kind) if fails else done("x", port, planned.kind)
        left = port if planned.on_error is not OnError.CONTINUE or not fails else "out"
        scheduler.complete(planned.id, left, None if fails else "x", FAILURE if fails else None)
        skip(scheduler, plan, steps)
    status = RunStatus.FAILED if scheduler.exceeded is not None else status
    return recorded(steps, plan, status)


def skip(scheduler: Scheduler, plan: Plan, steps: Steps) -> None:
    for name, iteration in scheduler.take_skipped():
        steps[name, iteration] = ended(NodeStatus.SKIPPED, plan.graph.node[name].kind)


@deterministic
@given(drawn_graphs() | wild_graphs(), st.data())
def test_under_its_own_plan_a_run_goes_the_same_way(graph: PlanGraph, data: st.DataObject) -> None:
    plan = with_effects(graph)
    assert compare_run(plan, happened(plan, data)).divergence is None


@deterministic
@given(drawn_graphs() | wild_graphs(), st.data())
def test_a_completed_run_parts_where_a_record_is_missing(graph: PlanGraph, data: st.DataObject) -> None:
    plan = with_effects(graph)
    run = happened(plan, data)
    ran = [key for key, step in run.steps.items() if step.status is not NodeStatus.SKIPPED]
    missing = data.draw(st.sampled_from(ran))
    later = [key for key in run.steps if key[0] == missing[0] and key[1] > missing[1]]
    left = {key: step for key, step in run.steps.items() if key != missing and key not in later}
    if run.status is RunStatus.COMPLETED:
        assert parting(plan, replace(run, steps=left)) == (missing[0], Reason.RUNS_NOW)


# The rules one by one.


def test_a_run_that_ended_early_tells_nothing_of_what_it_never_reached() -> None:
    plan = plan_of([node("a", "code", code="1"), node("b", "code", code="1"), node("c", "code", code="1")], ["a > b"])
    steps: Steps = {("a", 0): ended(NodeStatus.FAILED), ("c", 0): ended(NodeStatus.CANCELLED)}
    failed = recorded(steps, plan, RunStatus.FAILED)
    assert parting(plan, failed) is None
    wider = plan_of(
        [node(name, "code", code="1") for name in ("a", "b", "c", "d")],
        ["a > b"],
    )
    assert parting(wider, failed) == ("d", Reason.RUNS_NOW)


def test_a_join_of_any_is_reached_as_it_was() -> None:
    nodes = [
        node("slow", "code", code="1"),
        node("fast", "code", code="1"),
        transform("first", "{{ nodes.slow.output == null ? 'fast' : 'slow' }}", join="any"),
        branch("which", "early", when="nodes.first.output == 'fast'"),
    ]
    plan = plan_of(nodes, ["slow > first", "fast > first", "first > which"])
    steps: Steps = {
        ("fast", 0): done(1, given={"code": "1"}),
        ("first", 0): done("fast", kind="transform"),
        ("which", 0): done({"case": "early"}, "early", "branch"),
        ("slow", 0): done(2, given={"code": "1"}),
    }
    assert compare_run(plan, recorded(steps, plan)).divergence is None
    other_order = dict(sorted(steps.items(), key=lambda item: item[0][0] == "fast"))
    assert parting(plan, recorded(other_order, plan)) == ("which", Reason.OTHER_PORT)


@pytest.mark.parametrize(
    ("then", "now", "step", "expected"),
    [
        ("fail", "fail", NodeStatus.FAILED, None),
        ("continue", "continue", NodeStatus.FAILED, None),
        ("fail", "route", NodeStatus.FAILED, ("a", Reason.FAILS_NOW)),
        ("fail", "continue", NodeStatus.COMPLETED, None),
    ],
)
def test_failures_part_the_ways_only_if_they_are_handled_otherwise(
    then: str, now: str, step: NodeStatus, expected: tuple[str, Reason] | None
) -> None:
    def plan(on_error: str) -> Plan:
        return plan_of([{**node("a", "code", code="1"), "on_error": on_error}, node("b", "code", code="1")], ["a > b"])

    first = done(1, given={"code": "1"}) if step is NodeStatus.COMPLETED else ended(step)
    went_on = then == "continue" or step is NodeStatus.COMPLETED
    steps: Steps = {("a", 0): first} | ({("b", 0): done(1, given={"code": "1"})} if went_on else {})
    status = RunStatus.COMPLETED if went_on else RunStatus.FAILED
    assert parting(plan(now), recorded(steps, plan(then), status)) == expected


def test_a_node_of_another_kind_has_no_recorded_output() -> None:
    steps: Steps = {("a", 0): done(1, kind="llm")}
    plan = plan_of([node("a", "code", code="1")])
    assert parting(plan, recorded(steps, plan)) == ("a", Reason.RUNS_NOW)


def test_settings_that_cannot_be_filled_in_any_more_fail() -> None:
    plan = plan_of([node("a", "code", code="n", inputs={"n": "{{ input.gone }}"})])
    run = recorded({("a", 0): done(1, given={"code": "n", "inputs": {"n": 1}})}, plan, given={})
    assert parting(plan, run) == ("a", Reason.FAILS_NOW)


def test_a_loop_that_would_not_end_in_time_fails() -> None:
    def plan(limit: int) -> Plan:
        first = {**node("a", "code", code="1"), "max_iterations": limit}
        return plan_of([first, branch("again", "more", when="nodes.a.iteration < 2")], ["a > again", "again.more > a"])

    steps: Steps = {}
    for iteration in range(3):
        steps["a", iteration] = done(1, given={"code": "1"})
        port = "more" if iteration < 2 else "else"
        steps["again", iteration] = done({"case": port}, port, "branch")
    assert parting(plan(5), recorded(steps, plan(5))) is None
    assert parting(plan(2), recorded(steps, plan(5))) == ("a", Reason.FAILS_NOW)


def test_outside_of_loops_the_latest_record_counts() -> None:
    plan = plan_of([node("a", "code", code="1")])
    steps: Steps = {("a", 0): ended(NodeStatus.FAILED), ("a", 1): done(1, given={"code": "1"})}
    assert compare_run(plan, recorded(steps, plan)).divergence is None


def test_computing_nodes_come_and_go_unnoticed() -> None:
    before = plan_of([transform("gone"), node("a", "code", code="1")], ["gone > a"])
    after = plan_of([transform("new"), node("a", "code", code="1")], ["new > a"])
    steps: Steps = {("gone", 0): done(1, kind="transform"), ("a", 0): done(1, given={"code": "1"})}
    assert compare_run(after, recorded(steps, before)).divergence is None


def test_the_comparison_stops_when_its_time_is_over() -> None:
    plan = plan_of([transform("a"), transform("b")], ["a > b"])
    asked: list[bool] = []

    def expired() -> bool:
        asked.append(True)
        return len(asked) > 1

    with pytest.raises(OutOfTimeError):
        compare_run(plan, recorded({}, stub_plan()), expired)
