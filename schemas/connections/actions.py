"""What can be done through a connection: an operation of an HTTP API, its effect, and how its arguments are sent."""

from typing import Any, Final, Literal, Self

from pydantic import Field, model_validator

from schemas.conversation import TOOL_NAME_PATTERN
from schemas.document import Strict
from schemas.nodes.http_request import READING
from schemas.tools.parameters import check_parameters
from schemas.tools.spec import MAX_DESCRIPTION_CHARS
from schemas.tools.types.openapi import ApiOperation

ActionEffect = Literal["read", "write", "irreversible"]

EFFECTS: Final = ("read", "write", "irreversible")
"""Each of them more than the one before it."""

MAX_ACTIONS: Final = 300
"""Imported into one connection."""

NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]{0,62}$"
"""Of connections: small letters, digits, dots, hyphens and underscores."""


class ConnectionAction(ApiOperation):
    """An action. Only what it declares is sent; the credential is added by the proxy."""

    title: str = Field(default="", max_length=200)
    effect: ActionEffect = Field(description="What a call may change.")
    scopes: tuple[str, ...] = Field(default=(), max_length=20, description="What the account must have granted.")
    api_url: str | None = Field(default=None, description="Before its path, where the provider has several APIs.")
    template: dict[str, Any] | None = Field(
        default=None, description="The body, with `{name}` for arguments; without one the argument `body` is the body."
    )
    mail: Literal["gmail", "graph"] | None = Field(
        default=None, description="The arguments to, cc, subject, text and html become a mail, sent as this API has it."
    )
    idempotency_header: str | None = Field(
        default=None, description="Header by which the provider knows a repeated call, if it has one."
    )

    @property
    def repeatable(self) -> bool:
        """Whether a call whose answer was lost may simply be made again."""
        return self.effect == "read" or self.idempotency_header is not None


class OfferedAction(Strict):
    """An action as an agent was given it: what a model is told, and what the workflow must know before it calls."""

    name: str = Field(pattern=TOOL_NAME_PATTERN)
    description: str = Field(default="", max_length=MAX_DESCRIPTION_CHARS)
    input_schema: dict[str, Any] = Field(description="JSON Schema of the arguments.")
    effect: ActionEffect
    repeatable: bool = Field(default=False, description="Whether the provider knows a repeated call by its key.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        check_parameters(self.input_schema)
        return self


def offered(action: ConnectionAction) -> OfferedAction:
    """What an agent is given of an action."""
    return OfferedAction(
        name=action.name,
        description=action.description or action.title,
        input_schema=action.input_schema,
        effect=action.effect,
        repeatable=action.repeatable,
    )


def imported_action(operation: ApiOperation) -> ConnectionAction:
    """The action that an operation of an API description becomes."""
    effect = operation.effect or ("read" if operation.method in READING else "write")
    if operation.effect is None and operation.method == "DELETE":
        effect = "irreversible"
    return ConnectionAction.model_validate({**operation.model_dump(mode="json"), "effect": effect})


def exceeds(effect: str, allowed: str) -> bool:
    """Whether an effect is more than another one."""
    return EFFECTS.index(effect) > EFFECTS.index(allowed)
