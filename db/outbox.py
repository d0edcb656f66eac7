"""Signals to workflows: written in the transaction that causes them, delivered after it, in order per workflow."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Select, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.effects import effects
from db.tables import OutboxRow


async def enqueue(
    session: AsyncSession,
    workspace_id: UUID | str,
    run_id: UUID,
    workflow_id: str,
    signal: str,
    payload: BaseModel,
    *,
    delay: timedelta = timedelta(0),
) -> int:
    """Write a signal; its order among the signals of a workflow holds if the caller has locked the run.

    Args:
        session: The transaction that causes it.
        workspace_id: Whose workflow it is.
        run_id: The run it is about.
        workflow_id: Who gets it.
        signal: Its name.
        payload: Its argument.
        delay: How long it must wait; what comes after it waits too.

    Returns:
        Id of the row; committed rows are also told to the listeners of the database, unless they must wait.
    """
    row_id: int = (
        await session.execute(
            insert(OutboxRow)
            .values(
                workspace_id=UUID(str(workspace_id)),
                run_id=run_id,
                workflow_id=workflow_id,
                signal=signal,
                payload=payload.model_dump(mode="json"),
                next_attempt_at=func.clock_timestamp() + delay,
            )
            .returning(OutboxRow.id)
        )
    ).scalar_one()
    if not delay:
        effects(session).signals.append(row_id)
    return row_id


def due_signals() -> Select[int]:
    """Signals whose time has come."""
    return select(OutboxRow.id).where(
        OutboxRow.delivered_at.is_(None), OutboxRow.next_attempt_at <= func.clock_timestamp()
    )


async def claim(session: AsyncSession, limit: int = 100, ids: Iterable[int] | None = None) -> Sequence[OutboxRow]:
    """Signals to deliver now, locked until the transaction ends; of each workflow only the oldest.

    Args:
        session: A system session.
        limit: How many at most.
        ids: Only these, whether they are due or not.
    """
    older = aliased(OutboxRow)
    due = OutboxRow.next_attempt_at <= func.clock_timestamp() if ids is None else OutboxRow.id.in_(list(ids))
    return (
        await session.scalars(
            select(OutboxRow)
            .where(
                OutboxRow.delivered_at.is_(None),
                due,
                ~exists().where(
                    older.workflow_id == OutboxRow.workflow_id,
                    older.delivered_at.is_(None),
                    older.id < OutboxRow.id,
                ),
            )
            .order_by(OutboxRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=OutboxRow)
        )
    ).all()


async def mark_delivered(session: AsyncSession, ids: Iterable[int]) -> None:
    """The signals have arrived, or there is nobody any more to receive them."""
    await session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(list(ids)))
        .values(delivered_at=func.clock_timestamp(), attempts=OutboxRow.attempts + 1, last_error=None)
    )


async def postpone(session: AsyncSession, row_id: int, error: str, delay: timedelta) -> None:
    """The delivery of a signal has failed; try it again later."""
    await session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id)
        .values(
            attempts=OutboxRow.attempts + 1,
            last_error=error[:2_000],
            next_attempt_at=func.clock_timestamp() + delay,
        )
    )
