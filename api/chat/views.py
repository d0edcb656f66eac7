"""Rows of conversations as the API shows them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.access.permissions import Permission
from api.approvals.describing import describe
from api.chat import models, repository
from api.chat.history import words_of
from api.chat.positions import Position
from api.chat.repository import Found, StoredMessage
from db.tables import ChatSession
from schemas.errors import ErrorInfo
from schemas.messages import RunStatus


def is_owner(caller: Caller, row: ChatSession) -> bool:
    """Whether the caller has begun the conversation."""
    return (row.owner_kind, row.owner_id) == (caller.kind, caller.id)


def show_session(found: Found, caller: Caller) -> models.ChatSession:
    """A conversation."""
    row, agent = found
    return models.ChatSession(
        id=row.id,
        agent=agent,
        version=row.version,
        title=row.title,
        status=models.SessionStatus(row.status),
        handler=row.handler,
        handed_by=row.handed_by,
        handed_note=row.handed_note,
        owner=row.owner_name,
        mine=is_owner(caller, row),
        context=row.context,
        head_id=row.head_id,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def show_detail(session: AsyncSession, found: Found, caller: Caller) -> models.ChatSessionDetail:
    """A conversation with what is under way in it."""
    row = found[0]
    answering = await repository.running(session, row.id)
    run_id = None if answering is None else answering.message.run_id
    may_see = run_id is not None and caller.may(Permission.APPROVALS_READ)
    pending = await repository.pending_approvals(session, run_id) if may_see and run_id is not None else []
    told = row.last_seq if answering is None else answering.message.seq - 1
    return models.ChatSessionDetail(
        **show_session(found, caller).model_dump(),
        run_id=run_id,
        approvals=[describe(approval) for approval in pending],
        cursor=str(Position(row.revision, row.last_seq, told)),
    )


async def show_messages(
    session: AsyncSession, session_id: UUID, stored: Sequence[StoredMessage]
) -> list[models.ChatMessage]:
    """Messages with what else stands in their place."""
    parents = list(dict.fromkeys(one.message.parent_id for one in stored))
    beside = await repository.siblings(session, session_id, parents) if parents else {}
    return [_shown(one, beside.get(one.message.parent_id, [one.message.id])) for one in stored]


def _shown(stored: StoredMessage, siblings: list[UUID]) -> models.ChatMessage:
    message, run = stored.message, stored.run
    output = run.output if run is not None and isinstance(run.output, dict) else {}
    return models.ChatMessage(
        id=message.id,
        parent_id=message.parent_id,
        seq=message.seq,
        author=models.Author(message.author),
        author_name=message.author_name,
        content=list(words_of(stored).content),
        output=output.get("output"),
        run_id=message.run_id,
        status=RunStatus.COMPLETED if run is None else RunStatus(run.status),
        end=output.get("end"),
        error=None if run is None or run.error is None else ErrorInfo.model_validate(run.error),
        cost_usd=0.0 if run is None else float(run.cost_usd),
        tokens_in=0 if run is None else run.tokens_in,
        tokens_out=0 if run is None else run.tokens_out,
        siblings=siblings,
        created_at=message.created_at,
        ended_at=message.created_at if run is None else run.ended_at,
    )
