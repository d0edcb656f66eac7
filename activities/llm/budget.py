"""What a workspace may still spend on models; asked before each call."""

from typing import Any, Final, Protocol
from uuid import UUID

from activities.run_log.statements import Statements
from db.session import Database

_CHECK: Final = "SELECT quota_check_call($1)"

PATIENCE: Final = 5.0
"""Seconds for which an outage of the database is waited out."""


class Budget(Protocol):
    """Whether a workspace may call a model."""

    async def check(self, workspace_id: str) -> None:
        """Let a call pass.

        Raises:
            PerdureError: `quota_exceeded`; the step fails at once, for time or an owner must help first.
        """


class NoBudget:
    """Lets every call pass."""

    async def check(self, workspace_id: str) -> None:
        """See `Budget`."""


class QuotaBudget:
    """The quotas of tokens and cost per month.

    Calls that are under way are not known yet, so a workspace may go over its quota by as much as those take.
    """

    def __init__(self, database: Database) -> None:
        self._statements = Statements(database)

    async def check(self, workspace_id: str) -> None:
        """See `Budget`."""
        await self._statements.call(_CHECK, UUID(workspace_id), patience=PATIENCE)


def spent_of(details: dict[str, Any]) -> tuple[float, int, int] | None:
    """Cost in US dollars, tokens in and tokens out that a failed attempt has taken, by the details of its error."""
    spent = details.get("spent")
    if not isinstance(spent, dict):
        return None
    cost, tokens_in, tokens_out = spent.get("cost_usd", 0.0), spent.get("tokens_in", 0), spent.get("tokens_out", 0)
    return (cost, tokens_in, tokens_out) if cost or tokens_in or tokens_out else None
