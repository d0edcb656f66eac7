"""`wait`: pauses a path for a time, until a time, or until an event arrives."""

from typing import Any, Self

from pydantic import Field, model_validator

from schemas.document import Duration, Strict
from schemas.node_spec import Example, NodeConfig, NodeSpec
from schemas.plan import Mode

EXPIRED_PORT = "expired"


class AwaitedEvent(Strict):
    """Which event ends the wait."""

    type: str = Field(min_length=1, max_length=200, description="Type of the event, e.g. `payment.settled`.")
    key: str = Field(min_length=1, max_length=500, description="Correlation key; events that came first are kept.")


class WaitConfig(NodeConfig):
    """Settings of `wait`: exactly one of `duration`, `until` and `event`."""

    duration: Duration | None = Field(default=None, description="How long to wait.")
    until: str | None = Field(default=None, description="Point in time, RFC 3339.")
    event: AwaitedEvent | None = Field(default=None, description="Event to wait for.")
    timeout: Duration | None = Field(
        default=None, description="Longest wait for the event; then the port `expired` is taken."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(v is not None for v in (self.duration, self.until, self.event)) != 1:
            raise ValueError("give exactly one of duration, until and event")
        if self.timeout is not None and self.event is None:
            raise ValueError("timeout only goes with event")
        return self


def ports(config: dict[str, Any]) -> tuple[str, ...]:
    """`out`, and `expired` when an event is awaited with a timeout."""
    return ("out", EXPIRED_PORT) if config.get("event") and config.get("timeout") else ("out",)


SPEC = NodeSpec(
    kind="wait",
    title="Wait",
    description="Waits for a time or for an event from outside, for months if need be.",
    category="logic",
    icon="clock-pause",
    mode=Mode.CONTROL,
    config=WaitConfig,
    ports=ports,
    examples=(
        Example(name="a moment", config={"duration": "1ms"}, output={"waited": 0.001}),
        Example(name="a time in the past", config={"until": "2020-01-01T00:00:00Z"}),
        Example(name="not a time", config={"until": "tomorrow"}, error="invalid_config"),
    ),
)
