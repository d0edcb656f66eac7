"""How steps reach connections: on whose behalf they call, and what answers where there are none."""

from dataclasses import dataclass
from typing import Any, Protocol

from activities.delivery import Delivery
from schemas.connections.messages import ActionCall
from schemas.errors import ErrorCode, PerdureError


@dataclass(frozen=True)
class Origin:
    """On whose behalf a call is made."""

    workspace_id: str
    run_id: str | None = None
    path: str | None = None
    actor: str | None = None
    """Who tries the action out, outside of a run."""
    key: str | None = None
    """Idempotency key of the step."""
    delivery: Delivery | None = None
    timeout: float | None = None


class ActionCalls(Protocol):
    """Carries calls of actions out."""

    async def call(self, call: ActionCall, origin: Origin) -> dict[str, Any]:
        """Status, headers and body of the answer, without secrets."""


class NoConnections:
    """Of a process without connections."""

    async def call(self, call: ActionCall, origin: Origin) -> dict[str, Any]:
        """See `ActionCalls`.

        Raises:
            PerdureError: `missing_credential`, always.
        """
        message = f"There is no connection {call.connection!r} in this workspace; make one, or change the workflow."
        raise PerdureError(ErrorCode.MISSING_CREDENTIAL, message)
