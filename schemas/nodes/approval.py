"""`approval`: asks a person and waits for the answer."""

from typing import Any

from pydantic import Field

from schemas.document import Duration, Strict
from schemas.node_spec import Example, NodeConfig, NodeSpec
from schemas.plan import Mode

APPROVED, REJECTED, EXPIRED = "approved", "rejected", "expired"


class CustomDecision(Strict):
    """A way to answer beside approve and reject."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Name of the output port.")
    label: str = Field(min_length=1, max_length=100, description="Text of the button.")


class ApprovalConfig(NodeConfig):
    """Settings of `approval`."""

    title: str = Field(min_length=1, max_length=500, description="What is asked, in one line.")
    body: str = Field(default="", max_length=100_000, description="Markdown shown to the person.")
    payload: Any = Field(default=None, description="Data the decision is about.")
    form: dict[str, Any] | None = Field(default=None, description="JSON Schema of the data a person fills in.")
    decisions: list[CustomDecision] = Field(
        default_factory=list, max_length=10, description="Further answers, each an output port."
    )
    deadline: Duration | None = Field(default=None, description="After this time the port `expired` is taken.")


def ports(config: dict[str, Any]) -> tuple[str, ...]:
    """`approved`, `rejected`, `expired` and one per custom decision."""
    custom = config.get("decisions")
    names = (
        [d["name"] for d in custom if isinstance(d, dict) and isinstance(d.get("name"), str)]
        if isinstance(custom, list)
        else []
    )
    return tuple(dict.fromkeys((APPROVED, REJECTED, EXPIRED, *names)))


SPEC = NodeSpec(
    kind="approval",
    title="Approval",
    description="Asks a person and waits, for months if need be.",
    category="people",
    icon="user-check",
    mode=Mode.CONTROL,
    config=ApprovalConfig,
    output_schema={
        "type": "object",
        "properties": {
            "decision": {"type": "string"},
            "data": {},
            "reason": {"type": ["string", "null"]},
            "by": {"type": ["string", "null"]},
            "at": {"type": "string", "format": "date-time"},
        },
    },
    ports=ports,
    latch=True,
    examples=(
        Example(
            name="approve a refund",
            config={"title": "Refund {{ input.amount }} EUR?", "payload": "{{ input }}"},
            scope={"input": {"amount": 250}},
            port="approved",
            env=("person:approved",),
        ),
        Example(
            name="nobody answers",
            config={"title": "Anyone?", "deadline": "1ms"},
            port="expired",
        ),
    ),
)
