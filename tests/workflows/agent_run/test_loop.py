"""The loop of an agent on the real server: turns, tools side by side, why it ends, what people say in between."""

import asyncio
import json
from typing import Any

from tests.support.agents import CALCULATOR, add, agent, calls
from tests.support.documents import value
from tests.support.http_server import Received, answer, http_server
from tests.support.perdure import Perdure


async def test_turns_and_tools_are_steps_of_the_run(perdure: Perdure) -> None:
    script = [calls(add(2, 3), ("calculator", {"expression": "1 /"}), ("nope", {})), calls(add(5, 5)), {"text": "Ten."}]
    nodes = [agent(script=script, tools=[CALCULATOR]), value("end", "{{ nodes.agent.output.text }}")]
    run = await perdure.run(nodes, ["agent>end"])
    assert (run["status"], run["output"]) == ("completed", "Ten."), run
    steps = await perdure.steps(run["id"])
    paths = [f"agent.{name}" for name in ("turn[0]", "turn[0].call[0]", "turn[0].call[1]", "turn[0].call[2]")]
    assert sorted(steps) == ["agent", *paths, "agent.turn[1]", "agent.turn[1].call[0]", "agent.turn[2]", "end"]
    assert {step["status"] for step in steps.values()} == {"completed"}
    output = steps["agent"]["output"]
    assert (output["end"], output["turns"], output["tool_calls"]) == ("completed", 3, 4)
    said = [message["role"] for message in output["messages"]]
    assert said == ["assistant", "tool", "tool", "tool", "assistant", "tool", "assistant"]
    answers = [(m["content"][0]["text"], m["is_error"]) for m in output["messages"] if m["role"] == "tool"]
    assert answers[0] == ("5", False)
    assert [failed for _, failed in answers] == [False, True, True, False]
    assert output["cost_usd"] == run["cost_usd"] > 0
    assert output["tokens_in"] == run["tokens_in"]


async def test_limits_end_an_agent_with_their_own_errors_and_a_retry_gives_them_again(perdure: Perdure) -> None:
    script = [calls(add(n, n)) for n in range(4)] + [{"text": "Done."}]
    run = await perdure.run([agent(script=script, tools=[CALCULATOR], limits={"turns": 2})])
    assert (run["status"], run["error"]["code"]) == ("failed", "turn_limit")
    assert run["error"]["details"]["turns"] == 2
    for attempt in (2, 3):
        await perdure.control(run["id"], "retry")
        again = await perdure.ended_again(run["id"], attempt)
    assert (again["status"], again["output"]["text"], again["output"]["turns"]) == ("completed", "Done.", 5)
    assert {key for key in await perdure.steps(run["id"]) if key.endswith("]")} >= {
        f"agent.turn[{n}]" for n in range(5)
    }

    ended = {}
    for name, limit in (("tokens", 1), ("cost_usd", 1e-9), ("seconds", "1ms")):
        nodes = [
            agent(script=script, tools=[CALCULATOR], limits={name: limit}, limit_port=True),
            value("enough", "{{ nodes.agent.output.end }}"),
        ]
        ended[name] = (await perdure.run(nodes, ["agent.limit>enough"]))["output"]
    assert ended == {"tokens": "token_limit", "cost_usd": "cost_limit", "seconds": "time_limit"}


async def test_the_end_of_its_time_cuts_no_call_that_sends_something_and_is_a_limit_while_it_summarises(
    perdure: Perdure,
) -> None:
    async def slow(request: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1.7)
        writer.write(answer(b"paid"))

    ends = [value("enough", "{{ nodes.agent.output.end }}")]
    async with http_server(slow) as bank:
        settings = {"description": "Pays.", "url": bank.url, "method": "POST", "idempotency_header": None}
        pay = {"type": "http", "name": "pay", "settings": settings, "policy": {"approve": "never"}}
        node = agent(script=[calls(("pay", {}))], tools=[pay], limits={"seconds": "1500ms"}, limit_port=True)
        run = await perdure.run([node, *ends], ["agent.limit>enough"])
    assert (run["output"], (await perdure.statuses(run["id"]))["agent.turn[0].call[0]"]) == ("time_limit", "completed")

    # The script is for turns with tools; the summary takes as long as the model takes by itself: too long.
    script = [calls(add(n, n), delay=0) for n in range(2)]
    long = {"compaction": {"tokens": 905, "keep_turns": 1}, "fields": {"retry": {"max_attempts": 1}}}
    told = f"Add. [[sim:script {json.dumps(script)}]] [[sim:usage in=900 out=10]] [[sim:delay 1.3]]"
    node = agent(message=told, tools=[CALCULATOR], limits={"seconds": "1s"}, limit_port=True, **long)
    run = await perdure.run([node, *ends], ["agent.limit>enough"])
    assert run["output"] == "time_limit", run
    assert (await perdure.statuses(run["id"])).get("agent.compact[0]", "failed") == "failed"


async def test_a_thousand_calls_an_endless_loop_and_a_refusal(perdure: Perdure) -> None:
    for many, answered, made in ((40, 40, 3), (1_000, 64, 0)):
        script = [calls(*[add(n, 1) for n in range(many)]), {"text": "Enough."}]
        run = await perdure.run([agent(script=script, tools=[CALCULATOR], limits={"calls": 3})])
        answers = [m for m in run["output"]["messages"] if m["role"] == "tool"]
        assert (len(answers), sum(not m["is_error"] for m in answers)) == (answered, made)
        assert run["output"]["text"] == "Enough."
        assert len([path for path in await perdure.steps(run["id"]) if ".call[" in path]) == 3

    endless = agent(message='On and on. [[sim:loop calculator {"expression": "1+1"}]]', tools=[CALCULATOR])
    endless["with"]["limits"] = {"turns": 3}
    assert (await perdure.run([endless]))["error"]["code"] == "turn_limit"
    refused = await perdure.run([agent(message="Do harm. [[sim:fault refusal]]")])
    assert (refused["status"], refused["error"]["code"]) == ("failed", "content_refused")


async def test_no_more_calls_at_once_than_the_run_may_have_steps(perdure: Perdure) -> None:
    under_way: list[int] = [0, 0]

    async def slow(request: Received, writer: asyncio.StreamWriter) -> None:
        under_way[0] += 1
        under_way[1] = max(under_way)
        await asyncio.sleep(0.05)
        under_way[0] -= 1
        writer.write(answer(b"ok"))

    async with http_server(slow) as server:
        fetch = {"type": "web_fetch", "settings": {"hosts": [server.allowed]}}
        script = [calls(*[("web_fetch", {"url": f"{server.url}/{n}"}) for n in range(8)]), {"text": "All."}]
        node = agent(script=script, tools=[fetch], limits={"parallel": 8})
        run = await perdure.run([node], limits={"max_parallel": 2})
    assert (run["output"]["text"], run["output"]["tool_calls"]) == ("All.", 8)
    assert len(server.received) == 8
    assert under_way == [0, 2]


async def test_structured_output_history_and_data(perdure: Perdure) -> None:
    schema = {
        "type": "object",
        "required": ["city"],
        "properties": {"city": {"type": "string"}},
        "additionalProperties": False,
    }
    history = [
        {"role": "user", "content": [{"type": "text", "text": '[[sim:script [{"json": {"city": "Rome"}}]]]'}]},
    ]
    nodes = [
        agent(message="{{ input.message }}", history="{{ input.history }}", output_schema=schema),
        value("end", "{{ nodes.agent.output.output.city }}"),
    ]
    run = await perdure.run(nodes, ["agent>end"], input={"message": {"ticket": 7}, "history": history})
    assert run["output"] == "Rome", run
    asked = (await perdure.steps(run["id"]))["agent.turn[0]"]["input"]["messages"]
    assert [m["content"][0]["text"] for m in asked][1:] == ['{"ticket": 7}']


async def test_people_steer_pause_and_cancel(perdure: Perdure, model_server: str) -> None:
    script = [calls(add(1, 1), delay=0.5), {"text": "Two.", "delay": 0.5}, {"text": "Two, in words."}]
    run = await perdure.start(await perdure.publish([agent(script=script, tools=[CALCULATOR])]))
    await perdure.reached(run, "agent.turn[0]", "running")
    for _ in range(2):
        said = await perdure.api.post(
            f"/v1/runs/{run}/steer", json={"message": "In words."}, headers={"Idempotency-Key": "one"}
        )
        assert said.status_code == 202, said.text
    ended = await perdure.ended(run)
    roles = [m["role"] for m in ended["output"]["messages"]]
    assert roles == ["assistant", "tool", "user", "assistant"]

    waiting: list[Any] = [calls(add(1, 1), delay=0.3), {"text": "Two.", "delay": 30}]
    run = await perdure.start(await perdure.publish([agent(script=waiting, tools=[CALCULATOR])]))
    await perdure.reached(run, "agent.turn[0]", "running")
    await perdure.control(run, "pause")
    await perdure.reached(run, "agent.turn[0]", "completed")
    await perdure.shows(run, "paused")
    assert set(await perdure.steps(run)) == {"agent", "agent.turn[0]"}
    await perdure.control(run, "resume")
    await perdure.reached(run, "agent.turn[1]", "running")
    await perdure.control(run, "cancel")
    assert (await perdure.ended(run))["status"] == "cancelled"
    statuses = await perdure.statuses(run)
    assert (statuses["agent"], statuses["agent.turn[1]"]) == ("cancelled", "cancelled")


async def test_a_long_conversation_is_summarised_and_no_call_is_torn_from_its_answer(perdure: Perdure) -> None:
    script = [calls(add(n, n)) for n in range(4)]
    told = "Add. [[sim:script {script}]] [[sim:usage in=900 out=10]]".replace("{script}", json.dumps(script))
    compaction = {"tokens": 905, "keep_turns": 1}
    run = await perdure.run([agent(message=told, tools=[CALCULATOR], compaction=compaction, limits={"turns": 6})])
    assert run["status"] in ("completed", "failed"), run
    steps = await perdure.steps(run["id"])
    assert {"agent.compact[0]", "agent.compact[1]"} <= set(steps)
    summed = steps["agent.turn[3]"]["input"]["messages"]
    assert [message["role"] for message in summed] == ["user", "user", "assistant", "tool"]
    assert summed[1]["content"][0]["text"].startswith("[Summary of the conversation so far]\n")
    assert summed[-1]["tool_call_id"] == summed[-2]["tool_calls"][0]["id"]


async def test_a_conversation_that_the_model_cannot_take_in_is_summarised_and_the_turn_made_again(
    perdure: Perdure,
) -> None:
    script = [calls(add(1, 1)), calls(add(2, 2)), {**calls(add(3, 3)), "fault": "context_too_long times=1"}]
    run = await perdure.run([agent(script=[*script, {"text": "Six."}], tools=[CALCULATOR])])
    assert (run["status"], run["output"] and run["output"]["text"]) == ("completed", "Six."), run["error"]
    steps = await perdure.steps(run["id"])
    assert {path for path in steps if "compact" in path} == {"agent.compact[0]"}
    told = steps["agent.turn[2]"]["input"]["messages"]
    assert told[1]["content"][0]["text"].startswith("[Summary of the conversation so far]")
    assert [message["role"] for message in told] == ["user", "user", "assistant", "tool"]


async def test_python_of_a_model_calls_tools_as_steps_with_their_own_gates(perdure: Perdure) -> None:
    code = "total = 0\nfor n in [1, 2]:\n    total += int(calculator(expression=f'{n} * 10'))\ntotal"
    script = [calls(("run_python", {"code": code})), {"text": "Thirty."}]
    asked = {**CALCULATOR, "policy": {"approve": "when", "when": "expression.startsWith('2')"}}
    tools = [asked, {"type": "code", "settings": {"tools": ["calculator"]}}]
    run = await perdure.start(await perdure.publish([agent(script=script, tools=tools)]))
    await perdure.decide(run, "approved")
    said = (await perdure.ended(run))["output"]["messages"]
    assert [m["content"][0]["text"] for m in said if m["role"] == "tool"] == ["30"]
    steps = await perdure.steps(run)
    assert {f"agent.turn[0].call[0].call[{n}]" for n in range(2)} <= set(steps)
    assert {f"agent.turn[0].call[0].code[{n}]" for n in range(3)} <= set(steps)
