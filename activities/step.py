"""What the behaviour of an action kind is given and gives back.

A behaviour is `activities/nodes/<kind>.py` with `async def run(config, context) -> Outcome`, where `config` is the
kind's validated settings. It raises `PerdureError` and nothing else on purpose; retries are Temporal's.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from activities.sandbox import Sandbox
from schemas.messages import StepInput

if TYPE_CHECKING:
    from activities.egress import Egress
    from activities.llm.gateway import LlmGateway


@dataclass(frozen=True)
class Services:
    """What behaviours share; built once by the worker."""

    egress: "Egress"
    llm: "LlmGateway"
    webhook_secret: str
    sandbox: Sandbox = field(default_factory=Sandbox)


@dataclass(frozen=True)
class StepContext:
    """One attempt of one step."""

    step: StepInput
    attempt: int
    services: Services
    emit_text: Callable[[str], Awaitable[None]]
    """Streams a piece of text to whoever watches the run; batched, never part of the result."""
    timeout: float | None = None
    """Seconds after which a behaviour should give up by itself; the attempt is ended a little later."""
    scheduled_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When the step was scheduled; the same on every attempt."""


@dataclass(frozen=True)
class Outcome:
    """What a step gives back."""

    output: Any = None
    port: str = "out"
    cost_usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    details: dict[str, Any] = field(default_factory=dict)
    """Facts for the run log, such as the model that answered."""
