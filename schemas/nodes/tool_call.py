"""`tool_call`: one call of a tool, made by an agent."""

from typing import Any

from pydantic import Field

from schemas.node_spec import NodeConfig, NodeSpec
from schemas.plan import Mode
from schemas.tools.spec import Effect
from schemas.tools.use import checked_settings, may_be_repeated


class ToolCallConfig(NodeConfig):
    """Settings of `tool_call`."""

    type: str = Field(description="Type of the tool.")
    settings: dict[str, Any] = Field(default_factory=dict, description="Settings of the tool.")
    name: str = Field(description="The tool's own name.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="What the model, or a person, gave.")
    effect: Effect | None = Field(default=None, description="What the call may change, for those who read of it.")
    accepted: tuple[str, ...] = Field(
        default=(), description="Digests of tools that a person has accepted although they are not as they were pinned."
    )


def _repeatable(config: ToolCallConfig) -> bool:
    spec, settings = checked_settings(config.type, config.settings)
    return may_be_repeated(spec, settings, config.name)


def _changes(config: dict[str, Any]) -> bool:
    return config.get("effect") not in (Effect.PURE, Effect.READ)


SPEC = NodeSpec(
    kind="tool_call",
    title="Tool",
    description="One call of a tool.",
    category="ai",
    icon="tool",
    mode=Mode.REMOTE,
    internal=True,
    config=ToolCallConfig,
    output_schema={
        "type": "object",
        "properties": {"value": {}, "is_error": {"type": "boolean"}, "parts": {"type": "array"}},
    },
    timeout=60.0,
    heartbeat=5.0,
    queue="actions",
    repeatable=_repeatable,
    side_effects=_changes,
)
