"""`call_workflow`: a published workflow as a tool, run as a child; carried out by the workflow."""

from typing import Any, Literal

from pydantic import Field, field_validator

from schemas.conversation import ToolDefinition
from schemas.tools.parameters import check_parameters
from schemas.tools.spec import MAX_DESCRIPTION_CHARS, Effect, Idempotency, ToolSettings, ToolSpec, tool_name

REFERENCE_PATTERN = r"^[a-z0-9][a-z0-9-]{0,99}(@[1-9][0-9]*)?$"


class CallWorkflowSettings(ToolSettings):
    """Settings of `call_workflow`."""

    workflow: str = Field(
        pattern=REFERENCE_PATTERN, description="Slug of the workflow, `slug@3` for a certain version; pinned."
    )
    description: str = Field(
        min_length=1, max_length=MAX_DESCRIPTION_CHARS, description="What the model is told the workflow does."
    )
    input: dict[str, Any] = Field(
        default_factory=lambda: {"type": "object"}, description="JSON Schema of its input, which the model gives."
    )
    effect: Literal["pure", "read", "write", "irreversible"] = Field(
        default="write", description="What a run of it may change."
    )

    @field_validator("input")
    @classmethod
    def _object(cls, schema: dict[str, Any]) -> dict[str, Any]:
        return check_parameters(schema)


def _definitions(settings: CallWorkflowSettings) -> tuple[ToolDefinition, ...]:
    name = tool_name(settings.workflow.partition("@")[0].replace("-", "_"))
    return (ToolDefinition(name=name, description=settings.description, input_schema=settings.input),)


SPEC = ToolSpec(
    type="call_workflow",
    title="Workflow",
    description="A published workflow of this workspace; the agent gives its input and reads its output.",
    icon="sitemap",
    settings=CallWorkflowSettings,
    define=_definitions,
    effect=lambda settings, name: Effect(settings.effect),
    idempotency=Idempotency.KEY,
    control=True,
    hints={"workflow": {"widget": "workflow"}, "description": {"widget": "text"}, "input": {"widget": "json-schema"}},
)
