"""Ends the row of a run whose workflow cannot do it itself any more."""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.effects import effects
from db.json_text import to_json
from engine.metrics import RUNS_ENDED
from schemas.errors import ErrorInfo
from schemas.messages import RunStatus

_CLOSE: Final = text(
    "SELECT run_log_close(:workspace, :run, :attempt, :status, CAST(:output AS jsonb), CAST(:error AS jsonb), "
    "NULL, NULL, NULL)"
)


async def end_run(
    session: AsyncSession, workspace_id: UUID, run_id: UUID, attempt: int, status: RunStatus, error: ErrorInfo | None
) -> bool:
    """End a run as `status`; open approvals, waits and steps are cancelled with it, and its history is completed.

    Returns:
        Whether it was this call that ended it.
    """
    values = {
        "workspace": workspace_id,
        "run": run_id,
        "attempt": attempt,
        "status": status.value,
        "output": None,
        "error": None if error is None else to_json(error.model_dump(mode="json")),
    }
    ended = bool(await session.scalar(_CLOSE, values))
    effects(session).runs.add(run_id)
    if ended:
        RUNS_ENDED.labels(status.value).inc()
    return ended
