"""Runs whose histories are stored: every kind, and everything that can happen to a run."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from tests.support.agents import CALCULATOR, add, agent, calls
from tests.support.documents import ask, branch, code, foreach, value
from tests.support.http_server import Received, http_server
from tests.support.perdure import Perdure, edge
from tests.support.polling import eventually

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


async def outcome_unknown(perdure: Perdure, url: str) -> str:
    """Requests that were sent and never answered: sent again, undone, and said to be done."""

    async def hang_up(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with http_server(hang_up) as bank:
        call = {"kind": "http_request", "with": {"url": bank.url, "method": "POST", "idempotency_header": None}}
        nodes = [
            {"id": "pay", **call, "compensate_with": "refund", "on_error": "continue"},
            code("refund", "1"),
            {"id": "tell", **call, "on_error": "pause"},
        ]
        run = await perdure.start(await perdure.publish(nodes, ["pay>tell"]))
        first = await perdure.decide(run, "retry")

        async def again() -> bool:
            return bool((await perdure.approval(run))["id"] != first["id"])

        await eventually(again)
        await perdure.decide(run, "compensate", data={"id": 1})
        await perdure.approval(run, "Was tell carried out?")
        await perdure.decide(run, "done", data=2)
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


async def pinned(perdure: Perdure, url: str) -> str:
    """A test of a draft: some nodes give what they are told, in a loop too."""
    nodes = [
        code("fetch", "1 / 0"),
        value("count", "{{ nodes.count.output == null ? 1 : nodes.count.output + 1 }}"),
        branch("again", more="nodes.count.output < 3"),
        ask("sure"),
        code("last", "by", inputs={"by": "{{ nodes.sure.output.by }}"}),
    ]
    edges = ["fetch>count", "count>again", "again.more>fetch", "again.else>sure", "sure.approved>last"]
    document = {"nodes": nodes, "edges": [edge(text) for text in edges]}
    draft = await perdure.api.post("/v1/workflows/drafts", json={"name": "Pinned", "document": document})
    pins = {"fetch": {"output": [1]}, "sure": {"output": {"by": "Ada"}, "port": "approved"}}
    slug = draft.raise_for_status().json()["slug"]
    run = await perdure.api.post(f"/v1/workflows/{slug}/draft/runs", json={"pins": pins})
    ended = await perdure.ended(run.raise_for_status().json()["id"])
    assert ended["output"] == "Ada", ended
    return str(ended["id"])


async def agents(perdure: Perdure, url: str) -> str:
    """An agent with tools side by side, gates, a person, Python, a summary, fresh histories; and one that is named."""
    asked = {**CALCULATOR, "policy": {"approve": "when", "when": "expression == '2 + 2'"}}
    python = "calculator(expression='3 * 3')"
    script = [
        calls(add(1, 1), add(2, 2), ("ask_person", {"question": "Which?"}), ("nope", {})),
        calls(("run_python", {"code": python})),
        {"text": "Done."},
    ]
    tools = [asked, {"type": "ask_person"}, {"type": "code", "settings": {"tools": ["calculator"]}}]
    named = await perdure.publish([agent(message="{{ input.message }}", instructions="[[sim:reply Yes.]]")])
    nodes = [
        agent(script=script, tools=tools),
        {"id": "named", "kind": "agent", "with": {"agent": named, "message": "Well?"}, "on_error": "continue"},
    ]
    long = agent("long", script=[calls(add(1, 1))] * 2, tools=[CALCULATOR], limits={"turns": 3}, limit_port=True)
    long["with"]["compaction"] = {"tokens": 100, "keep_turns": 1}
    run = await perdure.start(await perdure.publish([*nodes, long], ["agent>named", "named>long"]))
    await perdure.reached(run, "agent.turn[0].call[1]", "waiting")
    said = await perdure.api.post(f"/v1/runs/{run}/steer", json={"message": "Hurry."})
    assert said.status_code == 202, said.text
    for title, body in (("May agent use calculator?", {}), ("Which?", {"data": {"answer": "This."}})):
        one = await perdure.approval(run, title)
        answer = {"decision": "approved", "digest": one["digest"], **body}
        assert (await perdure.api.post(f"/v1/approvals/{one['id']}/decide", json=answer)).status_code == 200
    await perdure.ended(run)
    return run


async def crews(perdure: Perdure, url: str) -> str:
    """Every process of a crew, with a member that fails."""
    one = {"name": "ada", "model": "gpt-4o-mini", "instructions": "[[sim:reply Red.]]"}
    bad = {"name": "bo", "model": "gpt-4o-mini", "instructions": "[[sim:fault refusal]]"}
    script = json.dumps([calls(("delegate", {"agent": "ada", "task": "Look."})), {"text": "Seen."}])
    hand = json.dumps([calls(("hand_off", {"agent": "ada", "message": "You."})), {"text": "?"}])
    crew = {"kind": "crew", "on_error": "continue"}
    team = {"message": "Which?", "agents": [one, bad]}
    boss = {"model": "gpt-4o-mini", "instructions": f"[[sim:script {script}]]"}
    first = {"name": "cy", "model": "gpt-4o-mini", "instructions": f"[[sim:script {hand}]]"}
    judge = {"model": "gpt-4o-mini"}
    nodes = [
        {"id": "a", **crew, "with": {**team, "process": "sequential"}},
        {"id": "b", **crew, "with": {**team, "process": "parallel", "on_agent_error": "continue", "judge": judge}},
        {"id": "c", **crew, "with": {**team, "process": "hierarchical", "manager": boss}},
        {"id": "d", **crew, "with": {**team, "process": "hand_off", "agents": [first, one]}},
    ]
    return await _through(perdure, nodes, ["a>b", "b>c", "c>d"])


async def plans(perdure: Perdure, url: str) -> str:
    """A plan that is mended, approved and run."""
    good = {"nodes": [{"id": "x", "kind": "transform", "with": {"value": 1}}]}
    script = json.dumps([{"text": "No."}, {"text": json.dumps(good)}])
    config = {"goal": "{{ input.goal }}", "model": "gpt-4o-mini"}
    slug = await perdure.publish([{"id": "plan", "kind": "plan", "with": config}])
    run = await perdure.start(slug, {"goal": f"[[sim:script {script}]]"})
    await perdure.decide(run, "approved")
    await perdure.ended(run)
    return run


async def knowing(perdure: Perdure, url: str) -> str:
    """Facts are kept and found; whoever called a webhook is answered."""
    nodes = [
        {"id": "keep", "kind": "remember", "with": {"memory": "notes", "facts": ["Cats purr."]}},
        {"id": "find", "kind": "retrieve", "with": {"memory": "notes", "query": "Which animals purr?"}},
        {"id": "answer", "kind": "respond", "with": {"body": "{{ nodes.find.output }}"}},
    ]
    return await _through(perdure, nodes, ["keep>find", "find>answer"])


async def connected(perdure: Perdure, url: str) -> str:
    """A connection that nobody has made is called, and the run goes on."""
    config = {"connection": "slack", "action": "post_message", "arguments": {"channel": "#a", "text": "Hello"}}
    nodes = [
        {"id": "tell", "kind": "connection_call", "with": config, "on_error": "continue"},
        {"id": "after", "kind": "transform", "with": {"value": {"said": "{{ nodes.tell.status }}"}}},
    ]
    return await _through(perdure, nodes, ["tell>after"])


SCENARIOS: tuple[Scenario, ...] = (
    actions, branches_and_joins, nested_loops, errors, retried_call, approvals, waits, items_inline, items_in_children,
    sub_workflows, interventions, outcome_unknown, cancelled, paused_and_resumed, timed_out, fresh_histories, pinned,
    agents, crews, plans, knowing, connected,
)  # fmt: skip
