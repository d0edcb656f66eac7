"""What goes into the gateway and comes out, and what it asks of a provider."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from activities.llm.reply import Reply
from schemas.conversation import Effort, Finish, Message, MessageRole, ToolDefinition, TurnUsage

OnText = Callable[[str], Awaitable[None]]
"""Receives every piece of text as it arrives."""


@dataclass(frozen=True)
class LlmRequest:
    """What a step wants to know from a model."""

    model: str
    messages: tuple[Message, ...]
    fallbacks: tuple[str, ...] = ()
    system: str | None = None
    tools: tuple[ToolDefinition, ...] = ()
    tool_choice: str = "auto"
    output_schema: dict[str, Any] | None = None
    temperature: float | None = None
    max_tokens: int = 4096
    thinking: int | Effort | None = None
    prompt_cache: bool = False
    """Whether the conversation will go on, so that the provider should remember what it has read."""
    step_key: str = ""
    """Idempotency key of the step; sent along, so that the other side can tell a repeated call."""


@dataclass(frozen=True)
class LlmAnswer:
    """What a model said, with everything that saying it took, failed tries included."""

    output: Any
    """Its text, or data of the wanted shape; null in place of data if it calls tools."""
    message: Message
    finish: Finish
    model: str
    usage: TurnUsage
    """Of the call that gave the answer."""
    tokens_in: int
    tokens_out: int
    cost_usd: float
    details: dict[str, Any]

    @property
    def truncated(self) -> bool:
        """Whether the answer was cut off."""
        return self.finish in (Finish.LENGTH, Finish.CONTEXT_FULL)


@dataclass(frozen=True)
class ModelCall:
    """One call of one model, as a provider is given it."""

    model: str
    """Name as the vendor knows it."""
    messages: tuple[Message, ...]
    system: str | None
    output_schema: dict[str, Any] | None
    temperature: float | None
    max_tokens: int
    step_key: str
    tools: tuple[ToolDefinition, ...] = ()
    tool_choice: str = "auto"
    thinking: int | Effort | None = None
    reasons: bool = False
    """Whether the model thinks at all, asked for or not."""
    adaptive_thinking: bool = False
    """Whether the model is told how hard to think instead of how long."""
    prompt_cache: bool = False
    responses: bool = False


@dataclass(frozen=True)
class EmbedCall:
    """One call of a model that turns texts into vectors."""

    model: str
    texts: tuple[str, ...]
    dimensions: int | None
    step_key: str


@dataclass(frozen=True)
class Vectors:
    """What a provider gives back for texts."""

    vectors: list[list[float]]
    tokens_in: int


class Provider(Protocol):
    """Speaks to one family of vendors."""

    async def ask(self, call: ModelCall, reply: Reply, on_text: OnText) -> None:
        """Make the call and fill in the reply; vendor errors are raised as they are."""

    async def embed(self, call: EmbedCall) -> Vectors:
        """Turn texts into vectors; vendor errors are raised as they are."""

    async def close(self) -> None:
        """Close the connections."""


def asked(prompt: str) -> tuple[Message, ...]:
    """The conversation that is one question."""
    return (Message.said(MessageRole.USER, prompt),)
