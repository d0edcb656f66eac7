"""Conversations with language models: messages, tools and one turn of a model, the same for every vendor."""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.document import Duration
from schemas.node_spec import CredentialName, NodeConfig

MAX_TOOLS = 128
"""Tools that a model can be offered in one turn."""

TOOL_NAME_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
"""Names of tools that every vendor takes."""

MEDIA_TYPE_PATTERN = r"^[a-z]+/[A-Za-z0-9.+-]+$"

Effort = Literal["minimal", "low", "medium", "high"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TextPart(_Frozen):
    """Text."""

    type: Literal["text"] = "text"
    text: str


class ImagePart(_Frozen):
    """An image, from exactly one source."""

    type: Literal["image"] = "image"
    media_type: str | None = Field(
        default=None,
        pattern=r"^image/[a-z0-9.+-]+$",
        description="Needed for `data` only; a stored file knows its own.",
    )
    data: str | None = Field(default=None, description="Base64.")
    url: str | None = Field(default=None, pattern=r"^https?://", description="Address that the provider itself reads.")
    file: str | None = Field(default=None, description="Id of a stored file.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(source is not None for source in (self.data, self.url, self.file)) != 1:
            raise ValueError("give an image exactly one of data, url and file")
        if self.data is not None and self.media_type is None:
            raise ValueError("an image given as data needs its media_type")
        return self


class FilePart(_Frozen):
    """A document, such as a PDF, from exactly one source."""

    type: Literal["file"] = "file"
    name: str = Field(min_length=1, max_length=255)
    media_type: str | None = Field(
        default=None, pattern=MEDIA_TYPE_PATTERN, description="Needed for `data` only; a stored file knows its own."
    )
    data: str | None = Field(default=None, description="Base64.")
    file: str | None = Field(default=None, description="Id of a stored file.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.data is None) == (self.file is None):
            raise ValueError("give a file exactly one of data and file")
        if self.data is not None and self.media_type is None:
            raise ValueError("a file given as data needs its media_type")
        return self


class ThinkingPart(_Frozen):
    """What a model thought before it answered; kept as it came, for the vendor wants it back unchanged."""

    type: Literal["thinking"] = "thinking"
    text: str = Field(default="", description="Readable thoughts, or a summary of them.")
    signature: str | None = Field(default=None, description="The vendor's seal, or its id of the thoughts.")
    data: str | None = Field(default=None, description="Encrypted thoughts, readable by the vendor only.")
    vendor: str | None = Field(default=None, description="Whose it is; no other vendor is sent it.")


Part = Annotated[TextPart | ImagePart | FilePart | ThinkingPart, Field(discriminator="type")]


class MessageRole(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class ToolCall(_Frozen):
    """A model's wish to use a tool."""

    id: str
    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    fault: str | None = Field(
        default=None,
        description="Why the call cannot be made as it is: arguments that are no JSON object, a tool that was not "
        "offered, or arguments that do not fit its schema. Written for the model.",
    )


class Message(_Frozen):
    """One message of a conversation."""

    role: MessageRole
    content: tuple[Part, ...] = ()
    tool_calls: tuple[ToolCall, ...] = Field(default=(), description="Of an assistant.")
    tool_call_id: str | None = Field(default=None, description="Of a tool's answer: which call it answers.")
    name: str | None = Field(default=None, description="Of a tool's answer: the tool. Else who speaks, if told.")
    is_error: bool = Field(default=False, description="Of a tool's answer: whether the call failed.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.role is MessageRole.TOOL) != (self.tool_call_id is not None):
            raise ValueError("tool_call_id belongs to messages of the role tool, and to each of them")
        if self.tool_calls and self.role is not MessageRole.ASSISTANT:
            raise ValueError("only an assistant calls tools")
        return self

    @property
    def text(self) -> str:
        """All its text."""
        return "".join(part.text for part in self.content if isinstance(part, TextPart))

    @classmethod
    def said(cls, role: MessageRole | str, text: str) -> "Message":
        """A message of plain text."""
        return cls(role=MessageRole(role), content=(TextPart(text=text),))

    @classmethod
    def tool_result(cls, call: ToolCall, content: "str | tuple[Part, ...]", *, is_error: bool = False) -> "Message":
        """The answer to a tool call."""
        parts: tuple[Part, ...] = (TextPart(text=content),) if isinstance(content, str) else content
        return cls(role=MessageRole.TOOL, content=parts, tool_call_id=call.id, name=call.name, is_error=is_error)


class ToolDefinition(_Frozen):
    """A tool as a model is told of it."""

    name: str = Field(pattern=TOOL_NAME_PATTERN)
    description: str = ""
    input_schema: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})


class Finish(StrEnum):
    """Why a model stopped."""

    STOP = "stop"
    LENGTH = "length"
    REFUSED = "refused"
    TOOL_CALLS = "tool_calls"
    CONTEXT_FULL = "context_full"


class ModelTurn(NodeConfig):
    """Settings of `model_turn`: one call of a model within a conversation."""

    model: str = Field(default="default", min_length=1, max_length=200, description="Model name or alias.")
    fallbacks: tuple[str, ...] = Field(default=(), max_length=5, description="Models tried in order.")
    credential: CredentialName | None = Field(default=None, description="Credential with the key of the provider.")
    system: str | None = Field(default=None, description="Instructions.")
    messages: tuple[Message, ...] = Field(min_length=1, description="The conversation so far.")
    tools: tuple[ToolDefinition, ...] = Field(default=(), max_length=MAX_TOOLS, description="Tools it may call.")
    tool_choice: str = Field(
        default="auto", description="`auto`, `none`, `required`, or the name of the tool that must be called."
    )
    output_schema: dict[str, Any] | None = Field(
        default=None, description="JSON Schema of the answer; a turn that calls tools is not held to it."
    )
    temperature: float | None = Field(default=None, ge=0, le=2, description="How much chance the model may use.")
    max_tokens: int = Field(default=4096, ge=1, le=200_000, description="Longest answer, thoughts included.")
    thinking: int | Effort | None = Field(
        default=None, description="Tokens that the model may think, or how hard; its own default if not set."
    )
    cache: Duration | None = Field(
        default=None,
        gt=0,
        le=30 * 86400.0,
        description="Age up to which the stored answer to an equal request is taken instead of asking.",
    )
    silent: bool = Field(
        default=False,
        description="Whether nobody sees the text while it comes in, because guardrails look at it first.",
    )


class TurnUsage(_Frozen):
    """Size of the last call of a turn; what the whole turn took, failed calls included, is in the step's result."""

    tokens_in: int
    tokens_out: int
    cached_in: int = Field(description="Tokens of `tokens_in` that the provider had in its prompt cache.")
    context_limit: int | None = Field(description="Tokens that the model can take in; null if that is not known.")


class TurnOutput(_Frozen):
    """Output of `model_turn`."""

    message: Message = Field(description="What the model said; goes back into the conversation as it is.")
    finish: Finish
    truncated: bool = Field(description="Whether the answer was cut off by max_tokens or by the size of the context.")
    output: Any = Field(default=None, description="Data of an answer with `output_schema`; null if tools are called.")
    model: str = Field(description="The model that answered.")
    usage: TurnUsage
