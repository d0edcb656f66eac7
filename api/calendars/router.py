"""Routes of calendars."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Response, status
from pydantic import AwareDatetime

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.calendars import service
from api.calendars.models import COUNTRIES, Calendar, CalendarContent, CalendarPage, Countries, Country, Preview
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("calendars")

_FIVE_YEARS = 5 * 366 * 86_400


async def _calendar_id(calendar_id: Annotated[str, Path(max_length=100, description="Id of the calendar.")]) -> UUID:
    return parse_id("calendar", calendar_id)


CalendarId = Annotated[UUID, Depends(_calendar_id)]


@router.get("/v1/calendars", operation_id="list_calendars")
async def list_calendars(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> CalendarPage:
    """Business hours of the workspace, by name."""
    async with services.database.tenant(workspace) as session:
        return await service.list_calendars(session, cursor, limit)


@router.post("/v1/calendars", operation_id="create_calendar", status_code=status.HTTP_201_CREATED)
async def create_calendar(
    services: CurrentServices, caller: CurrentCaller, body: CalendarContent, response: Response
) -> Calendar:
    """Make a calendar, in whose hours the deadlines, reminders and escalations of approvals may pass."""
    async with services.database.tenant(caller.workspace_id) as session:
        calendar = await service.create_calendar(session, caller.actor, body)
    response.headers["Location"] = f"/v1/calendars/{calendar.id}"
    return calendar


@router.get("/v1/calendars/countries", operation_id="list_holiday_countries")
async def list_countries(workspace: CurrentWorkspace) -> Countries:
    """Countries and subdivisions whose public holidays are known."""
    return Countries(items=[Country(code=code, subdivisions=parts) for code, parts in sorted(COUNTRIES.items())])


@router.get("/v1/calendars/{calendar_id}", operation_id="get_calendar")
async def get_calendar(services: CurrentServices, workspace: CurrentWorkspace, calendar_id: CalendarId) -> Calendar:
    """A calendar."""
    async with services.database.tenant(workspace) as session:
        return await service.get_calendar(session, calendar_id)


@router.put("/v1/calendars/{calendar_id}", operation_id="update_calendar")
async def update_calendar(
    services: CurrentServices, caller: CurrentCaller, calendar_id: CalendarId, body: CalendarContent
) -> Calendar:
    """Replace what a calendar says. Requests that are open keep their times."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.update_calendar(session, caller.actor, calendar_id, body)


@router.delete("/v1/calendars/{calendar_id}", operation_id="delete_calendar", status_code=status.HTTP_204_NO_CONTENT)
async def delete_calendar(services: CurrentServices, caller: CurrentCaller, calendar_id: CalendarId) -> None:
    """Delete a calendar that no workflow uses."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete_calendar(session, caller.actor, calendar_id)


@router.get("/v1/calendars/{calendar_id}/preview", operation_id="preview_calendar")
async def preview_calendar(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    calendar_id: CalendarId,
    seconds: Annotated[float, Query(ge=0, le=_FIVE_YEARS, description="The time that passes in open hours.")],
    begins_at: Annotated[AwareDatetime | None, Query(alias="from", description="From when; by default now.")] = None,
) -> Preview:
    """When a deadline would fall."""
    async with services.database.tenant(workspace) as session:
        return await service.preview(session, calendar_id, seconds, begins_at)
