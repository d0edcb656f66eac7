"""Routes of schedules."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Response, status
from pydantic import AwareDatetime

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.requests import Cursor, IdempotencyKey, Limit, parse_id
from api.requests import router as feature_router
from api.schedules import models, service
from api.schedules.calendar import calendar
from api.schedules.run_now import run_now
from api.services import CurrentServices

router = feature_router("schedules")


async def _schedule_id(schedule_id: Annotated[str, Path(max_length=100, description="Id of the schedule.")]) -> UUID:
    return parse_id("schedule", schedule_id)


ScheduleId = Annotated[UUID, Depends(_schedule_id)]


@router.get("/v1/schedules", operation_id="list_schedules")
async def list_schedules(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    workflow: Annotated[str | None, Query(max_length=200, description="Only of this workflow (slug).")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> models.SchedulePage:
    """Schedules, the newest first, each with its next ten times."""
    async with services.database.tenant(workspace) as session:
        return await service.list_all(session, workflow=workflow, cursor=cursor, limit=limit)


@router.post("/v1/schedules", operation_id="create_schedule", status_code=status.HTTP_201_CREATED)
async def create_schedule(
    services: CurrentServices, caller: CurrentCaller, body: models.CreateSchedule, response: Response
) -> models.Schedule:
    """Let a workflow start by itself; it is certain to, although Temporal may be away now."""
    made = await service.create(services, caller.actor, body)
    response.headers["Location"] = f"/v1/schedules/{made.id}"
    return made


@router.post("/v1/schedules/preview", operation_id="preview_schedule")
async def preview_schedule(body: models.PreviewTimes) -> models.TimeList:
    """The times that a schedule would have; nothing is stored."""
    return service.preview(body)


@router.get("/v1/schedules/calendar", operation_id="get_schedule_calendar")
async def get_schedule_calendar(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    starts_at: Annotated[AwareDatetime, Query(description="From when on.")],
    ends_at: Annotated[AwareDatetime, Query(description="Until when; at most 45 days later.")],
    workflow: Annotated[str | None, Query(max_length=200, description="Only of this workflow (slug).")] = None,
) -> models.ScheduleCalendar:
    """Past and coming starts in a span of time, of at most 250 of each for each of the newest 200 schedules."""
    async with services.database.tenant(workspace) as session:
        return await calendar(session, first=starts_at, last=ends_at, workflow=workflow)


@router.get("/v1/schedules/{schedule_id}", operation_id="get_schedule")
async def get_schedule(
    services: CurrentServices, workspace: CurrentWorkspace, schedule_id: ScheduleId
) -> models.Schedule:
    """A schedule with its next ten times."""
    async with services.database.tenant(workspace) as session:
        return await service.get(session, schedule_id)


@router.put("/v1/schedules/{schedule_id}", operation_id="update_schedule")
async def update_schedule(
    services: CurrentServices, caller: CurrentCaller, schedule_id: ScheduleId, body: models.ScheduleContent
) -> models.Schedule:
    """Let a schedule say something else; runs that have begun go on."""
    return await service.update(services, caller.actor, schedule_id, body)


@router.delete("/v1/schedules/{schedule_id}", operation_id="delete_schedule", status_code=status.HTTP_204_NO_CONTENT)
async def delete_schedule(services: CurrentServices, caller: CurrentCaller, schedule_id: ScheduleId) -> None:
    """Delete a schedule and its history; its runs stay."""
    await service.delete(services, caller.actor, schedule_id)


@router.post("/v1/schedules/{schedule_id}/pause", operation_id="pause_schedule")
async def pause_schedule(
    services: CurrentServices, caller: CurrentCaller, schedule_id: ScheduleId, body: models.PauseSchedule | None = None
) -> models.Schedule:
    """Let a schedule rest; times that pass meanwhile are left out."""
    reason = None if body is None else body.reason
    return await service.set_paused(services, caller.actor, schedule_id, paused=True, reason=reason)


@router.post("/v1/schedules/{schedule_id}/resume", operation_id="resume_schedule")
async def resume_schedule(services: CurrentServices, caller: CurrentCaller, schedule_id: ScheduleId) -> models.Schedule:
    """Let a schedule go on."""
    return await service.set_paused(services, caller.actor, schedule_id, paused=False)


@router.post(
    "/v1/schedules/{schedule_id}/backfill", operation_id="backfill_schedule", status_code=status.HTTP_202_ACCEPTED
)
async def backfill_schedule(
    services: CurrentServices, caller: CurrentCaller, schedule_id: ScheduleId, body: models.Backfill
) -> models.ScheduleBackfill:
    """Make up for past times, one after the other; a time that has its run already gets no other."""
    return await service.backfill(services, caller.actor, schedule_id, body)


@router.post("/v1/schedules/{schedule_id}/run", operation_id="run_schedule", status_code=status.HTTP_202_ACCEPTED)
async def run_schedule(
    services: CurrentServices, caller: CurrentCaller, schedule_id: ScheduleId, idempotency_key: IdempotencyKey = None
) -> models.ScheduleStart:
    """Start a run now, with the input of the schedule, also if it is paused or another run of it goes on."""
    return await run_now(services, caller.actor, schedule_id, idempotency_key)


@router.get("/v1/schedules/{schedule_id}/starts", operation_id="list_schedule_starts")
async def list_schedule_starts(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    schedule_id: ScheduleId,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> models.ScheduleStartPage:
    """What a schedule has started, the latest first, and why it could not; kept for 90 days."""
    async with services.database.tenant(workspace) as session:
        return await service.list_starts(session, schedule_id, cursor=cursor, limit=limit)
