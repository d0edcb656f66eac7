"""Routes of groups."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.groups import service
from api.groups.models import CreateGroup, Group, GroupPage, UpdateGroup
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("groups")


async def _group_id(group_id: Annotated[str, Path(max_length=100, description="Id of the group.")]) -> UUID:
    return parse_id("group", group_id)


async def _user_id(user_id: Annotated[str, Path(max_length=100, description="Id of the person.")]) -> UUID:
    return parse_id("member", user_id)


GroupId = Annotated[UUID, Depends(_group_id)]
UserId = Annotated[UUID, Depends(_user_id)]


@router.get("/v1/groups", operation_id="list_groups")
async def list_groups(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    text: Annotated[str | None, Query(min_length=1, max_length=100, description="Part of the name.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> GroupPage:
    """Groups by name."""
    async with services.database.tenant(workspace) as session:
        return await service.list_groups(session, text, cursor, limit)


@router.post("/v1/groups", operation_id="create_group", status_code=status.HTTP_201_CREATED)
async def create_group(
    services: CurrentServices, caller: CurrentCaller, body: CreateGroup, response: Response
) -> Group:
    """Make a group of members. Approvals can be assigned to it."""
    async with services.database.tenant(caller.workspace_id) as session:
        group = await service.create_group(session, caller.actor, body)
    response.headers["Location"] = f"/v1/groups/{group.id}"
    return group


@router.get("/v1/groups/{group_id}", operation_id="get_group")
async def get_group(services: CurrentServices, workspace: CurrentWorkspace, group_id: GroupId) -> Group:
    """A group."""
    async with services.database.tenant(workspace) as session:
        return await service.get_group(session, group_id)


@router.patch("/v1/groups/{group_id}", operation_id="update_group")
async def update_group(services: CurrentServices, caller: CurrentCaller, group_id: GroupId, body: UpdateGroup) -> Group:
    """Change name or description of a group."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.update_group(session, caller.actor, group_id, body)


@router.delete("/v1/groups/{group_id}", operation_id="delete_group", status_code=status.HTTP_204_NO_CONTENT)
async def delete_group(services: CurrentServices, caller: CurrentCaller, group_id: GroupId) -> None:
    """Delete a group; its members stay in the workspace."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete_group(session, caller.actor, group_id)


@router.put(
    "/v1/groups/{group_id}/members/{user_id}",
    operation_id="add_group_member",
    status_code=status.HTTP_204_NO_CONTENT,
)
async def add_member(services: CurrentServices, caller: CurrentCaller, group_id: GroupId, user_id: UserId) -> None:
    """Put a member of the workspace into a group."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.add_member(session, caller.actor, group_id, user_id)


@router.delete(
    "/v1/groups/{group_id}/members/{user_id}",
    operation_id="remove_group_member",
    status_code=status.HTTP_204_NO_CONTENT,
)
async def remove_member(services: CurrentServices, caller: CurrentCaller, group_id: GroupId, user_id: UserId) -> None:
    """Take a member out of a group."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.remove_member(session, caller.actor, group_id, user_id)
