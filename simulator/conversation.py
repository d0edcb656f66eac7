"""A model call and its answer, in the simulator's own terms; both vendors' protocols map to them."""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any


class Finish(StrEnum):
    """Why an answer ended."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    REFUSAL = "refusal"
    CONTENT_FILTER = "content_filter"


@dataclass(frozen=True)
class Turn:
    """One message of a conversation."""

    role: str
    text: str
    calls: bool = False
    """Whether it calls tools."""


@dataclass(frozen=True)
class Tool:
    """A function that the model may call."""

    name: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class ToolCall:
    """A call that the model asks for."""

    name: str
    arguments: dict[str, Any]
    raw: str | None = None
    """The arguments as they are sent, if they are no JSON object."""

    @property
    def text(self) -> str:
        """The arguments as they are sent."""
        return json.dumps(self.arguments) if self.raw is None else self.raw


@dataclass(frozen=True)
class Question:
    """What a client asks."""

    model: str
    system: str
    turns: tuple[Turn, ...]
    schema: dict[str, Any] | None = None
    json_mode: bool = False
    tools: tuple[Tool, ...] = ()
    forced_tool: str | None = None
    stream: bool = False
    include_usage: bool = False
    max_tokens: int | None = None
    thinking: bool = False
    remembered: bool = False
    """Whether the client asks for a prompt cache."""

    @property
    def asked(self) -> str:
        """Everything that was said to the model: markers are looked for here, never in its own answers."""
        return "\n".join((self.system, *(turn.text for turn in self.turns if turn.role != "assistant")))

    @property
    def answered(self) -> int:
        """How many turns begin the conversation up to and with the model's last answer."""
        return max((at + 1 for at, turn in enumerate(self.turns) if turn.role == "assistant"), default=0)

    @property
    def last(self) -> str:
        """The newest message of the user."""
        return next((turn.text for turn in reversed(self.turns) if turn.role == "user"), "")

    @property
    def opening(self) -> str:
        """Digest of the system text and the first message: it stays the same when a client asks again."""
        first = self.turns[0].text if self.turns else ""
        return sha256(f"{self.system}\0{first}".encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def size(self) -> int:
        """Tokens of the whole conversation."""
        return count_tokens(self.system) + sum(count_tokens(turn.text) + 3 for turn in self.turns)


@dataclass(frozen=True)
class Usage:
    """Tokens of a call; `tokens_in` includes the cached ones."""

    tokens_in: int
    tokens_out: int
    cached: int = 0
    written: int = 0
    """Of `tokens_in`, those that the prompt cache learned."""


@dataclass(frozen=True)
class Answer:
    """What the model says."""

    text: str
    usage: Usage
    finish: Finish = Finish.STOP
    tool_calls: tuple[ToolCall, ...] = field(default=())
    thought: str = ""

    @property
    def refused(self) -> bool:
        """Whether the model declined."""
        return self.finish in (Finish.REFUSAL, Finish.CONTENT_FILTER)


def count_tokens(text: str) -> int:
    """A plausible number of tokens: one for four characters."""
    return (len(text) + 3) // 4
