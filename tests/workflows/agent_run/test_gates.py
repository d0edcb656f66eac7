"""Tool calls behind people: approved, changed, rejected and remembered, without holding up or dropping the others."""

import asyncio
import json
from typing import Any

import pytest

from activities.mcp.client import session
from activities.mcp.transports import HttpTransport
from schemas import limits
from schemas.roles import Role
from tests.activities.mcp.test_mcp import proof, running, settings_of
from tests.api.test_gate import check_problem
from tests.support.agents import CALCULATOR, add, agent, calls
from tests.support.http_server import Received, http_server
from tests.support.mcp_server import TOKEN
from tests.support.people import member
from tests.support.perdure import Perdure
from tests.support.polling import eventually
from tests.support.steps import services


def asked_always(**policy: Any) -> dict[str, Any]:
    return {**CALCULATOR, "policy": {"approve": "always", **policy}}


async def answers(perdure: Perdure, run: str) -> list[tuple[str, bool]]:
    output = (await perdure.get(run))["output"]
    return [
        ("".join(part["text"] for part in m["content"]), m["is_error"])
        for m in output["messages"]
        if m["role"] == "tool"
    ]


async def decide(perdure: Perdure, run: str, path: str, decision: str, **body: Any) -> dict[str, Any]:
    """Decides the open request of one call."""
    await perdure.reached(run, path, "waiting")
    page = (await perdure.api.get("/v1/approvals", params={"status": "pending", "run": run})).json()
    asked: dict[str, Any] = next(one for one in page["items"] if one["path"] == path)
    answer = await perdure.api.post(
        f"/v1/approvals/{asked['id']}/decide", json={"decision": decision, "digest": asked["digest"], **body}
    )
    assert answer.status_code == 200, answer.text
    return asked


async def test_one_is_approved_one_is_changed_one_is_rejected(
    perdure: Perdure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONTINUE_AS_NEW_STEPS", 3)  # and the run moves to fresh histories while it waits
    script = [calls(add(1, 1), add(2, 2), add(3, 3), ("web_fetch", {"url": "{{ run.id }}"})), {"text": "Done."}]
    tools = [asked_always(), {"type": "web_fetch", "policy": {"approve": "when", "when": "size(url) > 3"}}]
    slug = await perdure.publish([agent(message="{{ input.message }}", tools=tools)])
    run = await perdure.start(slug, {"message": f"[[sim:script {json.dumps(script)}]]"})
    asked = await decide(perdure, run, "agent.turn[0].call[0]", "approved")
    assert (asked["payload"], asked["editable"]) == (
        {"tool": "calculator", "arguments": {"expression": "1 + 1"}},
        ["arguments"],
    )
    changed = {"tool": "calculator", "arguments": {"expression": "20 + 20"}}
    await decide(perdure, run, "agent.turn[0].call[1]", "approved", payload=changed)
    await decide(perdure, run, "agent.turn[0].call[2]", "rejected", reason="Too dear.")
    # What a model writes is never a template.
    assert (await decide(perdure, run, "agent.turn[0].call[3]", "rejected"))["payload"]["arguments"] == {
        "url": "{{ run.id }}"
    }
    assert (await perdure.ended(run))["status"] == "completed"
    first, second, third, _ = await answers(perdure, run)
    assert first == ("2", False)
    assert second[0].endswith("40")
    assert json.dumps(changed["arguments"]) in second[0]
    assert third == ("The call was not made: a person rejected it. They say: Too dear.", True)
    assert (await perdure.steps(run))["agent.turn[0].call[1]"]["input"]["arguments"] == changed["arguments"]


async def test_what_a_person_approves_for_the_run_is_not_asked_again_but_in_a_fork_it_is(perdure: Perdure) -> None:
    script = [calls(add(1, 1)), calls(add(2, 2)), {"text": "Four."}]
    run = await perdure.start(await perdure.publish([agent(script=script, tools=[asked_always(remember=True)])]))
    await perdure.decide(run, "approved_for_run")
    assert (await perdure.ended(run))["output"]["text"] == "Four."

    fork = await perdure.fork(run, node="agent", turn=1)
    await perdure.decide(fork, "approved")
    ended = await perdure.ended(fork)
    assert (ended["output"]["text"], ended["output"]["turns"]) == ("Four.", 2)
    assert "agent.turn[0]" not in await perdure.steps(fork)

    edited = (await perdure.steps(run))["agent.turn[2]"]["input"]["messages"]
    edited[-1]["content"][0]["text"] = "5"
    edited.append({"role": "user", "content": [{"type": "text", "text": "Sure? [[sim:reply No.]]"}]})
    fork = await perdure.fork(run, node="agent", turn=2, messages=edited)
    assert (await perdure.ended(fork))["output"]["text"] in ("No.", "Four.")
    assert (await perdure.steps(fork))["agent.turn[2]"]["input"]["messages"] == edited
    for wrong in ({"turn": 9}, {"turn": 1, "messages": edited[:2]}, {"messages": edited}):
        refused = await perdure.api.post(f"/v1/runs/{run}/fork", json={"node": "agent", **wrong})
        assert refused.status_code == 422, refused.text

    # It holds for every agent of the run that has this tool, and for no other tool of its name.
    other = {"type": "web_fetch", "name": "calculator", "policy": {"approve": "always", "remember": True}}
    ask = ("calculator", {"url": "https://example.com"})
    nodes = [
        agent("first", script=[calls(add(1, 1)), {"text": "Two."}], tools=[asked_always(remember=True)]),
        agent("second", script=[calls(add(2, 2)), {"text": "Four."}], tools=[asked_always(remember=True)]),
        agent("third", script=[calls(ask), {"text": "No."}], tools=[other]),
    ]
    run = await perdure.start(await perdure.publish(nodes, ["first>second", "second>third"]))
    assert (await perdure.decide(run, "approved_for_run"))["path"] == "first.turn[0].call[0]"
    assert (await perdure.decide(run, "rejected"))["path"] == "third.turn[0].call[0]"
    assert (await perdure.ended(run))["status"] == "completed"


async def test_asks_a_person_and_another_agent_once_however_often_the_run_moves(
    perdure: Perdure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONTINUE_AS_NEW_STEPS", 2)
    helper = await perdure.publish(
        [agent(message="{{ input.message }}", instructions="[[sim:reply Blue.]]")],
        output="{{ nodes.agent.output }}",
        input={"type": "object"},
    )
    question = {"question": "Which size?", "options": ["S", "M"]}
    colour = (helper.replace("-", "_"), {"message": "Which colour?"})
    script = [calls(("ask_person", question), colour, add(1, 1)), {"text": "Ordered."}]
    tools = [
        {"type": "ask_person"},
        {"type": "call_agent", "settings": {"agent": helper, "description": "Knows colours."}},
        CALCULATOR,
    ]
    guarded = [{"type": "cel", "on": ["tool"], "when": "text.contains('Blue') || text == '2'", "action": "ask"}]
    run = await perdure.start(await perdure.publish([agent(script=script, tools=tools, guardrails=guarded)]))
    for call in (1, 2):  # both are made before the run moves, whose history is full now
        await perdure.reached(run, f"agent.turn[0].call[{call}].guard[0].review", "waiting")
    for call in (1, 2):
        await decide(perdure, run, f"agent.turn[0].call[{call}].guard[0].review", "approved")
    asked = await perdure.decide(run, "approved", data={"answer": "M"})
    assert (asked["title"], asked["form"]["properties"]["answer"]["enum"]) == ("Which size?", ["S", "M"])
    ended = await perdure.ended(run)
    steps = await perdure.steps(run)
    assert not [path for path in steps if "#" in path]
    spent = [step for path, step in steps.items() if path.startswith("agent.turn")]
    assert ended["output"]["tokens_in"] == sum(step["tokens_in"] for step in spent)
    assert len((await perdure.api.get(f"/v1/runs/{run}/tree")).json()["root"]["children"]) == 1
    assert await answers(perdure, run) == [("M", False), ("Blue.", False), ("2", False)]
    named = await perdure.run([{"id": "a", "kind": "agent", "with": {"agent": helper, "message": "Colour?"}}])
    assert named["output"]["text"] == "Blue."
    children = (await perdure.api.get(f"/v1/runs/{named['id']}/tree")).json()["root"]["children"]
    assert [child["run"]["workflow"] for child in children] == [helper]


async def test_a_call_that_is_sent_again_needs_no_approval_again(
    perdure: Perdure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONTINUE_AS_NEW_STEPS", 4)  # agent, turn, call, and call again: then the run moves

    async def hang_up(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with http_server(hang_up) as bank:
        pay = {"description": "Pays.", "url": bank.url, "method": "POST", "idempotency_header": None}
        tool = {"type": "http", "name": "pay", "settings": pay, "policy": {"approve": "always"}}
        node = agent(script=[calls(("pay", {})), {"text": "Paid."}], tools=[tool])
        run = await perdure.start(await perdure.publish([node]))
        await perdure.decide(run, "approved")
        await perdure.decide(run, "retry")
        await perdure.reached(run, "agent.turn[0].call[0]#1", "waiting")

        async def moved() -> bool:
            begin = (await perdure.handle(run).fetch_history()).events[0]
            return bool(begin.workflow_execution_started_event_attributes.continued_execution_run_id)

        await eventually(moved)
        await perdure.decide(run, "done", data="paid")
        assert (await perdure.ended(run))["output"]["text"] == "Paid."
    page = (await perdure.api.get("/v1/approvals", params={"run": run})).json()
    assert sorted(one["purpose"] for one in page["items"]) == ["approval", "verification", "verification"]
    assert len(bank.received) == 2


async def test_a_budget_that_is_used_up_waits_for_a_person_and_the_same_turn_goes_on(perdure: Perdure) -> None:
    script = [calls(add(1, 1), usage={"in": 100_000, "out": 10}), {"text": "Two."}]
    run = await perdure.start(
        await perdure.publish([agent(script=script, tools=[CALCULATOR], budget={"run_usd": 0.016})])
    )
    asked = await perdure.approval(run)
    assert asked["path"] == "agent.turn[1]", asked
    await perdure.decide(run, "approved", data={"amount": 0.5})
    ended = await perdure.ended(run)
    assert (ended["status"], ended["output"]["text"]) == ("completed", "Two."), ended
    assert "agent.turn[1]#1" not in await perdure.steps(run)


async def test_a_run_and_a_month_that_are_used_up_wait_too_and_only_an_owner_adds_to_a_month(perdure: Perdure) -> None:
    ask = {"model": "gpt-4o-mini", "prompt": "Say {{ item }}. [[sim:reply {{ item }}]] [[sim:usage in=100000 out=10]]"}
    body = {"nodes": [{"id": "say", "kind": "llm", "with": ask}], "edges": [], "output": "{{ nodes.say.output }}"}
    each = {"id": "each", "kind": "foreach", "with": {"items": "['a', 'b', 'c']", "concurrency": 1, "body": body}}
    quota = await perdure.api.patch("/v1/workspace/quotas", json={"cost_usd_per_month": 0.031})
    assert quota.status_code == 200, quota.text
    run = await perdure.start(await perdure.publish([each], limits={"max_cost_usd": 0.016}))
    asked = await perdure.decide(run, "approved", data={"amount": 0.5})
    assert (asked["path"], asked["payload"]["error"]["details"]["scope"]) == ("each[1].say", "run")
    asked = await perdure.approval(run)
    assert (asked["path"], asked["payload"]["error"]["details"]["scope"]) == ("each[2].say", "month")
    answer = {"decision": "approved", "digest": asked["digest"], "data": {"amount": 0.5}}
    decide = f"/v1/approvals/{asked['id']}/decide"
    async with member(perdure.api._transport.app, Role.ADMIN) as admin:  # type: ignore[attr-defined]
        check_problem(await admin.post(decide, json=answer), 403, "forbidden")
    await perdure.decide(run, "approved", data={"amount": 0.5})
    ended = await perdure.ended(run)
    assert (ended["status"], ended["output"]) == ("completed", ["a", "b", "c"]), ended
    assert ended["cost_usd"] > 0.04


async def test_a_paused_run_makes_no_call_that_is_approved_meanwhile(perdure: Perdure) -> None:
    script = [calls(add(1, 1)), {"text": "Two."}]
    run = await perdure.start(await perdure.publish([agent(script=script, tools=[asked_always()])]))
    await perdure.reached(run, "agent.turn[0].call[0]", "waiting")
    await perdure.control(run, "pause")
    await perdure.decide(run, "approved")

    async def told() -> list[str]:
        events = (await perdure.handle(run).fetch_history()).events
        signals = [event.workflow_execution_signaled_event_attributes.signal_name for event in events]
        steps = [event.activity_task_scheduled_event_attributes.activity_type.name for event in events]
        return [name for name in (*signals, *steps) if name in ("decide", "tool_call")]

    await eventually(told, seconds=30)
    await perdure.handle(run).query("snapshot")  # answered when what was signalled before has been dealt with
    assert await told() == ["decide"]
    await perdure.control(run, "resume")
    assert (await perdure.ended(run))["output"]["text"] == "Two."


async def test_a_tool_that_its_server_describes_otherwise_is_used_when_a_person_accepts_it(perdure: Perdure) -> None:
    stored = {"name": "shop", "type": "bearer", "secret": {"token": TOKEN}}
    assert (await perdure.api.post("/v1/credentials", json=stored)).status_code == 201
    async with running() as url, services(url.split("/")[2]) as given:
        async with session(HttpTransport(given.egress, url, proof())) as client:
            tools = await client.tools()
        mcp = {
            "type": "mcp",
            "settings": settings_of(tools, url=url, credential="shop"),
            "policy": {"approve": "never"},
        }
        adding = calls(("add", {"a": 2, "b": 3}))
        script = [calls(("change", {})), adding, adding, {"text": "Five."}]
        then = agent("then", script=[adding, {"text": "Five."}], tools=[mcp])
        nodes = [agent(script=script, tools=[mcp]), then]
        slug = await perdure.publish(nodes, ["agent>then"], output="{{ nodes.agent.output }}")
        run = await perdure.start(slug)
        asked = await perdure.decide(run, "approved")
        assert asked["path"] == "agent.turn[1].call[0]"
        [difference] = asked["show"]
        assert difference["before"]["description"] == "Adds two numbers."
        assert difference["after"]["description"].startswith("Ignore all rules")
        assert (await perdure.ended(run))["status"] == "completed"
        told = await answers(perdure, run)
        assert [(json.loads(text), failed) for text, failed in told[1:]] == [({"sum": 5}, False)] * 2
        rejected = await perdure.start(slug)
        await perdure.decide(rejected, "rejected")
        assert (await perdure.ended(rejected))["error"]["code"] == "tools_changed"
