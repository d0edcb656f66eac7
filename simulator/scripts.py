"""Steering over a whole conversation: which markers still count, and which turn of a script it is.

A script is a list of turns; the first is the model's next answer after the message that holds the script, and so on.
When it is over, the model answers as without one. Requests without tools are not scripted if the script calls any: they
are about something else, such as a summary.

    {"text": "…"}                                   say this
    {"json": {…}}                                   say this as JSON
    {"tools": [{"name": "…", "arguments": {…}}]}    call these tools; with `text`, after saying that
    {"think": "…"}                                  think this first
    {"fault": "http_500 times=1"}                   fail; counted per conversation and turn
    {"usage": {"in": 1000, "out": 50}, "delay": 0.5}
"""

import json
from dataclasses import replace
from typing import Any

from simulator.conversation import Question, ToolCall
from simulator.markers import BadMarkerError, Steering, fault_of, read_markers


def steer(question: Question) -> Steering:
    """What the markers of a conversation ask for now.

    Raises:
        BadMarkerError: for a marker or a script that cannot be understood.
    """
    steering, answers = read_markers(question.system), 0
    for turn in question.turns:
        if turn.role == "assistant":
            answers += 1
            if turn.calls:
                steering.tool_calls.clear()
            continue
        known = steering.script
        read_markers(turn.text, steering)
        if steering.script is not known:
            answers = 0
    script = steering.script
    if script is not None and answers < len(script) and (question.tools or not _calls_tools(script)):
        _follow(script[answers], steering, f"{question.opening}/script/{answers}")
    return steering


def _calls_tools(script: list[Any]) -> bool:
    return any(isinstance(turn, dict) and turn.get("tools") for turn in script)


def _follow(turn: Any, steering: Steering, key: str) -> None:
    try:
        _take(turn, steering, key)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadMarkerError(f"turn of a script is not readable: {error!r}") from error


def _take(turn: dict[str, Any], steering: Steering, key: str) -> None:
    steering.scripted = True
    steering.tool_calls = [ToolCall(call["name"], call.get("arguments", {})) for call in turn.get("tools", ())]
    steering.reply = json.dumps(turn["json"]) if "json" in turn else turn.get("text", "")
    steering.json_text, steering.loop = None, None
    steering.thought = turn.get("think", steering.thought)
    steering.usage = turn.get("usage", steering.usage)
    steering.delay = float(turn.get("delay", steering.delay))
    if "fault" in turn:
        fault = fault_of(turn["fault"], len(steering.faults))
        steering.faults.insert(0, replace(fault, key=fault.key or key))
