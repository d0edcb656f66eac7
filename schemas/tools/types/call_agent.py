"""`call_agent`: another published agent as a tool, run as a child; carried out by the workflow."""

from typing import Literal

from pydantic import Field

from schemas.conversation import ToolDefinition
from schemas.tools.spec import (
    MAX_DESCRIPTION_CHARS,
    Effect,
    Idempotency,
    ToolSettings,
    ToolSpec,
    object_schema,
    tool_name,
)
from schemas.tools.types.call_workflow import REFERENCE_PATTERN


class CallAgentSettings(ToolSettings):
    """Settings of `call_agent`."""

    agent: str = Field(
        pattern=REFERENCE_PATTERN, description="Slug of the agent, `slug@3` for a certain version; pinned."
    )
    description: str = Field(
        min_length=1, max_length=MAX_DESCRIPTION_CHARS, description="What the model is told the agent is good at."
    )
    effect: Literal["pure", "read", "write", "irreversible"] = Field(
        default="read", description="What it may change; its own tools have policies of their own beside this one."
    )


def _definitions(settings: CallAgentSettings) -> tuple[ToolDefinition, ...]:
    schema = object_schema(
        ("message",),
        message={
            "type": "string",
            "minLength": 1,
            "maxLength": 100_000,
            "description": "The task, with everything it must know: it has not read this conversation.",
        },
    )
    name = tool_name(settings.agent.partition("@")[0].replace("-", "_"))
    return (ToolDefinition(name=name, description=settings.description, input_schema=schema),)


SPEC = ToolSpec(
    type="call_agent",
    title="Agent",
    description="Another agent of this workspace; it is given a task and answers.",
    icon="robot",
    settings=CallAgentSettings,
    define=_definitions,
    effect=lambda settings, name: Effect(settings.effect),
    idempotency=Idempotency.KEY,
    control=True,
    hints={"agent": {"widget": "agent"}, "description": {"widget": "text"}},
)
