"""Runs whose histories are stored: every kind, and everything that can happen to a run."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.support.documents import ask, branch, code, foreach, value
from tests.support.perdure import Perdure

Scenario = Callable[[Perdure, str], Awaitable[str]]
"""Runs something to its end, given the URL of the model server, and returns the run's id."""


async def _through(perdure: Perdure, nodes: list[dict[str, Any]], edges: list[str], **document: Any) -> str:
    given = document.pop("input", None)
    run = await perdure.start(await perdure.publish(nodes, edges, **document), given)
    await perdure.ended(run)
    return run


async def actions(perdure: Perdure, url: str) -> str:
    """llm, http_request, code, notify, transform and output in a row."""
    nodes = [
        {"id": "think", "kind": "llm", "with": {"model": "gpt-4o-mini", "prompt": "Hi [[sim:reply Hello]]"}},
        {"id": "fetch", "kind": "http_request", "with": {"url": f"{url}/v1/models"}},
        code("count", "len(text)", inputs={"text": "{{ nodes.think.output }}"}),
        {"id": "tell", "kind": "notify", "with": {"url": f"{url}/sim/hook"}, "on_error": "continue"},
        value("both", "{{ nodes.count.output }} {{ nodes.fetch.output.status }}"),
        {"id": "end", "kind": "output", "with": {"value": "{{ nodes.both.output }}"}},
    ]
    return await _through(perdure, nodes, ["think>fetch", "fetch>count", "count>tell", "tell>both", "both>end"])


async def branches_and_joins(perdure: Perdure, url: str) -> str:
    """Dead paths, both kinds of join."""
    nodes = [
        branch("which", a="input.n > 1"),
        code("x", "1"),
        code("y", "2"),
        value("z", 3, join="any"),
        value("end", 4),
    ]
    edges = ["which.a>x", "which.else>y", "x>z", "y>z", "x>end", "y>end", "z>end"]
    return await _through(perdure, nodes, edges, input={"n": 5})


async def nested_loops(perdure: Perdure, url: str) -> str:
    """A loop in a loop, with a side branch."""
    nodes = [
        value("outer", "{{ nodes.outer.iteration }}"),
        code("inner", "1"),
        value("side", "{{ nodes.inner.iteration }}"),
        branch("inner_check", again="nodes.inner.iteration % 2 == 0"),
        branch("outer_check", again="nodes.outer.iteration < 2"),
        value("end", "{{ nodes.inner.iteration }}"),
    ]
    edges = [
        "outer>inner",
        "inner>side",
        "inner>inner_check",
        "inner_check.again>inner",
        "inner_check.else>outer_check",
    ]
    return await _through(perdure, nodes, [*edges, "outer_check.again>outer", "outer_check.else>end"])


async def errors(perdure: Perdure, url: str) -> str:
    """continue, route, and a failure that compensates."""
    nodes = [
        code("done", "1", compensate_with="undo"),
        code("undo", "2"),
        code("one", "1 / 0", on_error="continue"),
        code("two", "1 / 0", on_error="route"),
        value("caught", "{{ nodes.two.error.code }}"),
        code("three", "1 / 0"),
    ]
    return await _through(perdure, nodes, ["done>one", "one>two", "two.error>caught", "caught>three"])


async def retried_call(perdure: Perdure, url: str) -> str:
    """A model call that is refused with Retry-After before it succeeds."""
    prompt = "Hi [[sim:fault rate_limit_seconds seconds=1 times=1 key=history]] [[sim:reply Hello]]"
    return await _through(
        perdure, [{"id": "think", "kind": "llm", "with": {"model": "gpt-4o-mini", "prompt": prompt}}], []
    )


async def approvals(perdure: Perdure, url: str) -> str:
    """Approved, sent round again, and expired."""
    nodes = [ask("first"), ask("quick", deadline="100ms"), value("end", "{{ nodes.first.output.decision }}")]
    run = await perdure.start(
        await perdure.publish(nodes, ["first.rejected>first", "first.approved>quick", "quick.expired>end"])
    )
    await perdure.decide(run, "rejected")
    await perdure.decide(run, "approved")
    await perdure.ended(run)
    return run


async def waits(perdure: Perdure, url: str) -> str:
    """Duration, until, an event that came first, one that comes later, one that never comes."""
    await perdure.api.post("/v1/events", json={"type": "early", "key": "k", "data": 1})
    wait = {"kind": "wait"}
    nodes = [
        {"id": "d", **wait, "with": {"duration": "50ms"}},
        {"id": "u", **wait, "with": {"until": "2020-01-01T00:00:00Z"}},
        {"id": "e", **wait, "with": {"event": {"type": "early", "key": "k"}}},
        {"id": "l", **wait, "with": {"event": {"type": "late", "key": "{{ run.id }}"}}},
        {"id": "n", **wait, "with": {"event": {"type": "never", "key": "k"}, "timeout": "50ms"}},
    ]
    run = await perdure.start(await perdure.publish(nodes, ["d>u", "u>e", "e>l", "l>n"]))
    await perdure.reached(run, "l", "waiting")
    await perdure.api.post("/v1/events", json={"type": "late", "key": run, "data": 2})
    await perdure.ended(run)
    return run


async def items_inline(perdure: Perdure, url: str) -> str:
    """A few items, some bad."""
    body = [code("x", "10 / i", inputs={"i": "{{ item }}"}), value("y", "{{ nodes.x.output }}")]
    return await _through(perdure, [foreach("each", "[1, 0, 2]", body, config={"on_item_error": "drop"})], [])


async def items_in_children(perdure: Perdure, url: str) -> str:
    """More items than run in one workflow."""
    body = [code("x", "i", inputs={"i": "{{ item }}"})]
    nodes = [code("make", "list(range(120))"), foreach("each", "nodes.make.output", body)]
    return await _through(perdure, nodes, ["make>each"])


async def sub_workflows(perdure: Perdure, url: str) -> str:
    """A child run that works and one that fails."""
    good = await perdure.publish([value("a", "{{ input.n }}")])
    bad = await perdure.publish([code("a", "1 / 0")])
    nodes = [
        {"id": "good", "kind": "sub_workflow", "with": {"workflow": good, "input": {"n": 1}}},
        {"id": "bad", "kind": "sub_workflow", "with": {"workflow": bad}, "on_error": "continue"},
    ]
    return await _through(perdure, nodes, ["good>bad"])


async def interventions(perdure: Perdure, url: str) -> str:
    """A parked node: tried again, then mended, another one skipped."""
    nodes = [code("bad", "1 / 0", on_error="pause"), value("worse", "{{ input.nope }}", on_error="pause")]
    run = await perdure.start(await perdure.publish(nodes, ["bad>worse"]))
    await perdure.decide(run, "edit", data={"code": "1"})
    await perdure.approval(run, "worse failed")
    await perdure.decide(run, "skip", data=1)
    await perdure.ended(run)
    return run


async def cancelled(perdure: Perdure, url: str) -> str:
    """Cancelled while waiting, with something to compensate."""
    nodes = [code("book", "1", compensate_with="unbook"), ask("ask"), code("unbook", "2")]
    run = await perdure.start(await perdure.publish(nodes, ["book>ask"]))
    await perdure.approval(run)
    await perdure.control(run, "cancel")
    await perdure.ended(run)
    return run


async def paused_and_resumed(perdure: Perdure, url: str) -> str:
    """Paused between two nodes."""
    run = await perdure.start(await perdure.publish([ask("ask"), code("after", "1")], ["ask.approved>after"]))
    await perdure.approval(run)
    await perdure.control(run, "pause")
    await perdure.shows(run, "paused")
    await perdure.decide(run, "approved")
    await perdure.reached(run, "ask", "completed")
    await perdure.control(run, "resume")
    await perdure.ended(run)
    return run


async def timed_out(perdure: Perdure, url: str) -> str:
    """A run beyond its time limit."""
    return await _through(
        perdure, [{"id": "w", "kind": "wait", "with": {"duration": "1h"}}], [], limits={"timeout": "300ms"}
    )


async def fresh_histories(perdure: Perdure, url: str) -> str:
    """Continue-as-new with an approval that waits all the while; recorded with short histories."""
    chain = [code(f"c{i}", "1") for i in range(6)]
    edges = ["start>ask", "start>c0", *(f"c{i}>c{i + 1}" for i in range(5))]
    run = await perdure.start(await perdure.publish([value("start", 0), ask("ask"), *chain], edges))
    await perdure.reached(run, "c5", "completed")
    await perdure.decide(run, "approved")
    await perdure.ended(run)
    return run


SCENARIOS: tuple[Scenario, ...] = (
    actions, branches_and_joins, nested_loops, errors, retried_call, approvals, waits, items_inline, items_in_children,
    sub_workflows, interventions, cancelled, paused_and_resumed, timed_out, fresh_histories,
)  # fmt: skip
