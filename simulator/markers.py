"""Steering by the request: markers such as `[[sim:reply Hello]]` in the text that is sent to the model.

    [[sim:reply TEXT]]                    answer exactly this text
    [[sim:json VALUE]]                    answer exactly this JSON, whether it fits the asked schema or not
    [[sim:tool NAME {"a": 1}]]            call this tool; several markers give several calls
    [[sim:usage in=1000 out=50 cached=0]] report these token counts
    [[sim:delay SECONDS]]                 wait before the answer begins
    [[sim:chunk_delay SECONDS]]           wait before every piece of a streamed answer
    [[sim:status CODE]]                   answer this HTTP status with the vendor's error body
    [[sim:fault NAME times=N key=K model=M value=V]]   fail as `simulator.faults` describes

A fault happens on every call, or on the first `times` calls. Calls are counted in memory under `key`, or, without
a key, under the conversation's opening and the marker's position, so that a client that repeats or extends the
same conversation moves the count on. With `model` the fault is only for calls of that model. Faults stand in a
queue: one that is used up makes room for the next marker.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from simulator.conversation import ToolCall

_START = re.compile(r"\[\[sim:(\w+)\s*")
_OPTION = re.compile(r"(\w+)=(\S+)")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class FaultMarker:
    """A fault that the request asks for."""

    name: str
    position: int
    times: int | None = None
    key: str | None = None
    model: str | None = None
    value: str | None = None


@dataclass
class Steering:
    """Everything that markers of one request say; of a repeated marker the last one counts."""

    reply: str | None = None
    json_text: str | None = None
    tool_calls: list[ToolCall] = field(default_factory=list)
    usage: dict[str, int] = field(default_factory=dict)
    delay: float = 0.0
    chunk_delay: float = 0.0
    status: int | None = None
    faults: list[FaultMarker] = field(default_factory=list)


class BadMarkerError(ValueError):
    """A marker that cannot be understood; answered as a bad request so that a typing error is noticed."""


def read_markers(text: str) -> Steering:
    """What the markers in a text ask for.

    Raises:
        BadMarkerError: for an unknown name or unreadable arguments.
    """
    steering = Steering()
    for match in _START.finditer(text):
        name = match.group(1)
        reader = _READERS.get(name)
        if reader is None:
            raise BadMarkerError(f"unknown marker sim:{name}")
        try:
            reader(steering, text, match.end())
        except (ValueError, IndexError) as error:
            raise BadMarkerError(f"marker sim:{name} is not readable: {error}") from error
    return steering


def without_markers(text: str) -> str:
    """The text as a plain model would see it."""
    parts, at = [], 0
    for match in _START.finditer(text):
        if match.start() < at:
            continue
        parts.append(text[at : match.start()])
        at = _end(text, match.group(1), match.end())
    return "".join((*parts, text[at:]))


def _end(text: str, name: str, start: int) -> int:
    if name == "json":
        start = _json_at(text, start)[1]
    closing = text.find("]]", start)
    return len(text) if closing < 0 else closing + 2


def _argument(text: str, start: int) -> str:
    return text[start : text.index("]]", start)].strip()


def _json_at(text: str, start: int) -> tuple[Any, int]:
    return _DECODER.raw_decode(text, start)


def _reply(steering: Steering, text: str, start: int) -> None:
    steering.reply = _argument(text, start)


def _json(steering: Steering, text: str, start: int) -> None:
    _, end = _json_at(text, start)
    steering.json_text = text[start:end]


def _tool(steering: Steering, text: str, start: int) -> None:
    name, _, arguments = _argument(text, start).partition(" ")
    steering.tool_calls.append(ToolCall(name, json.loads(arguments or "{}")))


def _usage(steering: Steering, text: str, start: int) -> None:
    steering.usage = {key: int(value) for key, value in _OPTION.findall(_argument(text, start))}


def _delay(steering: Steering, text: str, start: int) -> None:
    steering.delay = float(_argument(text, start))


def _chunk_delay(steering: Steering, text: str, start: int) -> None:
    steering.chunk_delay = float(_argument(text, start))


def _status(steering: Steering, text: str, start: int) -> None:
    steering.status = int(_argument(text, start))


def _fault(steering: Steering, text: str, start: int) -> None:
    name, _, rest = _argument(text, start).partition(" ")
    options = dict(_OPTION.findall(rest))
    times = options.get("times")
    steering.faults.append(
        FaultMarker(
            name=name,
            position=len(steering.faults),
            times=int(times) if times else None,
            key=options.get("key"),
            model=options.get("model"),
            value=options.get("value"),
        )
    )


_READERS = {
    "reply": _reply,
    "json": _json,
    "tool": _tool,
    "usage": _usage,
    "delay": _delay,
    "chunk_delay": _chunk_delay,
    "status": _status,
    "fault": _fault,
}
