"""What goes into the gateway and comes out, and what it asks of a provider."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

OnText = Callable[[str], Awaitable[None]]
"""Receives every piece of text as it arrives."""


@dataclass(frozen=True)
class LlmRequest:
    """What a step wants to know from a model."""

    model: str
    prompt: str
    fallbacks: tuple[str, ...] = ()
    system: str | None = None
    output_schema: dict[str, Any] | None = None
    temperature: float | None = None
    max_tokens: int = 4096
    step_key: str = ""
    """Idempotency key of the step; sent along, so that the other side can tell a repeated call."""


@dataclass(frozen=True)
class LlmAnswer:
    """What a model said, with everything that saying it took, failed tries included."""

    output: Any
    model: str
    tokens_in: int
    tokens_out: int
    cost_usd: float
    details: dict[str, Any]


class Finish(StrEnum):
    """Why a model stopped."""

    STOP = "stop"
    LENGTH = "length"
    REFUSED = "refused"
    TOOL_CALLS = "tool_calls"
    CONTEXT_FULL = "context_full"


@dataclass(frozen=True)
class Turn:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True)
class ModelCall:
    """One call of one model, as a provider is given it."""

    model: str
    """Name as the vendor knows it."""
    turns: tuple[Turn, ...]
    system: str | None
    output_schema: dict[str, Any] | None
    temperature: float | None
    max_tokens: int
    step_key: str


@dataclass
class Usage:
    """Tokens of one call; the three kinds of input do not overlap."""

    fresh_in: int = 0
    cache_read: int = 0
    cache_write: int = 0
    tokens_out: int = 0

    @property
    def tokens_in(self) -> int:
        """All tokens that were sent."""
        return self.fresh_in + self.cache_read + self.cache_write


@dataclass
class Reply:
    """What a provider has heard so far; filled while the answer streams in, so that a failure loses nothing."""

    parts: list[str] = field(default_factory=list)
    finish: Finish | None = None
    usage: Usage = field(default_factory=Usage)
    refusal: str = ""
    started: bool = False
    """Whether the other side has begun to answer."""

    @property
    def text(self) -> str:
        """The answer."""
        return "".join(self.parts)


class Provider(Protocol):
    """Speaks to one family of vendors."""

    async def ask(self, call: ModelCall, reply: Reply, on_text: OnText) -> None:
        """Make the call and fill in the reply; vendor errors are raised as they are."""

    async def close(self) -> None:
        """Close the connections."""
