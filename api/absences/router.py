"""Routes of absences."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Response, status

from api.absences import service
from api.absences.models import Absence, AbsenceContent, AbsencePage, CreateAbsence
from api.access.caller import CurrentCaller, CurrentWorkspace
from api.access.person import CurrentPerson
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("absences")


async def _absence_id(absence_id: Annotated[str, Path(max_length=100, description="Id of the absence.")]) -> UUID:
    return parse_id("absence", absence_id)


AbsenceId = Annotated[UUID, Depends(_absence_id)]
Ended = Annotated[bool, Query(description="Whether also those that are over.")]


@router.get("/v1/me/absences", operation_id="list_my_absences")
async def list_my_absences(
    services: CurrentServices, person: CurrentPerson, ended: Ended = False, limit: Limit = 50, cursor: Cursor = None
) -> AbsencePage:
    """When one is away in this workspace."""
    async with services.database.tenant(person.caller.workspace_id) as session:
        return await service.list_absences(session, user_id=person.user_id, ended=ended, cursor=cursor, limit=limit)


@router.post("/v1/me/absences", operation_id="create_my_absence", status_code=status.HTTP_201_CREATED)
async def create_my_absence(
    services: CurrentServices, person: CurrentPerson, body: AbsenceContent, response: Response
) -> Absence:
    """Say when one is away, and which member answers in one's place."""
    async with services.database.tenant(person.caller.workspace_id) as session:
        absence = await service.create_absence(session, person.caller.actor, person.user_id, body)
    response.headers["Location"] = f"/v1/absences/{absence.id}"
    return absence


@router.put("/v1/me/absences/{absence_id}", operation_id="update_my_absence")
async def update_my_absence(
    services: CurrentServices, person: CurrentPerson, absence_id: AbsenceId, body: AbsenceContent
) -> Absence:
    """Change an absence of one's own."""
    async with services.database.tenant(person.caller.workspace_id) as session:
        return await service.update_absence(session, person.caller.actor, absence_id, body, person.user_id)


@router.delete("/v1/me/absences/{absence_id}", operation_id="delete_my_absence", status_code=status.HTTP_204_NO_CONTENT)
async def delete_my_absence(services: CurrentServices, person: CurrentPerson, absence_id: AbsenceId) -> None:
    """Be there again."""
    async with services.database.tenant(person.caller.workspace_id) as session:
        await service.delete_absence(session, person.caller.actor, absence_id, person.user_id)


@router.get("/v1/absences", operation_id="list_absences")
async def list_absences(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    user: Annotated[UUID | None, Query(description="Only those of this member.")] = None,
    ended: Ended = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AbsencePage:
    """Who is away, and who answers in their place."""
    async with services.database.tenant(workspace) as session:
        return await service.list_absences(session, user_id=user, ended=ended, cursor=cursor, limit=limit)


@router.post("/v1/absences", operation_id="create_absence", status_code=status.HTTP_201_CREATED)
async def create_absence(
    services: CurrentServices, caller: CurrentCaller, body: CreateAbsence, response: Response
) -> Absence:
    """Write down that a member is away."""
    async with services.database.tenant(caller.workspace_id) as session:
        absence = await service.create_absence(session, caller.actor, body.user_id, body)
    response.headers["Location"] = f"/v1/absences/{absence.id}"
    return absence


@router.get("/v1/absences/{absence_id}", operation_id="get_absence")
async def get_absence(services: CurrentServices, workspace: CurrentWorkspace, absence_id: AbsenceId) -> Absence:
    """An absence."""
    async with services.database.tenant(workspace) as session:
        return await service.get_absence(session, absence_id)


@router.put("/v1/absences/{absence_id}", operation_id="update_absence")
async def update_absence(
    services: CurrentServices, caller: CurrentCaller, absence_id: AbsenceId, body: AbsenceContent
) -> Absence:
    """Change the absence of a member."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.update_absence(session, caller.actor, absence_id, body)


@router.delete("/v1/absences/{absence_id}", operation_id="delete_absence", status_code=status.HTTP_204_NO_CONTENT)
async def delete_absence(services: CurrentServices, caller: CurrentCaller, absence_id: AbsenceId) -> None:
    """Let a member be there again."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete_absence(session, caller.actor, absence_id)
