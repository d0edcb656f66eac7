"""Routes of conversations."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Response, status

from api.access.caller import CurrentCaller
from api.chat import export, models, sessions
from api.chat.lookup import require_session
from api.chat.repository import messages as all_messages
from api.chat.views import show_messages, show_session
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.runs.models import Slug
from api.services import CurrentServices

router = feature_router("chat")


async def _session_id(session_id: Annotated[str, Path(max_length=100, description="Id of the conversation.")]) -> UUID:
    return parse_id("chat session", session_id)


SessionId = Annotated[UUID, Depends(_session_id)]


@router.post("/v1/chat/sessions", operation_id="create_chat_session", status_code=status.HTTP_201_CREATED)
async def create_session(
    services: CurrentServices, caller: CurrentCaller, body: models.CreateSession, response: Response
) -> models.ChatSessionDetail:
    """Begin a conversation with an agent."""
    async with services.database.tenant(caller.workspace_id) as session:
        made = await sessions.create_session(session, caller, body)
    response.headers["Location"] = f"/v1/chat/sessions/{made.id}"
    return made


@router.get("/v1/chat/sessions", operation_id="list_chat_sessions")
async def list_sessions(
    services: CurrentServices,
    caller: CurrentCaller,
    mine: Annotated[bool, Query(description="Only those that the caller has begun.")] = True,
    agent: Annotated[Slug | None, Query(description="Only with this agent.")] = None,
    answered_by: Annotated[
        models.SessionStatus | None, Query(alias="status", description="Only those that are answered so.")
    ] = None,
    q: Annotated[str | None, Query(max_length=200, description="Text in the title.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> models.ChatSessionPage:
    """Conversations, the latest first."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await sessions.list_sessions(
            session, caller, mine=mine, agent=agent, status=answered_by, text=q, cursor=cursor, limit=limit
        )


@router.get("/v1/chat/sessions/{session_id}", operation_id="get_chat_session")
async def get_session(
    services: CurrentServices, caller: CurrentCaller, session_id: SessionId
) -> models.ChatSessionDetail:
    """A conversation, the run that answers now, and what it asks people."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await sessions.get_session(session, caller, session_id)


@router.patch("/v1/chat/sessions/{session_id}", operation_id="rename_chat_session")
async def rename_session(
    services: CurrentServices, caller: CurrentCaller, session_id: SessionId, body: models.RenameSession
) -> models.ChatSessionDetail:
    """Give a conversation another title."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await sessions.rename_session(session, caller, session_id, body.title)


@router.delete(
    "/v1/chat/sessions/{session_id}", operation_id="delete_chat_session", status_code=status.HTTP_204_NO_CONTENT
)
async def delete_session(services: CurrentServices, caller: CurrentCaller, session_id: SessionId) -> None:
    """Delete a conversation and its messages; the runs that have answered stay."""
    async with services.database.tenant(caller.workspace_id) as session:
        await sessions.delete_session(session, caller, session_id)


@router.post("/v1/chat/sessions/{session_id}/clear", operation_id="clear_chat_session")
async def clear_session(
    services: CurrentServices, caller: CurrentCaller, session_id: SessionId
) -> models.ChatSessionDetail:
    """Forget all messages of a conversation; the runs that have answered stay."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await sessions.clear_session(session, caller, session_id)


@router.put("/v1/chat/sessions/{session_id}/branch", operation_id="choose_chat_branch")
async def choose_branch(
    services: CurrentServices, caller: CurrentCaller, session_id: SessionId, body: models.ChooseBranch
) -> models.ChatSessionDetail:
    """Show the branch of a message, and go on from there."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await sessions.choose_branch(session, caller, session_id, body.message_id)


@router.post("/v1/chat/sessions/{session_id}/hand-over", operation_id="hand_over_chat")
async def hand_over(
    services: CurrentServices, caller: CurrentCaller, session_id: SessionId, body: models.HandOver
) -> models.ChatSessionDetail:
    """Let people answer in place of the agent, until it is handed back."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await sessions.hand_over(session, caller, session_id, body)


@router.post("/v1/chat/sessions/{session_id}/hand-back", operation_id="hand_back_chat")
async def hand_back(
    services: CurrentServices, caller: CurrentCaller, session_id: SessionId
) -> models.ChatSessionDetail:
    """Let the agent answer again."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await sessions.hand_back(session, caller, session_id)


@router.get(
    "/v1/chat/sessions/{session_id}/export",
    operation_id="export_chat_session",
    response_class=Response,
    responses={
        200: {
            "description": "The conversation.",
            "content": {
                "application/json": {"schema": {"type": "object", "description": "`session` and `messages`."}},
                "text/markdown": {"schema": {"type": "string"}},
            },
        }
    },
)
async def export_session(
    services: CurrentServices,
    caller: CurrentCaller,
    session_id: SessionId,
    export_format: Annotated[
        export.ChatFormat, Query(alias="format", description="JSON has every branch, Markdown the one that is shown.")
    ] = export.ChatFormat.JSON,
) -> Response:
    """A conversation as a file."""
    async with services.database.tenant(caller.workspace_id) as session:
        found = await require_session(session, session_id)
        shown = show_session(found, caller)
        if export_format is export.ChatFormat.JSON:
            stored = await all_messages(session, session_id, 0, sessions.MOST_EXPORTED)
            written = export.as_json(shown, await show_messages(session, session_id, stored))
        else:
            page = await sessions.list_messages(
                session, session_id, whole=False, before=None, limit=sessions.MOST_EXPORTED
            )
            written = export.as_markdown(shown, page.items)
    as_json = export_format is export.ChatFormat.JSON
    return Response(
        written,
        media_type="application/json" if as_json else "text/markdown; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="chat-{session_id}.{"json" if as_json else "md"}"'},
    )
