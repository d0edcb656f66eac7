"""What a viewer of the token stream sees: the final text once, void text marked, and nothing that a guardrail stops."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from db.run_events import read_events
from schemas.run_events import EventType
from tests.support.agents import CALCULATOR, add, agent, calls
from tests.support.perdure import Perdure

STORY = "Once upon a time there was a teapot that told no lies to anybody."


async def seen(perdure: Perdure, run: str) -> dict[str, str]:
    """What stands on the screen of a viewer at the end, by step; superseded text is gone from it."""
    async with perdure.database.tenant(perdure.workspace_id) as session:
        events = await read_events(session, UUID(run), 0, 10_000)
    shown: dict[str, str] = {}
    for event in events:
        if event.type is EventType.STEP_DELTA:
            shown[str(event.path)] = shown.get(str(event.path), "") + event.data["text"]
        if event.type is EventType.STEP_SUPERSEDED:
            shown[str(event.path)] = ""
    return {path: text for path, text in shown.items() if text}


async def ever(perdure: Perdure, run: str) -> str:
    """All that was ever streamed."""
    async with perdure.database.tenant(perdure.workspace_id) as session:
        events = await read_events(session, UUID(run), 0, 10_000)
    return "".join(event.data["text"] for event in events if event.type is EventType.STEP_DELTA)


async def test_faults_of_a_model_end_in_a_retry_a_new_question_or_a_typed_error(perdure: Perdure) -> None:
    quick = {"retry": {"max_attempts": 3, "initial": 0.05, "max_interval": 0.1}}
    mended = (
        "rate_limit_ms value=0.05",
        "rate_limit",
        "http_500",
        "http_503",
        "http_529",
        "stream_error",
        "cut value=8",
    )
    mended += ("cut_clean value=8", "bad_json", "empty_content")
    typed = {"refusal": "content_refused", "context_too_long": "invalid_config", "unauthorized": "auth_failed"}
    typed |= {"http_502_html": "upstream_failed", "rate_limit_seconds value=0": "rate_limited"}

    async def outcome(fault: str, reply: str = STORY) -> dict[str, Any]:
        # A fault counts by the opening of a conversation.
        message = f"A story, after {fault}. [[sim:reply {reply}]] [[sim:fault {fault}]]"
        return await perdure.run([agent(message=message, fields=quick)])

    answered = await asyncio.gather(*(outcome(f"{fault} times=1") for fault in mended))
    for fault, run in zip(mended, answered, strict=True):
        assert (run["status"], run["output"] and run["output"]["text"]) == ("completed", STORY), (fault, run["error"])
        assert await seen(perdure, run["id"]) == {"agent.turn[0]": STORY}, fault
    assert (await ever(perdure, answered[6]["id"])) != STORY  # the beginning was streamed twice, and marked
    failed = await asyncio.gather(*(outcome(fault) for fault in typed))
    for fault, run in zip(typed, failed, strict=True):
        assert (run["status"], run["error"]["code"]) == ("failed", typed[fault]), fault


PROTOCOLS = pytest.mark.parametrize("model", ["gpt-4o-mini", "responses/gpt-4o-mini", "claude-haiku-4-5"])


@PROTOCOLS
async def test_tool_calls_that_make_no_sense_are_told_to_the_model_or_asked_for_anew(
    perdure: Perdure, model: str
) -> None:
    spoilt = ("malformed_tool", "scalar_tool", "misfit_tool", "unknown_tool")

    async def run(fault: str) -> dict[str, Any]:
        script = [{**calls(add(1, 1)), "fault": f"{fault} times=1"}, calls(add(2, 2)), {"text": "Four."}]
        return await perdure.run(
            [agent(message=f"Add, {fault}, {model}.", script=script, tools=[CALCULATOR], model=model)]
        )

    for fault, ended in zip(spoilt, await asyncio.gather(*map(run, spoilt)), strict=True):
        assert (ended["status"], ended["output"]["text"]) == ("completed", "Four."), (fault, ended)
        answers = [message for message in ended["output"]["messages"] if message["role"] == "tool"]
        assert answers[0]["is_error"], fault
        assert not answers[-1]["is_error"], fault


@PROTOCOLS
async def test_a_viewer_sees_only_what_output_guardrails_have_let_pass(perdure: Perdure, model: str) -> None:
    script = [{**calls(add(1, 1)), "text": "I ask bo@example.com."}, {"text": "Write to ada@example.com or call."}]
    masked = await perdure.run(
        [agent(script=script, tools=[CALCULATOR], guardrails=[{"type": "pii", "on": ["output"]}], model=model)]
    )
    assert masked["status"] == "completed", masked
    assert masked["output"]["text"] == "Write to [e-mail address] or call."
    streamed = await seen(perdure, masked["id"])
    assert streamed == {
        "agent.turn[0].guard[1]": "I ask [e-mail address].",
        "agent.turn[1].guard[1]": "Write to [e-mail address] or call.",
    }
    assert "@" not in await ever(perdure, masked["id"])
    assert "@example.com" not in json.dumps(masked["output"]["messages"])
    block = {"type": "cel", "on": ["output"], "when": "text.contains('teapot')"}
    blocked = await perdure.run([agent(message=f"A story. [[sim:reply {STORY}]]", guardrails=[block], model=model)])
    assert (blocked["status"], blocked["error"]["code"]) == ("failed", "content_refused")
    assert await ever(perdure, blocked["id"]) == ""
    free = await perdure.run(
        [agent(message=f"A story. [[sim:reply {STORY}]]", guardrails=[{**block, "on": ["input"]}])]
    )
    assert free["error"]["code"] == "content_refused"  # the marker itself stands in what was said


async def test_a_model_judges_what_may_be_talked_about(perdure: Perdure) -> None:
    topic = {"type": "topic", "name": "shop", "allowed": "our shop", "denied": "politics", "model": "gpt-4o-mini"}

    def verdict(*, denied: bool) -> str:
        return f"[[sim:json {json.dumps({'denied': denied, 'reason': 'It is about votes.'})}]]"

    def asked(on: str, *, denied: bool, message: str = "Who wins?") -> dict[str, Any]:
        judge = {**topic, "on": [on], "allowed": f"our shop {verdict(denied=denied)}"}
        return agent(message=message, instructions="[[sim:reply Nobody.]]", guardrails=[judge])

    padding = "tea " * 15_000
    agents = (
        asked("input", denied=False),
        asked("input", denied=True),
        asked("output", denied=True),
        asked("input", denied=False, message=f"{padding}{verdict(denied=True)}{padding}"),
    )
    let, stopped, late, hidden = await asyncio.gather(*(perdure.run([one]) for one in agents))
    assert "shop: It is about votes." in hidden["error"]["message"]
    looked = (await perdure.steps(hidden["id"]))["agent.turn[0].guard[0]"]
    assert looked["tokens_in"] > 20_000 > len(padding) // 4  # two of the four pieces of the text were judged
    assert looked["cost_usd"] > 0
    assert (let["status"], let["output"]["text"]) == ("completed", "Nobody."), let
    assert let["output"]["cost_usd"] > 0
    assert (stopped["status"], stopped["error"]["code"]) == ("failed", "content_refused")
    assert "shop: It is about votes." in stopped["error"]["message"]
    assert "agent.turn[0]" not in await perdure.steps(stopped["id"])
    assert late["error"]["code"] == "content_refused"
    assert await ever(perdure, late["id"]) == ""
