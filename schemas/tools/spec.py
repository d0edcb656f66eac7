"""What a type of tools declares about itself; one `ToolSpec` per file in `schemas/tools/types/`."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.conversation import TOOL_NAME_PATTERN, ToolDefinition
from schemas.credentials.references import MARKER, is_marker, marker_fault, written_origin
from schemas.document import Strict

MAX_NAME_CHARS: Final = 64
"""Every vendor takes names of this length."""

MAX_DESCRIPTION_CHARS: Final = 4_000
"""Of one tool: what a model reads of it on every turn."""

MAX_SCHEMA_BYTES: Final = 64 * 1024
"""Of the parameters of one tool."""


class Effect(StrEnum):
    """What a call may change; each of them more than the one before it."""

    PURE = "pure"
    """Nothing; the answer follows from the arguments."""
    READ = "read"
    """Nothing, but it looks at the world."""
    WRITE = "write"
    """Something that can be put right again."""
    IRREVERSIBLE = "irreversible"
    """Something that nobody can take back."""

    @property
    def changes(self) -> bool:
        """Whether a call changes anything."""
        return self in (Effect.WRITE, Effect.IRREVERSIBLE)


class Idempotency(StrEnum):
    """How a call is kept from being carried out twice when its answer is lost."""

    KEY = "key"
    """The other side, or our own database, knows the call by its key: it is simply made again."""
    LOOKUP = "lookup"
    """What became of it can be looked up by the call's key before it is made again."""
    NONE = "none"
    """By nothing: a person is asked."""


class ToolSettings(Strict):
    """Base of the settings of every type of tools."""


def _text_or_marker(value: str | dict[str, Any]) -> str | dict[str, Any]:
    if isinstance(value, dict):
        problem = marker_fault(value) if is_marker(value) else f"it must be text, or `{MARKER}` with a credential."
        if problem is not None:
            raise ValueError(problem)
    return value


MarkedText = Annotated[str | dict[str, Any], AfterValidator(_text_or_marker)]
"""Text, or a marker in its place: the value of a credential is put there in the activity only."""


SettingsModel = type[ToolSettings]

Define = Callable[[Any], tuple[ToolDefinition, ...]]
"""The tools that come of settings."""


def _url_origin(settings: Mapping[str, Any]) -> str | None:
    return written_origin(settings.get("url"))


class ToolSpec(BaseModel):
    """Everything about a type of tools but its behaviour."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    type: str
    title: str
    description: str
    icon: str = Field(default="tool", description="Tabler icon name.")
    settings: SettingsModel
    define: Define = Field(description="Tools that a model is offered, by validated settings; no two of one name.")
    effect: Effect | Callable[[Any, str], Effect] = Field(
        description="Of a call; perhaps depending on validated settings and the tool's name."
    )
    idempotency: Idempotency | Callable[[Any, str], Idempotency] = Idempotency.NONE
    control: bool = Field(default=False, description="Whether the workflow itself carries calls out.")
    credential_types: tuple[str, ...] = Field(
        default=(), description="Types that the setting `credential` accepts; empty if there is no such setting."
    )
    secret_fields: tuple[str, ...] = Field(
        default=(), description="Settings inside of which `$credential` markers may stand."
    )
    origin: Callable[[Mapping[str, Any]], str | None] = Field(
        default=_url_origin, description="Scheme and host that calls go to, by settings as they are written."
    )
    hints: dict[str, dict[str, Any]] = Field(default_factory=dict, description="Form hints by setting.")

    def definitions(self, settings: ToolSettings) -> tuple[ToolDefinition, ...]:
        """The tools that a model is offered."""
        return self.define(settings)

    def effect_of(self, settings: ToolSettings, name: str) -> Effect:
        """What a call of one of the tools may change."""
        return self.effect(settings, name) if callable(self.effect) else self.effect

    def idempotency_of(self, settings: ToolSettings, name: str) -> Idempotency:
        """How a call of one of the tools is kept from being carried out twice."""
        return self.idempotency(settings, name) if callable(self.idempotency) else self.idempotency


def object_schema(required: tuple[str, ...] = (), /, **properties: dict[str, Any]) -> dict[str, Any]:
    """JSON Schema of arguments; nothing beside them is taken."""
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def tool_name(text: str) -> str:
    """A name that every vendor takes, made of any text; different texts may get one name."""
    if re.fullmatch(TOOL_NAME_PATTERN, text):
        return text
    return re.sub(r"[^A-Za-z0-9-]+", "_", text).strip("_-")[:MAX_NAME_CHARS] or "tool"
