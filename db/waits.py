"""Events from outside meet the steps that wait for them. An event goes to one waiter; one that came first is kept."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.outbox import enqueue
from db.run_events import enter_run
from db.tables import Event, Waiter
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import ArrivedEvent, AwaitEvent, CancelWait, EventState


@dataclass(frozen=True)
class Published:
    """What became of an event."""

    event: Event
    created: bool
    """False if an event with the same idempotency key was there already."""
    waiter: Waiter | None
    """The step that took it at once; none if it is kept, or was created earlier."""
    outbox_id: int | None


async def await_event(session: AsyncSession, request: AwaitEvent) -> EventState:
    """Take the oldest kept event, or wait; tried again, it finds what the first try has done.

    Raises:
        PerdureError: `cancelled` if the run has ended.
    """
    await enter_run(session, request.workspace_id, request.run_id, request.run_attempt, request.log)
    workspace = UUID(request.workspace_id)
    await _lock_key(session, workspace, request.type, request.key)
    waiter = await _register(session, request)
    if waiter.status == "waiting" and (kept := await _take_kept(session, waiter)) is not None:
        waiter.status, waiter.event_id = "matched", kept.id
    return await _state(session, waiter)


async def publish_event(
    session: AsyncSession,
    workspace_id: UUID,
    event_type: str,
    key: str,
    data: Any,
    *,
    idempotency_key: str | None = None,
) -> Published:
    """Hand an event to the oldest waiter, or keep it. The signal to the workflow is part of the transaction.

    Raises:
        PerdureError: `idempotency_mismatch` if the key was used for another event.
    """
    await _lock_key(session, workspace_id, event_type, key)
    event = await session.scalar(
        insert(Event)
        .values(
            id=uuid4(),
            workspace_id=workspace_id,
            type=event_type,
            key=key,
            data=data,
            idempotency_key=idempotency_key,
        )
        .on_conflict_do_nothing()
        .returning(Event)
    )
    if event is None:
        return await _published_before(session, idempotency_key, event_type, key, data)
    waiter = await _oldest_waiter(session, workspace_id, event_type, key)
    if waiter is None:
        return Published(event, created=True, waiter=None, outbox_id=None)
    waiter.status, waiter.event_id, event.waiter_id = "matched", event.id, waiter.id
    outbox_id = await enqueue(
        session, workspace_id, waiter.run_id, waiter.workflow_id, "event", _arrived(waiter, event)
    )
    await session.flush()
    return Published(event, created=True, waiter=waiter, outbox_id=outbox_id)


async def cancel_wait(session: AsyncSession, request: CancelWait) -> EventState:
    """Stop waiting, unless an event was faster; then the state holds it.

    Raises:
        PerdureError: `not_found`.
    """
    await enter_run(session, request.workspace_id, request.run_id, request.run_attempt, request.log)
    waiter = await _get(session, UUID(request.waiter_id))
    await _lock_key(session, waiter.workspace_id, waiter.type, waiter.key)
    await session.execute(
        update(Waiter)
        .where(Waiter.id == waiter.id, Waiter.status == "waiting")
        .values(status="cancelled")
        .execution_options(synchronize_session=False)
    )
    return await _state(session, await _get(session, waiter.id))


async def _lock_key(session: AsyncSession, workspace_id: UUID, event_type: str, key: str) -> None:
    """Lets one at a time act on a key. Without it an event and a waiter that come together would miss each other."""
    name = f"{workspace_id}/{event_type}/{key}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


async def _register(session: AsyncSession, request: AwaitEvent) -> Waiter:
    step = {
        "run_id": UUID(request.run_id),
        "run_attempt": request.run_attempt,
        "path": request.path,
        "iteration": request.iteration,
    }
    await session.execute(
        insert(Waiter)
        .values(
            id=uuid4(),
            workspace_id=UUID(request.workspace_id),
            workflow_id=request.workflow_id,
            type=request.type,
            key=request.key,
            **step,
        )
        .on_conflict_do_nothing()
    )
    return (await session.scalars(select(Waiter).filter_by(**step))).one()


async def _take_kept(session: AsyncSession, waiter: Waiter) -> Event | None:
    oldest = (
        select(Event.id)
        .where(
            Event.workspace_id == waiter.workspace_id,
            Event.type == waiter.type,
            Event.key == waiter.key,
            Event.waiter_id.is_(None),
        )
        .order_by(Event.created_at, Event.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    return await session.scalar(update(Event).where(Event.id == oldest).values(waiter_id=waiter.id).returning(Event))


async def _oldest_waiter(session: AsyncSession, workspace_id: UUID, event_type: str, key: str) -> Waiter | None:
    return await session.scalar(
        select(Waiter)
        .where(
            Waiter.workspace_id == workspace_id,
            Waiter.type == event_type,
            Waiter.key == key,
            Waiter.status == "waiting",
        )
        .order_by(Waiter.created_at, Waiter.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


async def _published_before(
    session: AsyncSession, idempotency_key: str | None, event_type: str, key: str, data: Any
) -> Published:
    event = (await session.scalars(select(Event).where(Event.idempotency_key == idempotency_key))).one()
    if (event.type, event.key, event.data) != (event_type, key, data):
        raise PerdureError(
            ErrorCode.IDEMPOTENCY_MISMATCH, "This idempotency key was used for an event with another type, key or data."
        )
    return Published(event, created=False, waiter=None, outbox_id=None)


async def _get(session: AsyncSession, waiter_id: UUID) -> Waiter:
    waiter = await session.scalar(
        select(Waiter).where(Waiter.id == waiter_id), execution_options={"populate_existing": True}
    )
    if waiter is None:
        raise PerdureError(ErrorCode.NOT_FOUND, "There is no such wait.")
    return waiter


async def _state(session: AsyncSession, waiter: Waiter) -> EventState:
    event = None if waiter.event_id is None else await session.get(Event, waiter.event_id)
    return EventState(
        workspace_id=str(waiter.workspace_id),
        waiter_id=str(waiter.id),
        event=None if event is None else _arrived(waiter, event),
    )


def _arrived(waiter: Waiter, event: Event) -> ArrivedEvent:
    return ArrivedEvent(
        workspace_id=str(waiter.workspace_id), waiter_id=str(waiter.id), event_id=str(event.id), data=event.data
    )
