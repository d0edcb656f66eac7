"""Routes of workspaces."""

from fastapi import status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.access.person import CurrentPerson
from api.requests import router as feature_router
from api.services import CurrentServices
from api.workspaces import service
from api.workspaces.models import CreateWorkspace, UpdateWorkspace, Workspace

router = feature_router("workspaces")


@router.post("/v1/workspaces", operation_id="create_workspace", status_code=status.HTTP_201_CREATED)
async def create_workspace(services: CurrentServices, person: CurrentPerson, body: CreateWorkspace) -> Workspace:
    """Make a workspace and own it; `POST /v1/auth/workspace` goes there."""
    return await service.create_workspace(services, person, body)


@router.get("/v1/workspace", operation_id="get_workspace")
async def get_workspace(services: CurrentServices, workspace: CurrentWorkspace) -> Workspace:
    """The workspace in which the caller acts."""
    async with services.database.tenant(workspace) as session:
        return await service.get_workspace(session, workspace)


@router.patch("/v1/workspace", operation_id="update_workspace")
async def update_workspace(services: CurrentServices, caller: CurrentCaller, body: UpdateWorkspace) -> Workspace:
    """Give the workspace another name."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.update_workspace(session, caller.actor, body)
