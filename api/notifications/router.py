"""Routes of notifications."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.notifications import service
from api.notifications.models import (
    Channel,
    ChannelList,
    CreateChannel,
    CreatedChannel,
    CreateOwnChannel,
    MessagePage,
    OwnNotifications,
    SentMessage,
    UpdateChannel,
)
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices
from schemas.notifications import MessageStatus, Preferences

router = feature_router("notifications")


async def _channel_id(channel_id: Annotated[str, Path(max_length=100, description="Id of the channel.")]) -> UUID:
    return parse_id("channel", channel_id)


ChannelId = Annotated[UUID, Depends(_channel_id)]


@router.get("/v1/me/notifications", operation_id="get_own_notifications")
async def get_own_notifications(services: CurrentServices, caller: CurrentCaller) -> OwnNotifications:
    """What the caller hears of in this workspace, where and when."""
    user_id = service.person_of(caller)
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.get_own(session, user_id)


@router.put("/v1/me/notifications", operation_id="update_own_notifications")
async def update_own_notifications(
    services: CurrentServices, caller: CurrentCaller, body: Preferences
) -> OwnNotifications:
    """Replace what the caller hears of."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.update_own(session, caller, body)


@router.post("/v1/me/notifications/channels", operation_id="create_own_channel", status_code=status.HTTP_201_CREATED)
async def create_own_channel(
    services: CurrentServices, caller: CurrentCaller, body: CreateOwnChannel
) -> CreatedChannel:
    """Add a place of one's own, such as a direct message in Slack; links for the caller may go there."""
    user_id = service.person_of(caller)
    whole = CreateChannel(name=body.name, kind=body.kind, url=body.url, events=[])
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.create(session, caller, services.encryption, whole, user_id)


@router.delete(
    "/v1/me/notifications/channels/{channel_id}",
    operation_id="delete_own_channel",
    status_code=status.HTTP_204_NO_CONTENT,
)
async def delete_own_channel(services: CurrentServices, caller: CurrentCaller, channel_id: ChannelId) -> None:
    """Remove a place of one's own."""
    user_id = service.person_of(caller)
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete(session, caller, channel_id, user_id)


@router.post(
    "/v1/me/notifications/channels/{channel_id}/test",
    operation_id="test_own_channel",
    status_code=status.HTTP_202_ACCEPTED,
)
async def test_own_channel(services: CurrentServices, caller: CurrentCaller, channel_id: ChannelId) -> SentMessage:
    """Send a test message to a place of one's own."""
    user_id = service.person_of(caller)
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.try_out(session, caller, channel_id, user_id)


@router.get("/v1/notifications/channels", operation_id="list_channels")
async def list_channels(services: CurrentServices, workspace: CurrentWorkspace) -> ChannelList:
    """Rooms and mail servers of the workspace, without their secrets."""
    async with services.database.tenant(workspace) as session:
        return await service.list_rooms(session)


@router.post("/v1/notifications/channels", operation_id="create_channel", status_code=status.HTTP_201_CREATED)
async def create_channel(
    services: CurrentServices, caller: CurrentCaller, body: CreateChannel, response: Response
) -> CreatedChannel:
    """Add a room that hears of requests, or a mail server for this workspace's mails.

    What goes to a room leads to the inbox, where one must be signed in: a room has many readers.
    """
    async with services.database.tenant(caller.workspace_id) as session:
        made = await service.create(session, caller, services.encryption, body, None)
    response.headers["Location"] = f"/v1/notifications/channels/{made.id}"
    return made


@router.get("/v1/notifications/channels/{channel_id}", operation_id="get_channel")
async def get_channel(services: CurrentServices, workspace: CurrentWorkspace, channel_id: ChannelId) -> Channel:
    """A channel without its secrets."""
    async with services.database.tenant(workspace) as session:
        return service.describe(await service.find(session, channel_id, None))


@router.patch("/v1/notifications/channels/{channel_id}", operation_id="update_channel")
async def update_channel(
    services: CurrentServices, caller: CurrentCaller, channel_id: ChannelId, body: UpdateChannel
) -> Channel:
    """Change a channel; what is not sent stays."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.update(session, caller, services.encryption, channel_id, body)


@router.delete(
    "/v1/notifications/channels/{channel_id}", operation_id="delete_channel", status_code=status.HTTP_204_NO_CONTENT
)
async def delete_channel(services: CurrentServices, caller: CurrentCaller, channel_id: ChannelId) -> None:
    """Remove a channel."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete(session, caller, channel_id, None)


@router.post(
    "/v1/notifications/channels/{channel_id}/test",
    operation_id="test_channel",
    status_code=status.HTTP_202_ACCEPTED,
)
async def test_channel(services: CurrentServices, caller: CurrentCaller, channel_id: ChannelId) -> SentMessage:
    """Send a test message through a channel; a mail goes to the caller. The log tells what becomes of it."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.try_out(session, caller, channel_id, None)


@router.get("/v1/notifications/messages", operation_id="list_messages")
async def list_messages(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    message_status: Annotated[
        MessageStatus | None, Query(alias="status", description="Only those with this status.")
    ] = None,
    user_id: Annotated[UUID | None, Query(description="Only those to this person.")] = None,
    approval_id: Annotated[UUID | None, Query(description="Only those about this request.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> MessagePage:
    """The log: what was sent to whom, the newest first."""
    async with services.database.tenant(workspace) as session:
        return await service.list_messages(
            session, status=message_status, user_id=user_id, approval_id=approval_id, cursor=cursor, limit=limit
        )
