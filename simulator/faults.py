"""Every way in which the simulator can fail, by name.

Three families: a call is refused with an HTTP error, the model answers something unwelcome, or the transport breaks.
`value` of the marker changes the number that a fault is about (seconds of a Retry-After, pieces before a cut).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum

from simulator.conversation import Answer, Finish, ToolCall
from simulator.markers import FaultMarker


@dataclass(frozen=True)
class Refusal:
    """An HTTP error instead of an answer."""

    status: int
    reason: str
    headers: dict[str, str] = field(default_factory=dict)


class Break(StrEnum):
    """How the transport breaks."""

    HANG = "hang"
    HANG_MID = "hang_mid"
    CUT = "cut"
    CUT_CLEAN = "cut_clean"
    BAD_JSON = "bad_json"
    STREAM_ERROR = "stream_error"
    EMPTY_CHOICES = "empty_choices"
    SLOW = "slow"


REASON_OF_STATUS = {
    400: "bad_request",
    401: "unauthorized",
    402: "billing",
    403: "forbidden",
    404: "unknown_model",
    413: "too_large",
    429: "rate_limit",
    500: "server_error",
    502: "bad_gateway",
    503: "unavailable",
    529: "overloaded",
}


def refusal(fault: FaultMarker) -> Refusal | None:
    """The HTTP error that a fault stands for, if it is one."""
    if fault.name in _RATE_LIMITS:
        return Refusal(429, "rate_limit", _RATE_LIMITS[fault.name](float(fault.value or 1)))
    found = _REFUSALS.get(fault.name)
    return Refusal(*found) if found else None


def change(fault: FaultMarker, answer: Answer) -> Answer:
    """The unwelcome answer that a fault turns a good one into; other faults leave it as it is."""
    if fault.name == "many_tools":
        return _call(tuple(ToolCall("no_such_tool", {"x": n}) for n in range(int(fault.value or 50))))(answer)
    changer = _CHANGES.get(fault.name)
    return changer(answer) if changer else answer


def transport_break(fault: FaultMarker | None) -> Break | None:
    """The broken transport that a fault stands for, if it is one."""
    return Break(fault.name) if fault and fault.name in set(Break) else None


def known(name: str) -> bool:
    """Whether there is a fault of this name."""
    return name in _RATE_LIMITS or name in _REFUSALS or name in _CHANGES or name == "many_tools" or name in set(Break)


def _date(seconds: float) -> dict[str, str]:
    return {"retry-after": format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)}


_RATE_LIMITS: dict[str, Callable[[float], dict[str, str]]] = {
    "rate_limit": lambda seconds: {},
    "rate_limit_seconds": lambda seconds: {"retry-after": f"{seconds:g}"},
    "rate_limit_date": _date,
    "rate_limit_ms": lambda seconds: {"retry-after-ms": f"{seconds * 1000:g}"},
    "rate_limit_nonsense": lambda seconds: {"retry-after": "soon"},
}

_REFUSALS = {
    "http_500": (500, "server_error"),
    "http_502_html": (502, "html"),
    "http_503": (503, "unavailable"),
    "http_529": (529, "overloaded"),
    "quota": (429, "quota"),
    "billing": (402, "billing"),
    "unauthorized": (401, "unauthorized"),
    "forbidden": (403, "forbidden"),
    "unknown_model": (404, "unknown_model"),
    "context_too_long": (400, "context_too_long"),
    "too_large": (413, "too_large"),
    "bad_request": (400, "bad_request"),
}


def _refuse(answer: Answer) -> Answer:
    return replace(answer, text="I'm sorry, but I can't help with that.", finish=Finish.REFUSAL, tool_calls=())


def _filter(answer: Answer) -> Answer:
    return replace(answer, text=answer.text[: len(answer.text) // 2], finish=Finish.CONTENT_FILTER, tool_calls=())


def _cut_short(answer: Answer) -> Answer:
    return replace(answer, text=answer.text[: len(answer.text) // 2], finish=Finish.LENGTH)


def _say(text: str) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, text=text, tool_calls=(), finish=Finish.STOP)


def _call(calls: tuple[ToolCall, ...]) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, text="", tool_calls=calls, finish=Finish.TOOL_CALLS)


def _spoil(arguments: str) -> Callable[[Answer], Answer]:
    """Other arguments for every call."""
    return lambda answer: replace(answer, tool_calls=tuple(replace(call, raw=arguments) for call in answer.tool_calls))


_CHANGES: dict[str, Callable[[Answer], Answer]] = {
    "refusal": _refuse,
    "content_filter": _filter,
    "length": _cut_short,
    "empty_content": _say(""),
    "bad_json_text": _say('{"intent": "refund", "amount": '),
    "prose": _say("Certainly! The customer seems to want a refund."),
    "wrong_json": _say(json.dumps({"unexpected": True})),
    "fenced": lambda answer: replace(answer, text=f"Here you are:\n\n```json\n{answer.text}\n```\n"),
    "two_answers": lambda answer: replace(answer, text=f"{answer.text}\n{answer.text}"),
    "unclean_text": _say("before\x00 middle\ud800 after"),
    "unknown_tool": _call((ToolCall("no_such_tool", {"x": 1}),)),
    "malformed_tool": _spoil('{"a": 1, "b": '),
    "scalar_tool": _spoil("[1, 2]"),
    "misfit_tool": _spoil('{"no_such_argument": true}'),
}
