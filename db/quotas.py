"""Quotas of workspaces: the functions of the database that hold to them, and what their refusals mean."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.json_text import from_json
from schemas.errors import ErrorCode, PerdureError

QUOTA_EXCEEDED: Final = "PD429"
"""SQLSTATE; the detail of the error is JSON, see sql/v0007/2_admission.sql."""

WHEN_RUNS_END: Final = 5.0
"""Seconds after which to ask again for what no clock sets free."""

_SENTENCES: Final = {
    "starts_per_minute": "This workspace may start {limit:,} runs within a minute, and has started {used:,}",
    "running_runs": "This workspace may have {limit:,} unfinished runs at a time, and has {used:,}",
    "tokens_per_month": "This workspace may use {limit:,} tokens in a month, and has used {used:,}",
    "cost_usd_per_month": "This workspace may spend ${limit:,} in a month, and has spent ${used:,}",
}


async def admit_attempt(session: AsyncSession, workspace_id: UUID) -> None:
    """Count another attempt of an ended run as a start. A new run is admitted by `run_log_create` itself.

    Raises:
        PerdureError: `quota_exceeded`, when the session's block is left.
    """
    await session.execute(select(func.quota_admit(workspace_id)))


def quota_exceeded(detail: str) -> PerdureError:
    """The error for a refusal.

    Args:
        detail: Of the error of the database: JSON with quota, limit, used, resets_at, retry_after.
    """
    facts: dict[str, Any] = from_json(detail)
    wait = facts.pop("retry_after")
    message = f"{_SENTENCES[facts['quota']].format(**facts)}; {_what_helps(facts)}"
    return PerdureError(
        ErrorCode.QUOTA_EXCEEDED, message, retry_after=WHEN_RUNS_END if wait is None else float(wait), details=facts
    )


def _what_helps(facts: dict[str, Any]) -> str:
    if facts["limit"] == 0:
        return "an owner can raise the quota."
    if facts["resets_at"] is None:
        return "wait until one has ended, or let an owner raise the quota."
    at = datetime.fromisoformat(facts["resets_at"])
    return f"try again at {at:%Y-%m-%d %H:%M:%S} UTC, or let an owner raise the quota."
