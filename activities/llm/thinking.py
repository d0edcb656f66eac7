"""How long or how hard a model thinks, in the words of each vendor."""

from typing import Any, Final

from schemas.conversation import Effort

LEAST_BUDGET: Final = 1024
"""Tokens; Anthropic's models think at least that much if they think."""

_BUDGETS: Final[dict[Effort, int]] = {"minimal": LEAST_BUDGET, "low": 2048, "medium": 8192, "high": 24_576}


def effort_of(thinking: int | Effort) -> Effort:
    """How hard that is."""
    if isinstance(thinking, str):
        return thinking
    return next((effort for effort, budget in _BUDGETS.items() if thinking <= budget), "high")


def budget_of(thinking: int | Effort, max_tokens: int) -> int | None:
    """Tokens to think within an answer of so many; None if no thought fits into it."""
    wanted = thinking if isinstance(thinking, int) else _BUDGETS[thinking]
    budget = min(max(wanted, LEAST_BUDGET), max_tokens - 1)
    return budget if budget >= LEAST_BUDGET else None


def anthropic_thinking(thinking: int | Effort, max_tokens: int, *, adaptive: bool) -> dict[str, Any]:
    """The arguments that make one of Anthropic's models think."""
    if adaptive:
        effort = effort_of(thinking)
        told = {"effort": "low" if effort == "minimal" else effort}
        return {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": told}
    budget = budget_of(thinking, max_tokens)
    return {} if budget is None else {"thinking": {"type": "enabled", "budget_tokens": budget}}
