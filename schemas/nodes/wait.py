"""`wait`: pauses a path for a time, until a time, or until an event arrives."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.document import Duration, Strict
from schemas.node_spec import Example, NodeConfig, NodeSpec
from schemas.plan import Mode
from schemas.ports import PortRule, PortRules
from schemas.trigger_mapping import checked_condition

EXPIRED_PORT = "expired"


class AwaitedEvent(Strict):
    """Which event ends the wait."""

    type: str = Field(min_length=1, max_length=200, description="Type of the event, e.g. `payment.settled`.")
    key: str = Field(min_length=1, max_length=500, description="Correlation key; events that came first are kept.")
    filter: Annotated[str, AfterValidator(checked_condition)] | None = Field(
        default=None,
        min_length=1,
        max_length=10_000,
        description="Only events for which this expression over `event.data` and `values` is true are taken, such as "
        "`event.data.amount >= values.least`. Others are left for whoever takes them.",
    )
    values: dict[str, Any] = Field(
        default_factory=dict, description="What the filter may read of the run; templates are filled in."
    )


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


PORTS = PortRules(rules=(PortRule(name="out"), PortRule(name=EXPIRED_PORT, when=("event", "timeout"))))

SPEC = NodeSpec(
    kind="wait",
    title="Wait",
    description="Waits for a time or for an event from outside, for months if need be.",
    category="logic",
    icon="clock-pause",
    mode=Mode.CONTROL,
    config=WaitConfig,
    ports=PORTS,
    side_effects=False,
    examples=(
        Example(name="a moment", config={"duration": "1ms"}, output={"waited": 0.001}),
        Example(name="a time in the past", config={"until": "2020-01-01T00:00:00Z"}),
        Example(name="not a time", config={"until": "tomorrow"}, error="invalid_config"),
    ),
)
