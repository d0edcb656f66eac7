"""What the behaviour of an action kind is given and gives back.

A behaviour is `activities/nodes/<kind>.py` with `async def run(config, context) -> Outcome`, where `config` is the
kind's validated settings. It raises `PerdureError` and nothing else on purpose; retries are Temporal's.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from activities.connections.access import ActionCalls, NoConnections
from activities.credentials.vault import EmptyVault, StepVault, Vault
from activities.delivery import CallRecord, Delivery, NoCallRecord
from activities.files import Files
from activities.knowledge.services import Knowledge
from activities.llm.answers import AnswerStore, NoAnswers
from activities.llm.budget import NoBudget
from activities.llm.metering import Metering, NoMetering
from activities.sandbox import Sandbox
from engine.redaction import Redactor
from schemas.messages import StepInput

if TYPE_CHECKING:
    from activities.egress import Egress
    from activities.llm.budget import Budget
    from activities.llm.gateway import LlmGateway
    from activities.llm.keyed import KeyedGateways
    from activities.mcp.transports import StdioServer


@dataclass(frozen=True)
class Services:
    """What behaviours share; built once by the worker."""

    egress: "Egress"
    llm: "LlmGateway"
    webhook_secret: str
    budget: "Budget" = field(default_factory=NoBudget)
    sandbox: Sandbox = field(default_factory=Sandbox)
    vault: Vault = field(default_factory=EmptyVault)
    calls: CallRecord = field(default_factory=NoCallRecord)
    keyed_llm: "KeyedGateways | None" = None
    """Models that are asked with keys of workspaces."""
    answers: AnswerStore = field(default_factory=NoAnswers)
    metering: Metering = field(default_factory=NoMetering)
    files: Files = field(default_factory=Files)
    knowledge: Knowledge = field(default_factory=Knowledge)
    connections: ActionCalls = field(default_factory=NoConnections)
    mcp_servers: "Mapping[str, StdioServer]" = field(default_factory=dict)
    """MCP servers that the operator lets run as processes."""


@dataclass(frozen=True)
class StepContext:
    """One attempt of one step."""

    step: StepInput
    attempt: int
    services: Services
    credentials: StepVault
    emit_text: Callable[[str], Awaitable[None]]
    """Streams a piece of text to whoever watches the run; batched, never part of the result."""
    timeout: float | None = None
    """Seconds after which a behaviour should give up by itself; the attempt is ended a little later."""
    until: float | None = None
    """The same as a moment on the clock of the event loop."""
    delivery: Delivery | None = None
    """Set if the step must not be made again blindly; is told what it sends."""
    scheduled_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When the step was scheduled; the same on every attempt."""

    @property
    def redactor(self) -> Redactor:
        """Hides every secret that this process knows and this workspace must not see."""
        return self.services.vault.redactions.of(self.step.workspace_id)


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
