"""Conversations: begun, found, named, handed over, cleared, deleted."""

from datetime import datetime
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.agents.service import require_agent
from api.chat import models, repository
from api.chat.lookup import lock_any_session, lock_session, refuse_busy, require_session
from api.chat.models import SessionStatus
from api.chat.repository import Found
from api.chat.views import show_detail, show_messages, show_session
from api.errors import RequestError
from api.requests import decode_moment_cursor, encode_cursor
from api.workflows.lookup import refuse_archived, require_version
from db import audit, conversations
from db.approvals.principals import principals_of
from db.conversations import HandOver, touch
from db.effects import effects
from db.tables import ChatMessage, ChatSession
from schemas.approvals import Assignees
from schemas.errors import ErrorCode, PerdureError

MOST_EXPORTED = 10_000


async def create_session(session: AsyncSession, caller: Caller, body: models.CreateSession) -> models.ChatSessionDetail:
    """Begin a conversation with an agent.

    Raises:
        RequestError: `not_found`, `conflict` if the agent is archived.
    """
    agent = await require_agent(session, body.agent)
    refuse_archived(agent)
    if body.version is not None:
        await require_version(session, agent, body.version)
    row = ChatSession(
        workspace_id=caller.workspace_id,
        workflow_id=agent.id,
        version=body.version,
        title=body.title,
        owner_kind=caller.kind,
        owner_id=caller.id,
        owner_name=caller.name,
        context=body.context,
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    _record(session, caller, "chat_session.created", row, after={"agent": agent.slug})
    return await show_detail(session, (row, agent.slug), caller)


async def list_sessions(
    session: AsyncSession,
    caller: Caller,
    *,
    mine: bool,
    agent: str | None,
    status: SessionStatus | None,
    text: str | None,
    cursor: str | None,
    limit: int,
) -> models.ChatSessionPage:
    """A page of conversations."""
    rows = await repository.list_sessions(
        session,
        owner=(caller.kind, caller.id) if mine else None,
        agent=agent,
        status=status,
        text=text,
        before=None if cursor is None else decode_moment_cursor(cursor),
        limit=limit + 1,
    )
    more = _place(rows[limit - 1][0].updated_at, rows[limit - 1][0].id) if len(rows) > limit else None
    return models.ChatSessionPage(items=[show_session(row, caller) for row in rows[:limit]], next_cursor=more)


async def get_session(session: AsyncSession, caller: Caller, session_id: UUID) -> models.ChatSessionDetail:
    """A conversation.

    Raises:
        RequestError: `not_found`.
    """
    return await show_detail(session, await require_session(session, session_id), caller)


async def list_messages(
    session: AsyncSession, session_id: UUID, *, whole: bool, before: UUID | None, limit: int
) -> models.ChatMessagePage:
    """The latest messages of the branch that is shown, or of all of them.

    Raises:
        RequestError: `not_found`.
    """
    row = (await require_session(session, session_id))[0]
    limit_reached = None if before is None else await repository.find_message(session, session_id, before)
    if whole:
        seq = row.last_seq + 1 if limit_reached is None else limit_reached.message.seq
        found = await repository.messages_before(session, session_id, seq, limit + 1)
    else:
        last = row.head_id if limit_reached is None else limit_reached.message.parent_id
        found = await repository.branch(session, session_id, last, limit + 1)
    page = found[-limit:]
    more = page[0].message.id if len(found) > limit else None
    return models.ChatMessagePage(items=await show_messages(session, session_id, page), before=more)


async def rename_session(
    session: AsyncSession, caller: Caller, session_id: UUID, title: str
) -> models.ChatSessionDetail:
    """Give a conversation another title.

    Raises:
        RequestError: `not_found`, `forbidden`.
    """
    found = await lock_session(session, caller, session_id)
    before = {"title": found[0].title}
    found[0].title = title
    return await _changed(session, caller, found, "chat_session.renamed", before=before, after={"title": title})


async def choose_branch(
    session: AsyncSession, caller: Caller, session_id: UUID, message_id: UUID
) -> models.ChatSessionDetail:
    """Show another branch.

    Raises:
        RequestError: `not_found`, `forbidden`, `conflict` while the agent answers.
    """
    found = await lock_session(session, caller, session_id)
    await refuse_busy(session, found[0])
    if await repository.find_message(session, session_id, message_id) is None:
        raise RequestError(ErrorCode.NOT_FOUND, f"The conversation has no message '{message_id}'.")
    found[0].head_id = await repository.newest_below(session, session_id, message_id)
    after = {"head": str(found[0].head_id)}
    return await _changed(session, caller, found, "chat_session.branch_chosen", after=after)


async def hand_over(
    session: AsyncSession, caller: Caller, session_id: UUID, body: models.HandOver
) -> models.ChatSessionDetail:
    """Let people answer from now on.

    Raises:
        RequestError: `not_found`.
    """
    found = await lock_any_session(session, session_id)
    row, others = found[0], body.to is not None and body.to != caller.name
    principals = await _principals(session, str(body.to)) if others else []
    handed = HandOver(body.to or caller.name, body.note, principals, f"revision:{row.revision}")
    await conversations.hand_over(session, row, caller.actor, handed)
    return await _settled(session, caller, found)


async def hand_back(session: AsyncSession, caller: Caller, session_id: UUID) -> models.ChatSessionDetail:
    """Let the agent answer again.

    Raises:
        RequestError: `not_found`.
    """
    found = await lock_any_session(session, session_id)
    row = found[0]
    before = {"handler": row.handler}
    row.status, row.handler, row.handed_by, row.handed_note = SessionStatus.AGENT, None, None, None
    return await _changed(session, caller, found, "chat_session.handed_back", before=before)


async def clear_session(session: AsyncSession, caller: Caller, session_id: UUID) -> models.ChatSessionDetail:
    """Forget all messages; the runs that have answered stay.

    Raises:
        RequestError: `not_found`, `forbidden`, `conflict` while the agent answers.
    """
    found = await lock_session(session, caller, session_id)
    await refuse_busy(session, found[0])
    await session.execute(delete(ChatMessage).where(ChatMessage.session_id == session_id))
    found[0].head_id = None
    return await _changed(session, caller, found, "chat_session.cleared")


async def delete_session(session: AsyncSession, caller: Caller, session_id: UUID) -> None:
    """Forget a conversation; the runs that have answered stay.

    Raises:
        RequestError: `not_found`, `forbidden`, `conflict` while the agent answers.
    """
    found = await lock_session(session, caller, session_id)
    await refuse_busy(session, found[0])
    _record(session, caller, "chat_session.deleted", found[0], before={"agent": found[1], "title": found[0].title})
    await session.execute(delete(ChatSession).where(ChatSession.id == session_id))
    effects(session).runs.add(session_id)


async def _principals(session: AsyncSession, named: str) -> list[str]:
    """Who is meant; nobody if that is no member, and no group or role."""
    try:
        return await principals_of(session, Assignees.model_validate([named]))
    except (PerdureError, ValidationError):
        return []


async def _changed(
    session: AsyncSession,
    caller: Caller,
    found: Found,
    action: str,
    *,
    before: object = None,
    after: object = None,
) -> models.ChatSessionDetail:
    touch(session, found[0])
    _record(session, caller, action, found[0], before=before, after=after)
    return await _settled(session, caller, found)


async def _settled(session: AsyncSession, caller: Caller, found: Found) -> models.ChatSessionDetail:
    """A conversation as it is after a change."""
    await session.flush()
    await session.refresh(found[0])
    return await show_detail(session, found, caller)


def _record(
    session: AsyncSession, caller: Caller, action: str, row: ChatSession, *, before: object = None, after: object = None
) -> None:
    audit.record(session, caller.actor, action, ("chat_session", row.id), before=before, after=after)


def _place(at: datetime, identity: UUID) -> str:
    return encode_cursor(at.isoformat(), str(identity))
