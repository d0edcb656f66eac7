"""Budgets in the database: every call is reserved in each scope that limits it, or in none and not made."""

import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

import structlog

from activities.llm.meter import Planned
from activities.run_log.statements import Statements
from db.json_text import to_json
from db.session import Database
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import StepBudget, StepInput
from schemas.service_calls import GrantBudget

_RESERVE: Final = "SELECT budget_reserve($1, $2, $3, $4, $5, $6)"
_SETTLE: Final = "SELECT budget_settle($1, $2, $3)"
_GRANT: Final = "SELECT budget_grant($1, $2, $3, $4, $5)"
PATIENCE: Final = 5.0
"""Seconds for which an outage of the database is waited out."""
DEFAULT_SECONDS: Final = 900.0
_MARGIN: Final = 60.0
_WAIT: Final = 2.0
"""Seconds after which a step looks whether calls under way have left room."""

_log = structlog.get_logger(__name__)


class BudgetLeases:
    """What one attempt of a step may spend on models.

    Args:
        database: Where budgets are.
        step: The step.
        seconds: How long the attempt may take.
    """

    def __init__(self, database: Database, step: StepInput, seconds: float | None = None) -> None:
        self._statements = Statements(database)
        self._step = step
        self._seconds = (seconds or DEFAULT_SECONDS) + _MARGIN

    async def reserve(self, planned: Planned) -> "BudgetLease | None":
        """Room for a call.

        Raises:
            PerdureError: `budget_exhausted`; for a month, and a step without a budget, `quota_exceeded`; `throttled`
                if there may be room when calls under way have taken less than they might; `invalid_config` if nobody
                knows what the call costs, for then no budget could be kept.
        """
        step, lease = self._step, uuid4()
        workspace, limits = UUID(step.workspace_id), to_json(scopes(step, step.budget))
        key = f"{step.idempotency_key}{planned.part}"
        arguments = (workspace, lease, key, planned.cost or Decimal(0), limits, self._seconds)
        try:
            reserved = await self._statements.call(_RESERVE, *arguments, patience=PATIENCE)
        except PerdureError as error:
            raise _refusal(error, step.budget) from error
        if not reserved:
            return None
        found = BudgetLease(self._statements, workspace, lease)
        if planned.cost is None:
            await found.settle(Decimal(0))
            raise _without_price(planned)
        return found


@dataclass(frozen=True)
class BudgetLease:
    """What was reserved for one call."""

    statements: Statements
    workspace: UUID
    lease: UUID

    async def settle(self, cost: Decimal) -> None:
        """Put the true cost in the place of what was reserved; an answer that was paid for is not lost over it."""
        try:
            await self.statements.call(_SETTLE, self.workspace, self.lease, cost, patience=PATIENCE)
        except Exception as error:
            _log.warning("budget_not_settled", error_type=type(error).__name__, cost_usd=str(cost))


async def grant(database: Database, message: GrantBudget) -> None:
    """Let more be spent in the scope that a step had no room in; once per approval.

    Raises:
        PerdureError: `invalid_request` if the details are not those of `budget_exhausted`.
    """
    scope, key = message.details.get("scope"), message.details.get("key")
    if not isinstance(scope, str) or not isinstance(key, str):
        raise PerdureError(ErrorCode.INVALID_REQUEST, "details name no scope and key of a budget.")
    amount = Decimal(str(message.amount_usd))
    workspace = UUID(message.workspace_id)
    await Statements(database).call(_GRANT, workspace, scope, key, message.approval_id, amount)


def scopes(step: StepInput, budget: StepBudget | None) -> list[dict[str, Any]]:
    """The limits of a step, widest first: the order in which their rows are locked."""
    if budget is None:
        return []
    limits = (
        ("tree", budget.root_run_id, budget.tree_usd),
        *((crew.scope, crew.key, crew.usd) for crew in budget.crews),
        ("run", step.run_id, budget.run_usd),
        ("step", step.idempotency_key, budget.step_usd),
    )
    return [{"scope": scope, "key": key, "limit": limit} for scope, key, limit in limits if limit is not None]


def _without_price(planned: Planned) -> PerdureError:
    model = planned.route.model
    return PerdureError(
        ErrorCode.INVALID_CONFIG,
        f"Nobody knows what the model {model!r} ({planned.route.vendor}) costs, so it cannot be held to the budget or "
        "the quota that counts here. Let the operator give its price in PERDURE_MODEL_PRICES, or name another model.",
        details={"reason": "price_unknown", "model": model, "vendor": planned.route.vendor.value},
    )


def _refusal(error: PerdureError, budget: StepBudget | None) -> PerdureError:
    """What a refusal of the database means for a step."""
    facts = error.info.details
    if error.code is not ErrorCode.BUDGET_EXHAUSTED:
        return error
    if facts["spent_usd"] + facts["needed_usd"] <= facts["limit_usd"]:
        # Those who wait together must not all come back together.
        wait = _WAIT * (1 + secrets.randbelow(500) / 1000)
        message = (
            f"What is left of a budget is reserved for calls under way; the step goes on in about {wait:.0f} seconds."
        )
        return PerdureError(ErrorCode.THROTTLED, message, retry_after=wait, details={**facts, "retry_after": wait})
    return _as_quota(error) if budget is None else error


def _as_quota(error: PerdureError) -> PerdureError:
    facts = error.info.details
    return PerdureError(
        ErrorCode.QUOTA_EXCEEDED,
        f"This workspace may spend ${facts['limit_usd']:,} in a month and has spent ${facts['spent_usd']:,}; "
        f"${facts['reserved_usd']:,} are reserved for calls under way, and this one may take ${facts['needed_usd']:,}. "
        "Wait for the next month, lower max_tokens, or let an owner raise the quota.",
        details={"quota": "cost_usd_per_month", "limit": facts["limit_usd"], "used": facts["spent_usd"], **facts},
    )
