"""`connection`: actions of a connection; each one is a tool."""

from typing import Self

from pydantic import Field, model_validator

from schemas.connections.actions import NAME_PATTERN, OfferedAction
from schemas.conversation import MAX_TOOLS, ToolDefinition
from schemas.tools.spec import Effect, Idempotency, ToolSettings, ToolSpec


class ConnectionSettings(ToolSettings):
    """Settings of `connection`."""

    connection: str = Field(pattern=NAME_PATTERN, description="Name of the connection.")
    actions: tuple[OfferedAction, ...] = Field(
        min_length=1, max_length=MAX_TOOLS, description="The tools, as the connection offers them."
    )

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [action.name for action in self.actions]
        if len(set(names)) < len(names):
            raise ValueError("two actions have one name")
        return self

    def action(self, name: str) -> OfferedAction:
        """The action of a name."""
        return next(action for action in self.actions if action.name == name)


def _definitions(settings: ConnectionSettings) -> tuple[ToolDefinition, ...]:
    return tuple(
        ToolDefinition(name=action.name, description=action.description, input_schema=action.input_schema)
        for action in settings.actions
    )


def _idempotency(settings: ConnectionSettings, name: str) -> Idempotency:
    action = settings.action(name)
    return Idempotency.KEY if action.repeatable or action.effect == "read" else Idempotency.NONE


SPEC = ToolSpec(
    type="connection",
    title="Connection",
    description="Actions in Slack, Gmail, GitHub or any other connected account.",
    icon="plug-connected",
    settings=ConnectionSettings,
    define=_definitions,
    effect=lambda settings, name: Effect(settings.action(name).effect),
    idempotency=_idempotency,
    origin=lambda settings: None,
    hints={"connection": {"widget": "connection"}, "actions": {"widget": "connection_actions"}},
)
