"""Routes of the messages of conversations, and of the stream of all that happens."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.chat import models, sessions, turns
from api.chat.lookup import require_session
from api.chat.positions import Position
from api.chat.router import SessionId
from api.chat.stream import stream_session
from api.requests import IdempotencyKey, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("chat")

_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events `message` (ChatMessage), `session` (ChatSession), `delta`, `superseded`, `turn`, "
        "`tool`, `approval`, `run` (ChatRunEvent: an event of the run that answers) and `done` (ChatMessage: the "
        "whole answer). Closing the stream cancels nothing.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


async def _message_id(message_id: Annotated[str, Path(max_length=100, description="Id of the message.")]) -> UUID:
    return parse_id("chat message", message_id)


MessageId = Annotated[UUID, Depends(_message_id)]


@router.get("/v1/chat/sessions/{session_id}/messages", operation_id="list_chat_messages")
async def list_messages(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    session_id: SessionId,
    whole: Annotated[bool, Query(alias="all", description="Messages of every branch.")] = False,
    before: Annotated[UUID | None, Query(description="Only messages before this one.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> models.ChatMessagePage:
    """The latest messages of the branch that is shown."""
    async with services.database.tenant(workspace) as session:
        return await sessions.list_messages(session, session_id, whole=whole, before=before, limit=limit)


@router.post(
    "/v1/chat/sessions/{session_id}/messages",
    operation_id="send_chat_message",
    status_code=status.HTTP_201_CREATED,
)
async def send_message(
    services: CurrentServices,
    caller: CurrentCaller,
    session_id: SessionId,
    body: models.SendMessage,
    idempotency_key: IdempotencyKey = None,
) -> models.Sent:
    """Say something; the agent's answer is a run that begins at once, unless people answer."""
    return await turns.send_message(services, caller, session_id, body, idempotency_key)


@router.post(
    "/v1/chat/sessions/{session_id}/messages/{message_id}/edit",
    operation_id="edit_chat_message",
    status_code=status.HTTP_201_CREATED,
)
async def edit_message(
    services: CurrentServices,
    caller: CurrentCaller,
    session_id: SessionId,
    message_id: MessageId,
    body: models.EditMessage,
    idempotency_key: IdempotencyKey = None,
) -> models.Sent:
    """Say something else instead; both branches stay, and the conversation goes on from the new one."""
    return await turns.edit_message(services, caller, session_id, message_id, body, idempotency_key)


@router.post(
    "/v1/chat/sessions/{session_id}/messages/{message_id}/regenerate",
    operation_id="regenerate_chat_message",
    status_code=status.HTTP_201_CREATED,
)
async def regenerate(
    services: CurrentServices,
    caller: CurrentCaller,
    session_id: SessionId,
    message_id: MessageId,
    idempotency_key: IdempotencyKey = None,
) -> models.Sent:
    """Let the agent answer once more; both answers stay."""
    return await turns.regenerate(services, caller, session_id, message_id, idempotency_key)


@router.get(
    "/v1/chat/sessions/{session_id}/events",
    operation_id="stream_chat_session",
    response_class=Response,
    responses=_STREAM,
)
async def stream_events(
    services: CurrentServices,
    caller: CurrentCaller,
    session_id: SessionId,
    after: Annotated[
        str | None, Query(max_length=100, description="`cursor` of the conversation; by default all is told.")
    ] = None,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", max_length=100, description="Goes before `after`.")
    ] = None,
) -> Any:
    """A conversation as it happens, as server-sent events, until the reader leaves."""
    async with services.database.tenant(caller.workspace_id) as session:
        await require_session(session, session_id)
    place = last_event_id or after
    position = Position(0, 0, 0) if place is None else Position.parse(place)
    return stream_session(services, caller, session_id, position)
