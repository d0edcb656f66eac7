"""Agents: a model that thinks in turns and uses tools. Settings, limits, why one ends, what it gives back. Pure."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from schemas.budgets import ModelBudget
from schemas.conversation import Effort, Message, MessageRole, Part, TextPart
from schemas.document import Duration, Strict
from schemas.errors import ErrorCode, PerdureError
from schemas.guardrails import Guardrail
from schemas.node_spec import CredentialName, NodeConfig
from schemas.tools.use import AnyToolUse

AGENT_REFERENCE_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,99}(@[1-9][0-9]*)?$"

LIMIT_PORT: Final = "limit"
"""Port of an agent that reached one of its limits, if its settings say so."""


class EndReason(StrEnum):
    """Why an agent ended. `completed` leaves through `out`, a limit through `limit` or as the error of its name."""

    COMPLETED = "completed"
    TURN_LIMIT = "turn_limit"
    TOKEN_LIMIT = "token_limit"  # noqa: S105 - tokens of a model
    COST_LIMIT = "cost_limit"
    TIME_LIMIT = "time_limit"
    HANDED_OVER = "handed_over"
    """A member of a crew has handed its work to another."""


LIMIT_ERRORS: Final[Mapping[EndReason, ErrorCode]] = {
    EndReason.TURN_LIMIT: ErrorCode.TURN_LIMIT,
    EndReason.TOKEN_LIMIT: ErrorCode.TOKEN_LIMIT,
    EndReason.COST_LIMIT: ErrorCode.COST_LIMIT,
    EndReason.TIME_LIMIT: ErrorCode.TIME_LIMIT,
}


class AgentLimits(Strict):
    """Where an agent ends."""

    turns: int = Field(default=25, ge=1, le=1_000, description="Model calls, those for summaries not counted.")
    tokens: int | None = Field(default=None, ge=1, description="Tokens in and out of all its model calls together.")
    cost_usd: float | None = Field(default=None, gt=0, description="What its calls may cost together, in US dollars.")
    seconds: Duration | None = Field(
        default=None, gt=0, description="Time that it works; what it waits for people does not count."
    )
    parallel: int = Field(default=8, ge=1, le=50, description="Tool calls under way at once.")
    calls: int = Field(
        default=32, ge=1, le=128, description="Tool calls of one turn; the model is told that the rest was not made."
    )


class Compaction(Strict):
    """How a long conversation is kept small: the older part of it is replaced by a summary."""

    enabled: bool = True
    tokens: int | None = Field(
        default=None,
        ge=100,
        description="From which size on; by default 80 % of what the model can take in, or 100,000 if nobody knows.",
    )
    keep_turns: int = Field(default=4, ge=1, le=100, description="Latest turns that are kept word by word.")
    model: str | None = Field(default=None, max_length=200, description="Which model summarises; by default its own.")


class AgentMemory(Strict):
    """What an agent keeps from one run to the next: facts, which people see and change at /v1/memories."""

    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Whose memory it is; agents that name the same one share it. By default the agent's own, under its "
        "slug; of a node of a workflow `<slug of the workflow>/<id of the node>`.",
    )
    subject: str | None = Field(
        default=None,
        min_length=1,
        max_length=320,
        description="Whom its facts are about, such as `{{ input.context.customer }}`: facts about others are neither "
        "found nor kept. By default they are about nobody.",
    )
    recall: int = Field(default=8, ge=0, le=50, description="Facts that it is told before its first turn, at most.")
    remember: Literal["tool", "end", "both", "no"] = Field(
        default="tool",
        description="How facts are kept: by the tool `remember` that it is given, by one more model call when it is "
        "done, by both, or not at all.",
    )
    expires_in: Duration | None = Field(default=None, gt=0, description="How long they are kept; for ever by default.")


class AgentSettings(NodeConfig):
    """What an agent is."""

    instructions: str = Field(default="", max_length=200_000, description="Who it is and what it has to do.")
    model: str = Field(default="default", min_length=1, max_length=200, description="Model name or alias.")
    fallbacks: list[str] = Field(default_factory=list, max_length=5, description="Models tried in order.")
    credential: CredentialName | None = Field(
        default=None, description="Credential with the key of the provider; without one the operator's keys are used."
    )
    temperature: float | None = Field(default=None, ge=0, le=2, description="How much chance the model may use.")
    max_tokens: int = Field(default=4096, ge=1, le=200_000, description="Longest answer of one turn.")
    thinking: int | Effort | None = Field(default=None, description="Tokens that it may think, or how hard.")
    cache: Duration | None = Field(
        default=None,
        gt=0,
        le=30 * 86400.0,
        description="Age up to which stored answers to equal model calls are taken instead of asking.",
    )
    tools: tuple[AnyToolUse, ...] = Field(default=(), max_length=64, description="What it may use.")
    output_schema: dict[str, Any] | None = Field(
        default=None, description="JSON Schema; the agent then ends with data that satisfies it."
    )
    limits: AgentLimits = Field(default_factory=AgentLimits, description="Where it ends before it is done.")
    budget: ModelBudget = Field(
        default_factory=ModelBudget, description="What its calls may cost until a person allows more."
    )
    limit_port: bool = Field(
        default=False, description="Whether an agent that reaches a limit leaves through `limit` instead of failing."
    )
    compaction: Compaction = Field(default_factory=Compaction, description="How a long conversation is kept small.")
    guardrails: tuple[Guardrail, ...] = Field(
        default=(), max_length=50, description="What may go into the model and come out of it."
    )
    memory: AgentMemory | None = Field(
        default=None, description="What it remembers from one run to the next; by default nothing."
    )


class AgentOutput(BaseModel):
    """What an agent gives back."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(description="What it said last.")
    output: Any = Field(description="Data of its answer, with `output_schema`; else null.")
    end: EndReason
    turns: int
    tool_calls: int
    tokens_in: int
    tokens_out: int
    cost_usd: float
    truncated: bool = Field(description="Whether its last answer was cut off by `max_tokens`.")
    messages: list[dict[str, Any]] = Field(description="What was said in this run, after what it began with.")
    summary: str | None = Field(description="Stands for all that was said before `messages`, if that was summarised.")
    handed_to: dict[str, Any] | None = Field(description="Of a member of a crew: `agent` that goes on, and `message`.")


_MESSAGES: TypeAdapter[list[Message]] = TypeAdapter(list[Message])
_PARTS: TypeAdapter[tuple[Part, ...]] = TypeAdapter(tuple[Part, ...])


def first_message(value: Any) -> Message:
    """What an agent is asked: text, parts, or any other JSON value, which it reads as JSON text."""
    if isinstance(value, str):
        return Message.said(MessageRole.USER, value)
    if isinstance(value, list) and value:
        try:
            return Message(role=MessageRole.USER, content=_PARTS.validate_python(value))
        except ValidationError:
            pass
    text = json.dumps(value, ensure_ascii=False)
    return Message(role=MessageRole.USER, content=(TextPart(text=text),))


def dumped(message: Message) -> dict[str, Any]:
    """A message as JSON data."""
    return message.model_dump(mode="json", exclude_none=True)


def check_transcript(messages: Sequence[dict[str, Any]]) -> list[Message]:
    """The messages of a conversation that an agent can go on with.

    Raises:
        PerdureError: INVALID_REQUEST if they are no messages, or if a tool call and its answer are not together.
    """
    try:
        found = _MESSAGES.validate_python(list(messages))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, fault["loc"]))
        raise PerdureError(ErrorCode.INVALID_REQUEST, f"`messages.{where}`: {fault['msg']}.") from None
    if (problem := torn(found)) is not None:
        raise PerdureError(ErrorCode.INVALID_REQUEST, problem)
    return found


def torn(messages: Sequence[Message]) -> str | None:
    """What is wrong with a conversation, if tool calls and their answers are not together in it."""
    open_calls: list[str] = []
    for message in messages:
        if message.role is MessageRole.TOOL:
            if message.tool_call_id not in open_calls:
                return f"The answer to the tool call {message.tool_call_id!r} does not follow that call."
            open_calls.remove(str(message.tool_call_id))
        elif open_calls:
            break
        else:
            open_calls = [call.id for call in message.tool_calls]
    return f"The tool call {open_calls[0]!r} is not answered right after it." if open_calls else None
