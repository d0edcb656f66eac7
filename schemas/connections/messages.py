"""What travels through Temporal about connections; neither codes nor tokens do."""

from typing import Any, Final, Literal

from pydantic import Field

from schemas.connections.actions import ActionEffect
from schemas.document import Strict
from schemas.messages import Message

CONNECTION_TASK: Final = "connection_task"
"""Workflow type: something that a person waits for."""

CONNECTION_REVOCATION: Final = "connection_revocation"
"""Workflow type: takes access back and forgets the connection."""


class FinishConnection(Message):
    """Activity `finish_connection`: exchange the code of a sign-in for tokens."""

    connection_id: str
    attempt_id: str


class RefreshConnection(Message):
    """Activity `refresh_connection`: renew the access token now."""

    connection_id: str


class TryAction(Message):
    """Activity `try_action`: call an action outside of a run."""

    connection_id: str
    action: str
    arguments: dict[str, Any]
    actor: str = Field(description="Who does it.")


class CheckStore(Message):
    """Activity `check_secret_store`: sign in to a place that keeps secrets."""

    store_id: str


class ConnectionTask(Message):
    """Argument of `connection_task`."""

    activity: Literal["finish_connection", "refresh_connection", "try_action", "check_secret_store"]
    order: FinishConnection | TryAction | RefreshConnection | CheckStore


class TaskDone(Message):
    """Result of each of these activities."""

    answer: dict[str, Any] = Field(default_factory=dict)


class RevokeConnection(Message):
    """Argument of `connection_revocation` and of its activities."""

    connection_id: str
    problem: str | None = Field(default=None, description="Why the provider could not be told; for the last activity.")


class ActionCall(Strict):
    """What a step asks of a connection."""

    connection: str
    action: str
    arguments: dict[str, Any]
    effect: ActionEffect = Field(description="The most that the author lets it change.")
    repeatable: bool = Field(description="Whether the author was told that the provider knows repeated calls.")
