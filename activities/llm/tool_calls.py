"""Turns the tool calls of an answer into data; what is wrong with one is said to the model, never raised."""

import json
import re
from typing import Any, Final

from activities.llm.reply import CallText, Reply
from activities.llm.structured import Shape, UnusableAnswerError, finite, refuse_constant, shape_of
from activities.text import clean_output, clean_text
from schemas.conversation import ToolCall, ToolDefinition
from schemas.errors import PerdureError
from schemas.faults import suggestion

MAX_CALLS: Final = 64
"""Tools that a model may call at once."""

_SHOWN: Final = 200
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]")


async def tool_calls(reply: Reply, tools: tuple[ToolDefinition, ...], salt: str) -> tuple[ToolCall, ...]:
    """The calls of an answer, each with its fault if it cannot be made.

    Args:
        reply: What was heard.
        tools: The tools that the model was offered.
        salt: Makes ids of our own unlike those of other turns.
    """
    heard = list(reply.calls.values())
    shapes = await _shapes([call for call in heard[:MAX_CALLS] if call.name], tools)
    surplus = _surplus(len(heard))
    calls: list[ToolCall] = []
    for call in heard[:MAX_CALLS]:
        found = _call(call, tools, shapes)
        known = {other.id for other in calls}
        calls.append(
            found.model_copy(
                update={"id": _own_id(found.id, known, f"{salt}_{len(calls)}"), "fault": surplus or found.fault}
            )
        )
    return tuple(calls)


async def _shapes(heard: list[CallText], tools: tuple[ToolDefinition, ...]) -> dict[str, Shape | None]:
    """The shapes of the tools that are called; None for one whose schema cannot be used."""
    called = {call.name for call in heard}
    return {tool.name: await _shape(tool) for tool in tools if tool.name in called}


async def _shape(tool: ToolDefinition) -> Shape | None:
    try:
        return await shape_of(tool.input_schema)
    except PerdureError:
        return None


def _call(heard: CallText, tools: tuple[ToolDefinition, ...], shapes: dict[str, Shape | None]) -> ToolCall:
    name = _UNFIT.sub("_", heard.name)[:64] or "unnamed"
    arguments, fault = _arguments(heard.arguments)
    if heard.name not in {tool.name for tool in tools}:
        near = suggestion(name, [tool.name for tool in tools])
        fault = f"There is no tool {name!r}{near}"
    elif fault is None and (shape := shapes.get(heard.name)) is not None:
        fault = _misfit(shape, arguments)
    return ToolCall(id=_UNFIT.sub("_", heard.id)[:64], name=name, arguments=arguments, fault=fault)


def _arguments(text: str) -> tuple[dict[str, Any], str | None]:
    """The arguments, or what is wrong with them."""
    try:
        loaded = json.loads(text, parse_float=finite, parse_constant=refuse_constant) if text.strip() else {}
        value = clean_output(loaded)
    except (ValueError, RecursionError) as error:
        return {}, f"The arguments are not JSON ({str(error)[:_SHOWN]}): {clean_text(text[:_SHOWN])}"
    except PerdureError as error:
        return {}, f"The arguments cannot be used: {error.info.message}"
    return (value, None) if isinstance(value, dict) else ({}, "The arguments must be a JSON object.")


def _misfit(shape: Shape, arguments: dict[str, Any]) -> str | None:
    try:
        shape.check(arguments)
    except UnusableAnswerError as problem:
        return f"The arguments do not fit the tool's schema:\n{problem}"
    except PerdureError:
        return None
    return None


def _own_id(wanted: str, known: set[str], own: str) -> str:
    """An id that no other call has; results are matched by it."""
    return wanted if wanted and wanted not in known else f"call_{own}"


def _surplus(count: int) -> str | None:
    if count <= MAX_CALLS:
        return None
    return f"You called {count:,} tools at once, and none of them was run: call at most {MAX_CALLS} at once."
