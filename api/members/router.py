"""Routes of members."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.access.person import CurrentPerson
from api.members import service
from api.members.models import ChangeRole, Member, MemberPage
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices
from schemas.roles import Role

router = feature_router("members")


async def _user_id(user_id: Annotated[str, Path(max_length=100, description="Id of the person.")]) -> UUID:
    return parse_id("member", user_id)


UserId = Annotated[UUID, Depends(_user_id)]


@router.get("/v1/members", operation_id="list_members")
async def list_members(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    role: Annotated[Role | None, Query(description="Only those with this role.")] = None,
    group: Annotated[UUID | None, Query(description="Only those in this group.")] = None,
    text: Annotated[str | None, Query(min_length=1, max_length=200, description="Part of e-mail or name.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> MemberPage:
    """People in the workspace, in the order in which they joined."""
    return await service.list_members(
        services, workspace, role=role, group=group, text=text, cursor=cursor, limit=limit
    )


@router.get("/v1/members/{user_id}", operation_id="get_member")
async def get_member(services: CurrentServices, workspace: CurrentWorkspace, user_id: UserId) -> Member:
    """A person in the workspace."""
    return await service.get_member(services, workspace, user_id)


@router.patch("/v1/members/{user_id}", operation_id="change_member_role")
async def change_role(services: CurrentServices, caller: CurrentCaller, user_id: UserId, body: ChangeRole) -> Member:
    """Give a member another role; it holds at once. Only owners make and unmake owners."""
    return await service.change_role(services, caller, user_id, body.role)


@router.delete("/v1/members/{user_id}", operation_id="remove_member", status_code=status.HTTP_204_NO_CONTENT)
async def remove_member(services: CurrentServices, caller: CurrentCaller, user_id: UserId) -> None:
    """Take somebody out of the workspace and its groups. Their keys stop working, their invitations are revoked."""
    await service.remove_member(services, caller, user_id)


@router.post("/v1/workspace/leave", operation_id="leave_workspace", status_code=status.HTTP_204_NO_CONTENT)
async def leave_workspace(services: CurrentServices, person: CurrentPerson) -> None:
    """Leave the workspace. The last owner cannot."""
    await service.leave(services, person)
