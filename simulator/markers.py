"""Steering by the request: markers such as `[[sim:reply Hello]]` in the text that is sent to the model.

    [[sim:reply TEXT]]                    answer exactly this text
    [[sim:json VALUE]]                    answer exactly this JSON, whether it fits the asked schema or not
    [[sim:tool NAME {"a": 1}]]            call this tool; several markers give several calls. Once the model has called
                                          tools, only markers that came after that count
    [[sim:loop NAME {"a": 1}]]            call this tool in every turn, without end
    [[sim:script [TURN, …]]]              what the model says turn by turn, counted from where the script stands; see
                                          `simulator.scripts`
    [[sim:clock]]                         answer the time at which the answer begins, in milliseconds since 1970
    [[sim:think TEXT]]                    think this before the answer, where the protocol can tell
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
_NAME = re.compile(r"[^\s\]{]*\s*")
_OPTION = re.compile(r"(\w+)=(\S+)")
_DECODER = json.JSONDecoder()
_ESCAPED = '{\\"'


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
    loop: ToolCall | None = None
    script: list[Any] | None = None
    scripted: bool = False
    """Whether the answer is that of a script."""
    clock: bool = False
    thought: str | None = None
    usage: dict[str, int] = field(default_factory=dict)
    delay: float = 0.0
    chunk_delay: float = 0.0
    status: int | None = None
    faults: list[FaultMarker] = field(default_factory=list)


class BadMarkerError(ValueError):
    """A marker that cannot be understood; answered as a bad request so that a typing error is noticed."""


def read_markers(text: str, steering: Steering | None = None) -> Steering:
    """What the markers in a text ask for.

    Args:
        text: What was said to the model.
        steering: What earlier texts ask for; it is added to.

    Raises:
        BadMarkerError: for an unknown name or unreadable arguments.
    """
    steering, at = steering or Steering(), 0
    for match in _START.finditer(text):
        if match.start() < at:
            continue
        name = match.group(1)
        reader = _READERS.get(name)
        if reader is None:
            raise BadMarkerError(f"unknown marker sim:{name}")
        try:
            reader(steering, text, match.end())
        except (ValueError, IndexError) as error:
            raise BadMarkerError(f"marker sim:{name} is not readable: {error}") from error
        at = _end(text, name, match.end())
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
    if name in ("tool", "loop"):
        start += len(_NAME.match(text[start:])[0])  # type: ignore[index]
    if name in ("json", "script") or (name in ("tool", "loop") and text[start : start + 1] == "{"):
        start = _json_at(text, start)[1]
    closing = text.find("]]", start)
    return len(text) if closing < 0 else closing + 2


def _argument(text: str, start: int) -> str:
    return text[start : text.index("]]", start)].strip()


def _json_at(text: str, start: int) -> tuple[Any, int]:
    """The data there, and where it ends; of a marker within data its own quotes are escaped."""
    if text.startswith(_ESCAPED, start):
        end = text.index("]]", start)
        return json.loads(json.loads(f'"{text[start:end].strip()}"')), end
    return _DECODER.raw_decode(text, start)


def _reply(steering: Steering, text: str, start: int) -> None:
    steering.reply = _argument(text, start)


def _json(steering: Steering, text: str, start: int) -> None:
    _, end = _json_at(text, start)
    steering.json_text = text[start:end]


def _tool(steering: Steering, text: str, start: int) -> None:
    steering.tool_calls.append(_call_at(text, start))


def _loop(steering: Steering, text: str, start: int) -> None:
    steering.loop = _call_at(text, start)


def _script(steering: Steering, text: str, start: int) -> None:
    script, _ = _json_at(text, start)
    if not isinstance(script, list):
        raise ValueError("a script is a list of turns")
    steering.script = script


def _clock(steering: Steering, text: str, start: int) -> None:
    steering.clock = True


def _think(steering: Steering, text: str, start: int) -> None:
    steering.thought = _argument(text, start)


def _call_at(text: str, start: int) -> ToolCall:
    """The name of a tool, and its arguments, in which `]]` may stand."""
    found = _NAME.match(text[start:])
    name = found[0].strip() if found else ""
    start += len(found[0]) if found else 0
    arguments = (
        _json_at(text, start)[0] if text[start : start + 1] == "{" else json.loads(_argument(text, start) or "{}")
    )
    return ToolCall(name, arguments)


def _usage(steering: Steering, text: str, start: int) -> None:
    steering.usage = {key: int(value) for key, value in _OPTION.findall(_argument(text, start))}


def _delay(steering: Steering, text: str, start: int) -> None:
    steering.delay = float(_argument(text, start))


def _chunk_delay(steering: Steering, text: str, start: int) -> None:
    steering.chunk_delay = float(_argument(text, start))


def _status(steering: Steering, text: str, start: int) -> None:
    steering.status = int(_argument(text, start))


def _fault(steering: Steering, text: str, start: int) -> None:
    steering.faults.append(fault_of(_argument(text, start), len(steering.faults)))


def fault_of(text: str, position: int) -> FaultMarker:
    """The fault `NAME times=N key=K model=M value=V`."""
    name, _, rest = text.partition(" ")
    options = dict(_OPTION.findall(rest))
    times = options.get("times")
    return FaultMarker(
        name=name,
        position=position,
        times=int(times) if times else None,
        key=options.get("key"),
        model=options.get("model"),
        value=options.get("value"),
    )


_READERS = {
    "reply": _reply,
    "json": _json,
    "tool": _tool,
    "loop": _loop,
    "script": _script,
    "clock": _clock,
    "think": _think,
    "usage": _usage,
    "delay": _delay,
    "chunk_delay": _chunk_delay,
    "status": _status,
    "fault": _fault,
}
