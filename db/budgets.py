"""Budgets of model calls: what the refusals of the database mean."""

from typing import Any, Final

from db.json_text import from_json
from schemas.errors import ErrorCode, PerdureError

BUDGET_EXHAUSTED: Final = "PD402"
"""SQLSTATE; the detail of the error is JSON, see sql/v0011/1_llm_2_functions.sql."""

_WHOSE: Final = {
    "step": "This step",
    "run": "This run",
    "tree": "This run and those that belong to it",
    "crew": "This crew",
    "month": "This workspace, in this month,",
}


def budget_exhausted(detail: str) -> PerdureError:
    """The error for a refusal.

    Args:
        detail: Of the error of the database: JSON with scope, key, limit_usd, spent_usd, reserved_usd, needed_usd.
    """
    facts: dict[str, Any] = from_json(detail)
    message = (
        f"{_WHOSE[facts['scope']]} may spend ${facts['limit_usd']:,} on models and has spent ${facts['spent_usd']:,}; "
        f"${facts['reserved_usd']:,} are reserved for calls under way, and the next call may take "
        f"${facts['needed_usd']:,}. Raise the budget, or lower max_tokens."
    )
    return PerdureError(ErrorCode.BUDGET_EXHAUSTED, message, details=facts)
