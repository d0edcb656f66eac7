"""`approval`: asks a person and waits for the answer."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from schemas.approvals import (
    APPROVED,
    EXPIRED,
    REJECTED,
    SKIPPED,
    Assignees,
    Escalation,
    PriorityName,
    ReasonRule,
    Stage,
    View,
)
from schemas.document import Duration, Strict
from schemas.node_spec import Example, NodeConfig, NodeSpec
from schemas.plan import Mode
from schemas.ports import PortRule, PortRules, fixed_ports

_LONGEST_UNDO = 3_600.0


class CustomDecision(Strict):
    """A way to answer beside approve and reject."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Name of the output port.")
    label: str = Field(min_length=1, max_length=100, description="Text of the button.")
    reason: bool = Field(default=False, description="Whether this answer must say why.")


class ApprovalConfig(NodeConfig):
    """Settings of `approval`."""

    title: str = Field(min_length=1, max_length=500, description="What is asked, in one line.")
    body: str = Field(default="", max_length=100_000, description="Markdown shown to the person.")
    payload: Any = Field(default=None, description="Data the decision is about.")
    show: list[View] = Field(
        default_factory=list, max_length=20, description="How the data is shown; by default the payload as fields."
    )
    form: dict[str, Any] | None = Field(default=None, description="JSON Schema of the data a person fills in.")
    defaults: Any = Field(default=None, description="What the form holds before a person fills it in.")
    editable: list[str] = Field(
        default_factory=list,
        max_length=100,
        description="Fields of the payload a person may change: `amount`, `to.name`.",
    )
    decisions: list[CustomDecision] = Field(
        default_factory=list, max_length=10, description="Further answers, each an output port."
    )
    skip: bool = Field(default=False, description="Whether a person may skip it; then the port `skipped` is taken.")
    reason: ReasonRule = Field(default=ReasonRule.OPTIONAL, description="Whether an answer must say why.")
    priority: PriorityName = Field(default="normal", description="Place in the inbox.")
    tags: list[str] = Field(default_factory=list, max_length=20, description="Words to find it by.")
    assignees: Assignees = Field(
        default_factory=Assignees,
        description="Who may answer; everybody with the permission if nobody is named. Also a list that an expression "
        'gives: ["ada@example.com", "role:admin", "group:finance"].',
    )
    needs: int | Literal["any", "all"] = Field(
        default="any", description="How many must approve: a number, `any` one, or `all` who are named."
    )
    veto: bool = Field(default=True, description="Whether one rejection is enough to reject.")
    stages: list[Stage] = Field(
        default_factory=list, max_length=10, description="Rounds of answers in order, instead of assignees and needs."
    )
    separation_of_duties: bool = Field(
        default=False, description="Whoever started the run or published the version may not answer."
    )
    deadline: Duration | None = Field(default=None, description="After this time nobody can answer any more.")
    on_expiry: Literal["expired", "rejected", "approved"] = Field(
        default="expired", description="What the deadline means: the port `expired`, or an answer."
    )
    calendar: str | None = Field(
        default=None, max_length=100, description="Business hours in which the times of this node pass; default always."
    )
    reminders: list[Duration] = Field(
        default_factory=list, max_length=20, description="After which times since the request people are reminded."
    )
    escalate: list[Escalation] = Field(
        default_factory=list, max_length=10, description="Who is asked too if nobody has answered for a while."
    )
    undo: Duration | None = Field(
        default=None, le=_LONGEST_UNDO, description="How long an answer can be taken back; the run goes on after it."
    )
    policies: bool = Field(default=True, description="Whether rules of the workspace may answer instead of a person.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.stages and (self.assignees.named or self.needs != "any"):
            raise ValueError("give stages, or assignees and needs, not both")
        if isinstance(self.needs, int) and not 1 <= self.needs <= 100:
            raise ValueError("needs is a number from 1 to 100, `any` or `all`")
        return self

    @model_validator(mode="after")
    def _can_be_approved(self) -> Self:
        if self.escalate:
            return self  # who is asked later may answer too
        for assignees, needs in [(self.assignees, self.needs), *((one.assignees, one.needs) for one in self.stages)]:
            people = assignees.at_most
            if isinstance(needs, int) and people is not None and needs > people:
                raise ValueError(f"needs {needs} people to approve, but only {people} may answer: name more")
        return self


PORTS = PortRules(
    rules=(
        *fixed_ports(APPROVED, REJECTED, EXPIRED).rules,
        PortRule(name=SKIPPED, when=("skip",)),
        PortRule(each="decisions"),
    )
)

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
            "data": {"description": "The filled-in form."},
            "payload": {"description": "What was approved, with the person's edits."},
            "reason": {"type": ["string", "null"]},
            "by": {"type": ["string", "null"]},
            "at": {"type": "string", "format": "date-time"},
            "digest": {"type": ["string", "null"], "description": "SHA-256 of what was shown."},
            "approval_id": {"type": "string"},
            "rule": {"type": ["string", "null"], "description": "Rule that answered instead of a person."},
        },
    },
    ports=PORTS,
    side_effects=True,
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
