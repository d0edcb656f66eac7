"""Appends to a run's gapless history, and reads it."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import bindparam

from db.effects import effects
from db.faults import run_is_missing
from db.tables import RunEventRow
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import StepEntry
from schemas.run_events import EventType, RunEvent

_APPEND: Final = text(
    "SELECT run_log_append(:run, :type, :path, CAST(:iteration AS integer), CAST(:attempt AS integer), :data)"
).bindparams(bindparam("data", type_=JSONB(none_as_null=True)))

_WRITE: Final = text(
    "SELECT run_log_write(CAST(:workspace AS uuid), CAST(:run AS uuid), :attempt, :entries, NULL, NULL)"
).bindparams(bindparam("entries", type_=JSONB(none_as_null=True)))


async def append_event(
    session: AsyncSession,
    run_id: UUID,
    event_type: EventType,
    *,
    path: str | None = None,
    iteration: int | None = None,
    attempt: int | None = None,
    data: dict[str, Any] | None = None,
) -> int:
    """Append an event; locks the run until the transaction ends, so that numbers have no gaps.

    Returns:
        The number of the event.

    Raises:
        PerdureError: `not_found` at the end of the transaction, if the workspace has no such run.
    """
    seq: int = (
        await session.execute(
            _APPEND,
            {
                "run": run_id,
                "type": event_type.value,
                "path": path,
                "iteration": iteration,
                "attempt": attempt,
                "data": data,
            },
        )
    ).scalar_one()
    effects(session).runs.add(run_id)
    return seq


async def enter_run(
    session: AsyncSession, workspace_id: str, run_id: str, attempt: int, entries: Sequence[StepEntry]
) -> None:
    """Lock a run for what follows in this transaction, and store the entries that rode along.

    Raises:
        PerdureError: `cancelled` if the run has ended or a later attempt of it has begun; `unavailable` if it has no
            row, because a child run writes its row beside its first step.
    """
    told = [entry.model_dump(mode="json") for entry in entries] or None
    values = {"workspace": workspace_id, "run": run_id, "attempt": attempt, "entries": told}
    try:
        live = await session.scalar(_WRITE, values)
    except DBAPIError as error:
        if not run_is_missing(error):
            raise
        raise PerdureError(ErrorCode.UNAVAILABLE, "The run has no row yet.", retry_after=0.1) from error
    if not live:
        raise PerdureError(ErrorCode.CANCELLED, "The run has ended, or a later attempt of it has begun.")
    effects(session).runs.add(UUID(run_id))


async def read_events(session: AsyncSession, run_id: UUID, after_seq: int, limit: int = 500) -> list[RunEvent]:
    """The next events of a run, in order."""
    rows = await session.scalars(
        select(RunEventRow)
        .where(RunEventRow.run_id == run_id, RunEventRow.seq > after_seq)
        .order_by(RunEventRow.seq)
        .limit(limit)
    )
    return [_event(row) for row in rows]


def _event(row: RunEventRow) -> RunEvent:
    return RunEvent(
        seq=row.seq,
        type=EventType(row.type),
        at=row.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        path=row.path,
        iteration=row.iteration,
        attempt=row.attempt,
        data=row.data,
    )
