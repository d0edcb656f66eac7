"""Requests and answers about rules."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, StrictBool, StringConstraints

from api.approvals.models import Approval
from api.identity.models import Body
from schemas.approval_rules import RuleScope
from schemas.document import Duration
from schemas.expressions.syntax import MAX_EXPRESSION_CHARS

RuleName = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=100, pattern=r"\S", examples=["small refunds of gold customers"]),
]
Expression = Annotated[
    str, Field(min_length=1, max_length=MAX_EXPRESSION_CHARS, examples=["amount <= 50 && customer.tier == 'gold'"])
]
DecisionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", examples=["approved"])]
Sample = Annotated[float, Field(ge=0, le=100, description="Percent of what it would decide that goes to a person.")]
Reason = Annotated[str | None, Field(max_length=10_000)]
Note = Annotated[str, Field(max_length=1_000, description="Why it is changed; kept with the version.")]


class CreateRule(Body):
    """Body of the creation of a rule."""

    name: RuleName = Field(description="The same for no other rule, whatever the case of its letters.")
    expression: Expression = Field(
        description="CEL. Fields of the payload are names; besides `payload`, `title`, `tags`, `priority`, `workflow`, "
        "`node`, `run` and `input`."
    )
    decision: DecisionName = Field(description="What it answers: one of the `decisions` of the requests.")
    reason: Reason = None
    scope: RuleScope = RuleScope()
    sample: Sample = 0
    expires_at: AwareDatetime | None = Field(default=None, description="From then on it answers nothing.")
    enabled: StrictBool = True
    note: Note = ""


class UpdateRule(Body):
    """Body of a change of a rule; what is left out stays."""

    version: int = Field(
        ge=1, description="The version that is changed; if there is a later one, the change is refused."
    )
    name: RuleName | None = None
    expression: Expression | None = None
    decision: DecisionName | None = None
    reason: Reason = None
    scope: RuleScope | None = None
    sample: Sample | None = None
    expires_at: AwareDatetime | None = None
    note: Note = ""


class OrderRules(Body):
    """Body of a new order."""

    ids: list[UUID] = Field(min_length=1, max_length=1_000, description="All rules of the workspace, the first first.")


class RuleError(BaseModel):
    """The last failure of the present version."""

    message: str
    approval_id: UUID
    at: datetime


class RuleVersion(BaseModel):
    """What a rule says, or said."""

    version: int
    name: str
    expression: str
    decision: str
    reason: str | None
    scope: RuleScope
    sample: float
    expires_at: datetime | None
    author: str
    note: str
    created_at: datetime


class Rule(RuleVersion):
    """A rule as it is now."""

    id: UUID
    enabled: bool
    run_id: UUID | None = Field(description="The run for which it was made; its child runs are part of it.")
    origin_id: UUID | None = Field(description="The approval whose answer is repeated.")
    answers_for: str | None = Field(description="Whose answer is repeated; it is only given where they may answer.")
    last_error: RuleError | None
    decided: int = Field(description="Approvals that it has decided, in all versions.")
    sampled: int = Field(description="Those it would have decided but that went to a person.")


class RulePage(BaseModel):
    """Rules in the order in which they are asked."""

    items: list[Rule]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class RuleVersions(BaseModel):
    """All versions, the latest first."""

    items: list[RuleVersion]


class RuleOrder(BaseModel):
    """The rules of the workspace in their order."""

    ids: list[UUID]


class ApproveSimilar(Body):
    """Body of an answer that is given to similar requests of the same run too."""

    decision: DecisionName = "approved"
    digest: str = Field(min_length=1, max_length=64, description="`digest` of the request as it was shown.")
    data: Any = Field(default=None, description="The filled-in form.")
    reason: Reason = None
    fields: list[Annotated[str, Field(min_length=1, max_length=1_000)]] | None = Field(
        default=None,
        max_length=50,
        description="Dotted paths of the payload that must be equal; an empty list asks for nothing. By default the "
        "whole payload must.",
    )
    expression: Expression | None = Field(default=None, description="What is similar, in CEL, instead of `fields`.")
    any_node: StrictBool = Field(default=False, description="Whether requests of other nodes of the run count too.")
    expires_in: Duration = Field(
        default=86_400.0, ge=60, le=30 * 86_400, description="Seconds, or text such as `8h`, for which it holds."
    )


class ApprovedSimilar(BaseModel):
    """The answer, and the rule that repeats it."""

    approval: Approval
    rule: Rule


class Backtest(Body):
    """Body of a back-test."""

    expression: Expression
    decision: DecisionName
    reason: Reason = None
    scope: RuleScope = RuleScope()
    since: AwareDatetime | None = Field(default=None, description="Only approvals from then on.")
    limit: int = Field(default=500, ge=1, le=1_000, description="How many approvals at most, the latest first.")


class BacktestOutcome(StrEnum):
    """What the rule would have done with an approval that is settled."""

    DISAGREES = "disagrees"
    ERROR = "error"
    AGREES = "agrees"
    UNDECIDED = "undecided"


class BacktestExample(BaseModel):
    """One approval."""

    id: UUID
    title: str
    workflow: str | None
    node_name: str
    created_at: datetime
    outcome: BacktestOutcome
    decision: str | None = Field(description="What was decided in fact.")
    decided_by: str | None
    edited: bool = Field(description="Whether a person changed the payload first; a rule would not have.")
    message: str | None = Field(description="Why the rule fails.")


class BacktestResult(BaseModel):
    """What a rule would have done. Each approval counts once in `looked_at` and in one of its parts."""

    looked_at: int
    would_decide: int = Field(description="The sum of `agrees`, `disagrees` and `undecided`.")
    agrees: int = Field(description="A person has decided the same.")
    disagrees: int = Field(description="A person has decided otherwise, or has edited the payload first.")
    undecided: int = Field(description="No person has decided: it has expired, or a rule has decided.")
    errors: int
    no_match: int
    people_only: int = Field(description="Stages, quorum, separation of duties: no rule ever answers these.")
    complete: bool = Field(description="False if the expression takes so much work that not all were looked at.")
    examples: list[BacktestExample] = Field(description="At most 50: disagreements first, then errors.")
