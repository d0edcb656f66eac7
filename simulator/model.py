"""The stand-in model: an answer for a question, by markers first, by shape and skills otherwise."""

import json
import re
import time
from dataclasses import replace
from typing import Any

from simulator import faults, skills
from simulator.conversation import Answer, Finish, Question, ToolCall, Usage, count_tokens
from simulator.markers import FaultMarker, Steering, without_markers
from simulator.shapes import fill

_DESCRIBED = re.compile(r"JSON Schema:\s*\{")
_PIECE = re.compile(r"\s*\S{1,12}|\s+")


def answer(question: Question, steering: Steering, fault: FaultMarker | None) -> Answer:
    """What the model says."""
    text, calls = _content(question, steering)
    finish = Finish.TOOL_CALLS if calls else Finish.STOP
    said = Answer(text, Usage(0, 0), finish, calls, _thought(question, steering))
    if fault:
        said = faults.change(fault, said)
    return _counted(_bounded(said, question.max_tokens), question, steering)


def pieces(text: str) -> list[str]:
    """The text in the portions in which it is streamed, about a token or three each."""
    return _PIECE.findall(text)


def _content(question: Question, steering: Steering) -> tuple[str, tuple[ToolCall, ...]]:
    if steering.tool_calls:
        return steering.reply if steering.scripted and steering.reply else "", tuple(steering.tool_calls)
    if steering.loop is not None and question.tools:
        return "", (steering.loop,)
    if steering.scripted:
        return steering.reply or "", ()
    if steering.clock:
        return f"{time.time() * 1_000:.2f}", ()
    prompt = without_markers(question.asked)
    if question.forced_tool:
        return "", (_forced(question, steering, prompt),)
    if steering.json_text is not None:
        return steering.json_text, ()
    if steering.reply is not None:
        return steering.reply, ()
    schema = question.schema or _described_schema(question.system)
    if schema is not None:
        return json.dumps(fill(schema, prompt), ensure_ascii=False), ()
    if question.json_mode:
        return json.dumps({"answer": _prose(prompt)}, ensure_ascii=False), ()
    return _prose(prompt), ()


def _thought(question: Question, steering: Steering) -> str:
    if steering.thought is not None:
        return steering.thought
    return f"The conversation has {len(question.turns)} messages; I know what to say." if question.thinking else ""


def _forced(question: Question, steering: Steering, prompt: str) -> ToolCall:
    schema = next((tool.schema for tool in question.tools if tool.name == question.forced_tool), {})
    data = json.loads(steering.json_text) if steering.json_text is not None else fill(schema, prompt)
    return ToolCall(question.forced_tool or "", data)


def _described_schema(system: str) -> dict[str, Any] | None:
    """A schema that the instructions give in words: `JSON Schema:` and an object, as clients of plain models do."""
    found = _DESCRIBED.search(system)
    if found is None:
        return None
    try:
        schema = json.JSONDecoder().raw_decode(system, found.end() - 1)[0]
    except ValueError:
        return None
    return schema if isinstance(schema, dict) else None


def _prose(prompt: str) -> str:
    if skills.wants_draft(prompt):
        return skills.draft_reply(prompt)
    summary = skills.summarise(prompt)
    if summary:
        return summary
    mail = skills.read_mail(prompt)
    return mail.summary if mail.order else f"I have read your message of {len(prompt)} characters; it is clear to me."


def _bounded(said: Answer, max_tokens: int | None) -> Answer:
    if max_tokens is None or said.tool_calls or count_tokens(said.text) <= max_tokens:
        return said
    return replace(said, text=said.text[: max_tokens * 4], finish=Finish.LENGTH)


def _counted(said: Answer, question: Question, steering: Steering) -> Answer:
    spoken = said.thought + said.text + "".join(call.text for call in said.tool_calls)
    size = steering.usage.get("in", question.size)
    cached = min(steering.usage.get("cached", _remembered(question)), size)
    usage = Usage(
        tokens_in=size,
        tokens_out=steering.usage.get("out", count_tokens(spoken)),
        cached=cached,
        written=size - cached if question.remembered and "cached" not in steering.usage else 0,
    )
    return replace(said, usage=usage)


def _remembered(question: Question) -> int:
    """Tokens of the beginning that an earlier call has put into the prompt cache: all up to the last answer."""
    if not question.remembered or not question.answered:
        return 0
    return replace(question, turns=question.turns[: question.answered - 1]).size
