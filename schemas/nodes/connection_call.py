"""`connection_call`: calls an action of a connection."""

from typing import Any

from pydantic import Field

from schemas.connections.actions import NAME_PATTERN, ActionEffect
from schemas.conversation import TOOL_NAME_PATTERN
from schemas.node_spec import Example, NodeConfig, NodeSpec
from schemas.plan import Mode


class ConnectionCallConfig(NodeConfig):
    """Settings of `connection_call`."""

    connection: str = Field(pattern=NAME_PATTERN, description="Name of the connection.")
    action: str = Field(pattern=TOOL_NAME_PATTERN, description="Name of the action.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Arguments of the action.")
    effect: ActionEffect = Field(
        default="write", description="The most that the call may change; an action that can do more is refused."
    )
    repeatable: bool = Field(
        default=False,
        description="Whether the action says that its provider knows a repeated call by its key. If not, a person is "
        "asked before a call that changes something is made again because its answer was lost.",
    )


SPEC = NodeSpec(
    kind="connection_call",
    title="Connection",
    description="Does something in Slack, Gmail, GitHub or any other connected account.",
    category="io",
    icon="plug-connected",
    mode=Mode.REMOTE,
    config=ConnectionCallConfig,
    output_schema={
        "type": "object",
        "properties": {"status": {"type": "integer"}, "headers": {"type": "object"}, "body": {}},
        "description": "The answer without secrets; JSON as data, text as text.",
    },
    timeout=60.0,
    heartbeat=5.0,
    queue="actions",
    repeatable=lambda config: config.effect == "read" or config.repeatable,
    side_effects=lambda config: config.get("effect", "write") != "read",
    hints={
        "connection": {"widget": "connection"},
        "action": {"widget": "connection_action"},
        "arguments": {"widget": "connection_arguments"},
    },
    examples=(
        Example(
            name="a connection that nobody has made",
            config={"connection": "slack", "action": "post_message", "arguments": {"channel": "#a", "text": "Hello"}},
            error="missing_credential",
        ),
    ),
)
