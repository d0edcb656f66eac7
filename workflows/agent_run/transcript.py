"""Cutting a transcript where nothing is torn apart: a tool call and its answers stay together. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import to_json

Messages = list[dict[str, Any]]

CHARS_PER_TOKEN: Final = 3.5
"""Rather too few than too many: a conversation that is taken for longer is summarised a little earlier."""

_SHOWN_CHARS: Final = 4_000
"""Of one message, in what is to be summarised."""


def units(messages: Messages) -> list[Messages]:
    """The transcript in parts that must not be torn apart: an answer of the model with what its tools gave back."""
    found: list[Messages] = []
    for message in messages:
        if message["role"] == "tool" and found:
            found[-1].append(message)
        else:
            found.append([message])
    return found


@dataclass(frozen=True)
class Cut:
    """A transcript in three."""

    first: Messages
    """What the agent was asked first."""
    middle: Messages
    """What a summary may stand for."""
    last: Messages
    """The latest turns."""


def cut(messages: Messages, keep_turns: int) -> Cut | None:
    """Where a transcript can be cut so that the latest turns of the model are kept; None if nothing is between."""
    parts = units(messages)
    answers = [position for position, part in enumerate(parts) if part[0]["role"] == "assistant"]
    start = answers[-keep_turns] if len(answers) >= keep_turns else 1
    if start <= 1:
        return None
    first = parts[0] if parts[0][0]["role"] != "assistant" else []
    middle = parts[len([first] if first else []) : start]
    return Cut(first, _flat(middle), _flat(parts[start:])) if middle else None


def _flat(parts: Iterable[Messages]) -> Messages:
    return [message for part in parts for message in part]


def fitting(messages: Messages, most: int) -> Messages:
    """The latest messages that have at most so many bytes as JSON, calls and answers together."""
    kept: list[Messages] = []
    for part in reversed(units(messages)):
        most -= len(to_json(part))
        if most < 0:
            break
        kept.append(part)
    return _flat(reversed(kept))


def estimated_tokens(value: Any) -> int:
    """About how many tokens a JSON value takes."""
    return int(len(to_json(value)) / CHARS_PER_TOKEN) + 1


def as_text(messages: Messages) -> str:
    """A part of a conversation as text that somebody can summarise."""
    return "\n\n".join(_line(message) for message in messages)


def _line(message: dict[str, Any]) -> str:
    said = "".join(part.get("text", "") for part in message.get("content", ()) if part["type"] == "text")
    calls = "".join(
        f"\n(calls {call['name']} with {to_json(call.get('arguments', {})).decode()})"
        for call in message.get("tool_calls", ())
    )
    who = f"tool {message.get('name', '')}" if message["role"] == "tool" else message["role"]
    text = f"{said}{calls}"
    return f"{who}: {text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + ' […]'}"
