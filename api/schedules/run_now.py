"""Starting the run of a schedule at once, because somebody asks for it."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from api.errors import not_found
from api.schedules import models, repository
from api.schedules.service import describe_start
from api.services import Services
from db import audit
from db.audit import Actor
from db.tables import Schedule, ScheduleStart
from engine.triggered_runs import Target, TriggeredRun, run_key, start_triggered
from schemas.trigger_mapping import fill


async def run_now(services: Services, actor: Actor, schedule_id: UUID, key: str | None) -> models.ScheduleStart:
    """Start a run as the schedule would now, whether it is paused and whatever goes on.

    Args:
        services: Connections.
        actor: Who asks for it; the run is theirs.
        schedule_id: The schedule.
        key: Under the same key one run is started.

    Raises:
        RequestError: `not_found`.
        PerdureError: `conflict` if the workflow cannot be started, `invalid_input`, `expression_failed`,
            `quota_exceeded`.
    """
    now = datetime.now(UTC)
    async with services.database.tenant(actor.workspace_id) as session:
        found = await repository.find(session, schedule_id)
        if found is None:
            raise not_found("schedule", schedule_id)
        schedule = found[0]
        run_id = await start_triggered(session, _run(schedule, actor, now, key or str(uuid4())))
        if await repository.start_of(session, schedule_id, run_id) is None:
            session.add(_start(schedule, now, run_id))
            await session.flush()
            audit.record(session, actor, "schedule.run", ("schedule", schedule_id), after={"run_id": str(run_id)})
        start = await repository.start_of(session, schedule_id, run_id)
    services.dispatcher.start_soon(actor.workspace_id, run_id)
    if start is None:
        raise AssertionError("it was written in this transaction")
    return describe_start(*start)


def _run(schedule: Schedule, actor: Actor, at: datetime, key: str) -> TriggeredRun:
    known = {"schedule": {"id": str(schedule.id), "name": schedule.name, "at": at.isoformat()}}
    return TriggeredRun(
        actor=actor,
        target=Target(schedule.workflow_id, schedule.version),
        input=fill(schedule.input, known),
        key=run_key("schedule-now", schedule.id, key),
        trigger="schedule",
    )


def _start(schedule: Schedule, at: datetime, run_id: UUID) -> ScheduleStart:
    return ScheduleStart(
        workspace_id=schedule.workspace_id,
        schedule_id=schedule.id,
        scheduled_at=at,
        status="started",
        run_id=run_id,
    )
