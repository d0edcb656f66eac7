"""Events from outside meet the steps that wait for them. An event goes to one waiter; one that came first is kept."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.outbox import enqueue
from db.run_events import enter_run
from db.tables import Event, Waiter
from schemas.errors import ErrorCode, PerdureError
from schemas.service_calls import AwaitEvent, CancelWait, EventState
from schemas.signals import ArrivedEvent
from schemas.trigger_mapping import holds

MAX_LOOKED_AT: Final = 500
"""Events or waiters of one type and key whose filters are asked, the oldest first."""


@dataclass(frozen=True)
class Published:
    """What became of an event."""

    event: Event
    created: bool
    """False if an event with the same idempotency key was there already."""
    waiter: Waiter | None
    """The step that took it at once; none if it is kept, or was created earlier."""


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
    waiter = await _oldest_waiter(session, event)
    if waiter is None:
        return Published(event, created=True, waiter=None)
    waiter.status, waiter.event_id, event.waiter_id = "matched", event.id, waiter.id
    await enqueue(session, workspace_id, waiter.run_id, waiter.workflow_id, "event", _arrived(waiter, event))
    await session.flush()
    return Published(event, created=True, waiter=waiter)


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
            filter=request.filter,
            filter_values=request.values if request.filter is not None else None,
            **step,
        )
        .on_conflict_do_nothing()
    )
    return (await session.scalars(select(Waiter).filter_by(**step))).one()


async def _take_kept(session: AsyncSession, waiter: Waiter) -> Event | None:
    kept = (
        select(Event)
        .where(
            Event.workspace_id == waiter.workspace_id,
            Event.type == waiter.type,
            Event.key == waiter.key,
            Event.waiter_id.is_(None),
        )
        .order_by(Event.created_at, Event.id)
        .limit(1 if waiter.filter is None else MAX_LOOKED_AT)
        .with_for_update(skip_locked=True)
    )
    found = next((event for event in await session.scalars(kept) if _takes(waiter, event)), None)
    if found is not None:
        found.waiter_id = waiter.id
        await session.flush()
    return found


async def _oldest_waiter(session: AsyncSession, event: Event) -> Waiter | None:
    waiting = (
        select(Waiter)
        .where(
            Waiter.workspace_id == event.workspace_id,
            Waiter.type == event.type,
            Waiter.key == event.key,
            Waiter.status == "waiting",
        )
        .order_by(Waiter.created_at, Waiter.id)
        .limit(MAX_LOOKED_AT)
        .with_for_update(skip_locked=True)
    )
    return next((waiter for waiter in await session.scalars(waiting) if _takes(waiter, event)), None)


def _takes(waiter: Waiter, event: Event) -> bool:
    """Whether an event is what a step waits for. One about which the filter cannot say anything is not."""
    if waiter.filter is None:
        return True
    known = {"event": {"type": event.type, "key": event.key, "data": event.data}, "values": waiter.filter_values or {}}
    try:
        return holds(waiter.filter, known)
    except PerdureError:
        return False


async def _published_before(
    session: AsyncSession, idempotency_key: str | None, event_type: str, key: str, data: Any
) -> Published:
    event = (await session.scalars(select(Event).where(Event.idempotency_key == idempotency_key))).one()
    if (event.type, event.key, event.data) != (event_type, key, data):
        raise PerdureError(
            ErrorCode.IDEMPOTENCY_MISMATCH, "This idempotency key was used for an event with another type, key or data."
        )
    return Published(event, created=False, waiter=None)


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
