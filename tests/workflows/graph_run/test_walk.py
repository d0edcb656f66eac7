"""How a graph is walked, on the real server: joins, dead paths, loops, errors, limits."""

from typing import Any

from tests.support.documents import branch, code, value
from tests.support.perdure import Perdure
from tests.support.polling import eventually


async def test_values_flow_from_node_to_node(perdure: Perdure) -> None:
    run = await perdure.run(
        [value("a", "{{ input.n + 1 }}"), code("b", "n * 10", inputs={"n": "{{ nodes.a.output }}"})],
        ["a>b"],
        input={"n": 4},
    )
    assert (run["status"], run["output"]) == ("completed", 50)
    assert await perdure.statuses(run["id"]) == {"a": "completed", "b": "completed"}


async def test_a_join_after_a_branch_does_not_wait_for_the_dead_path(perdure: Perdure) -> None:
    nodes = [
        branch("which", big="input.n > 10"),
        value("large", "L"),
        value("small", "S"),
        value("join", "{{ nodes.large.status }}/{{ nodes.small.status }}"),
    ]
    edges = ["which.big>large", "which.else>small", "large>join", "small>join"]
    run = await perdure.run(nodes, edges, input={"n": 50})
    assert run["output"] == "completed/skipped"
    assert (await perdure.statuses(run["id"]))["small"] == "skipped"


async def test_join_any_runs_once_at_the_first_arrival(perdure: Perdure) -> None:
    nodes = [
        value("start", 1),
        {"id": "slow", "kind": "wait", "with": {"duration": "1s"}},
        code("fast", "2"),
        value("first", "{{ nodes.fast.status }}/{{ nodes.slow.status }}", join="any"),
    ]
    run = await perdure.run(nodes, ["start>slow", "start>fast", "slow>first", "fast>first"])
    assert run["output"] == "completed/waiting"


async def test_a_loop_repeats_until_its_branch_leaves_it(perdure: Perdure) -> None:
    nodes = [
        code("draft", "(prev or 0) + 1", inputs={"prev": "{{ nodes.draft.output }}"}),
        value("log", "{{ nodes.draft.output }}"),
        branch("check", again="nodes.draft.output < 4"),
        value("done", "{{ nodes.draft.output }} after {{ nodes.draft.iteration }}"),
    ]
    run = await perdure.run(nodes, ["draft>check", "draft>log", "check.again>draft", "check.else>done"])
    assert run["output"] == {"done": "4 after 3", "log": 4}
    statuses = await perdure.statuses(run["id"])
    assert [key for key in statuses if key.startswith("log")] == ["log", "log#1", "log#2", "log#3"]


async def test_an_endless_loop_ends_with_loop_limit(perdure: Perdure) -> None:
    nodes = [value("a", 1, max_iterations=3), branch("b", again="true")]
    run = await perdure.run(nodes, ["a>b", "b.again>a"])
    assert (run["status"], run["error"]["code"], run["error"]["node"]) == ("failed", "loop_limit", "a")
    assert "a#2" in await perdure.statuses(run["id"])


async def test_nested_loops_give_every_execution_its_own_key(perdure: Perdure) -> None:
    nodes = [
        value("outer", "{{ nodes.outer.iteration }}"),
        value("inner", "{{ nodes.inner.iteration }}"),
        branch("inner_check", again="nodes.inner.iteration % 2 == 0"),
        branch("outer_check", again="nodes.outer.iteration < 2"),
        value("end", "{{ nodes.inner.iteration }}"),
    ]
    edges = [
        "outer>inner",
        "inner>inner_check",
        "inner_check.again>inner",
        "inner_check.else>outer_check",
        "outer_check.again>outer",
        "outer_check.else>end",
    ]
    run = await perdure.run(nodes, edges)
    assert run["output"] == 5
    statuses = await perdure.statuses(run["id"])
    assert {f"inner#{n}" for n in range(1, 6)} <= set(statuses)


def failing(on_error: str) -> dict[str, Any]:
    return code("bad", "1 / 0", on_error=on_error, retry={"max_attempts": 1})


async def test_on_error_fail_names_the_node(perdure: Perdure) -> None:
    run = await perdure.run([failing("fail"), value("next", 1)], ["bad>next"])
    assert (run["status"], run["error"]["code"], run["error"]["node"]) == ("failed", "code_failed", "bad")

    spend = {"model": "gpt-4o-mini", "prompt": "Hi", "budget": {"call_usd": "{{ nodes.start.output }}"}}
    run = await perdure.run([value("start", 0), {"id": "think", "kind": "llm", "with": spend}], ["start>think"])
    assert (run["error"]["code"], run["error"]["node"]) == ("invalid_config", "think"), run
    assert await perdure.statuses(run["id"]) == {"start": "completed", "think": "failed"}


async def test_on_error_continue_goes_on_without_an_output(perdure: Perdure) -> None:
    nodes = [failing("continue"), value("next", "{{ nodes.bad.status }}: {{ nodes.bad.error.code }}")]
    run = await perdure.run(nodes, ["bad>next"])
    assert (run["status"], run["output"]) == ("completed", "failed: code_failed")


async def test_on_error_route_takes_the_error_port(perdure: Perdure) -> None:
    nodes = [failing("route"), value("next", 1), value("caught", "{{ nodes.bad.error.code }}")]
    run = await perdure.run(nodes, ["bad>next", "bad.error>caught"], output="{{ nodes.caught.output }}")
    assert (run["status"], await perdure.statuses(run["id"])) == (
        "completed",
        {"bad": "failed", "next": "skipped", "caught": "completed"},
    )


async def test_a_failure_cancels_what_is_in_flight(perdure: Perdure) -> None:
    nodes = [value("start", 1), {"id": "long", "kind": "wait", "with": {"duration": "1h"}}, code("bad", "1 / 0")]
    run = await perdure.run(nodes, ["start>long", "start>bad"])
    assert run["status"] == "failed"
    assert await perdure.statuses(run["id"]) == {"start": "completed", "long": "cancelled", "bad": "failed"}


async def test_finished_steps_are_compensated_in_reverse(perdure: Perdure) -> None:
    nodes = [
        code("book", "'room'", compensate_with="unbook"),
        code("pay", "'paid'", compensate_with="refund"),
        code("bad", "1 / 0"),
        code("unbook", "'undo ' + what", inputs={"what": "{{ nodes.book.output }}"}),
        code("refund", "'undo ' + what", inputs={"what": "{{ nodes.pay.output }}"}),
    ]
    run = await perdure.run(nodes, ["book>pay", "pay>bad"])
    steps = await perdure.steps(run["id"])
    assert {key: step["status"] for key, step in steps.items()} == {
        "book": "compensated",
        "pay": "compensated",
        "bad": "failed",
        "unbook": "completed",
        "refund": "completed",
    }
    assert steps["refund"]["output"] == "undo paid"
    assert steps["refund"]["ended_at"] <= steps["unbook"]["started_at"]


async def test_cancel_stops_a_waiting_run_and_compensates(perdure: Perdure) -> None:
    nodes = [
        code("book", "1", compensate_with="unbook"),
        {"id": "ask", "kind": "approval", "with": {"title": "Go on?"}},
        code("unbook", "2"),
    ]
    run = await perdure.start(await perdure.publish(nodes, ["book>ask"]))
    asked = await perdure.approval(run)
    await perdure.control(run, "cancel")
    shown = await perdure.ended(run)
    assert shown["status"] == "cancelled"
    assert await perdure.statuses(run) == {"book": "compensated", "ask": "cancelled", "unbook": "completed"}
    late = await perdure.api.post(
        f"/v1/approvals/{asked['id']}/decide", json={"decision": "approved", "digest": asked["digest"]}
    )
    assert late.status_code == 409


async def test_cancelling_in_temporal_is_the_same(perdure: Perdure) -> None:
    run = await perdure.start(await perdure.publish([{"id": "w", "kind": "wait", "with": {"duration": "1h"}}]))
    await perdure.reached(run, "w", "waiting")
    await perdure.handle(run).cancel()
    assert (await perdure.ended(run))["status"] == "cancelled"


async def test_pause_holds_the_next_node_and_resume_lets_it_go(perdure: Perdure) -> None:
    nodes = [{"id": "ask", "kind": "approval", "with": {"title": "?"}}, code("after", "1")]
    run = await perdure.start(await perdure.publish(nodes, ["ask.approved>after"]))
    asked = await perdure.approval(run)
    await perdure.control(run, "pause")

    async def paused() -> bool:
        return (await perdure.get(run))["status"] == "paused"

    await eventually(paused)
    await perdure.api.post(
        f"/v1/approvals/{asked['id']}/decide", json={"decision": "approved", "digest": asked["digest"]}
    )

    await perdure.reached(run, "ask", "completed")
    assert "after" not in await perdure.statuses(run)
    await perdure.control(run, "resume")
    assert (await perdure.ended(run))["status"] == "completed"


async def test_step_limit_and_time_limit(perdure: Perdure) -> None:
    many = [value(f"n{i}", i) for i in range(5)]
    edges = [f"n{i}>n{i + 1}" for i in range(4)]
    run = await perdure.run(many, edges, limits={"max_steps": 3})
    assert run["error"]["code"] == "step_limit"
    run = await perdure.run([{"id": "w", "kind": "wait", "with": {"duration": "1h"}}], limits={"timeout": "1s"})
    assert (run["status"], run["error"]["code"]) == ("failed", "run_timeout")


async def test_max_parallel_is_kept(perdure: Perdure) -> None:
    nodes = [value("start", 0), *(code(f"c{i}", "1") for i in range(12))]
    run = await perdure.run(nodes, [f"start>c{i}" for i in range(12)], limits={"max_parallel": 2})
    assert run["status"] == "completed"
    steps = [s for s in (await perdure.steps(run["id"])).values() if s["kind"] == "code"]
    moments = sorted((s["started_at"], s["ended_at"]) for s in steps)
    for start, _ in moments:
        assert sum(a <= start < b for a, b in moments) <= 2
