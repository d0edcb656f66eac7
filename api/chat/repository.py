"""Queries on conversations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, false, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, defer

from db.tables import Approval, ChatMessage, ChatSession, Run, Workflow
from schemas.messages import UNFINISHED

DEEPEST: Final = 8
"""Levels of child runs whose requests to people belong to the conversation."""

Found = tuple[ChatSession, str]
"""A session with the slug of its agent."""


@dataclass(frozen=True)
class StoredMessage:
    """A message with its run."""

    message: ChatMessage
    run: Run | None


async def find_session(session: AsyncSession, session_id: UUID, *, lock: bool = False) -> Found | None:
    """A session; locked against other writers until the transaction ends if asked for."""
    query = _sessions().where(ChatSession.id == session_id)
    if lock:
        query = query.with_for_update(of=ChatSession).execution_options(populate_existing=True)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def list_sessions(
    session: AsyncSession,
    *,
    owner: tuple[str, UUID | None] | None,
    agent: str | None,
    status: str | None,
    text: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Found]:
    """Sessions, the latest first.

    Args:
        session: A tenant's session.
        owner: Kind and id of who must have begun them.
        agent: Slug of their agent.
        status: Who answers.
        text: What their title must hold.
        before: Where the page before ended.
        limit: How many at most.
    """
    query = _sessions().order_by(ChatSession.updated_at.desc(), ChatSession.id.desc()).limit(limit)
    if owner is not None:
        query = query.where(ChatSession.owner_kind == owner[0], ChatSession.owner_id.is_not_distinct_from(owner[1]))
    if agent is not None:
        query = query.where(Workflow.slug == agent)
    if status is not None:
        query = query.where(ChatSession.status == status)
    if text is not None:
        query = query.where(func.lower(ChatSession.title).contains(text.lower(), autoescape=True))
    if before is not None:
        query = query.where(tuple_(ChatSession.updated_at, ChatSession.id) < before)
    return [(row[0], row[1]) for row in await session.execute(query)]


async def branch(session: AsyncSession, session_id: UUID, last: UUID | None, limit: int) -> list[StoredMessage]:
    """The latest messages of the branch that ends with `last`, the oldest first."""
    if last is None:
        return []
    step = (
        select(ChatMessage.id, ChatMessage.parent_id, literal(1).label("place"))
        .where(ChatMessage.session_id == session_id, ChatMessage.id == last)
        .cte("branch", recursive=True)
    )
    above = aliased(ChatMessage)
    step = step.union_all(
        select(above.id, above.parent_id, step.c.place + 1).where(
            above.session_id == session_id, above.id == step.c.parent_id, step.c.place < limit
        )
    )
    query = _messages().join(step, step.c.id == ChatMessage.id).order_by(step.c.place.desc())
    return [StoredMessage(row[0], row[1]) for row in await session.execute(query)]


async def messages(session: AsyncSession, session_id: UUID, after: int, limit: int) -> list[StoredMessage]:
    """Messages of every branch in the order of writing."""
    query = _messages().where(ChatMessage.session_id == session_id, ChatMessage.seq > after)
    rows = await session.execute(query.order_by(ChatMessage.seq).limit(limit))
    return [StoredMessage(row[0], row[1]) for row in rows]


async def messages_before(session: AsyncSession, session_id: UUID, before: int, limit: int) -> list[StoredMessage]:
    """The latest messages of every branch before a number, the oldest first."""
    query = _messages().where(ChatMessage.session_id == session_id, ChatMessage.seq < before)
    rows = await session.execute(query.order_by(ChatMessage.seq.desc()).limit(limit))
    return [StoredMessage(row[0], row[1]) for row in rows][::-1]


async def find_message(session: AsyncSession, session_id: UUID, message_id: UUID) -> StoredMessage | None:
    """One message."""
    query = _messages().where(ChatMessage.session_id == session_id, ChatMessage.id == message_id)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else StoredMessage(row[0], row[1])


async def message_of_key(session: AsyncSession, session_id: UUID, key: str) -> StoredMessage | None:
    """The first message that was written under an idempotency key."""
    query = _messages().where(ChatMessage.session_id == session_id, ChatMessage.idempotency_key == key)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else StoredMessage(row[0], row[1])


async def first_answer(session: AsyncSession, session_id: UUID, message_id: UUID) -> StoredMessage | None:
    """What the agent answered first."""
    query = _messages().where(
        ChatMessage.session_id == session_id, ChatMessage.parent_id == message_id, ChatMessage.author == "agent"
    )
    row = (await session.execute(query.order_by(ChatMessage.seq).limit(1))).one_or_none()
    return None if row is None else StoredMessage(row[0], row[1])


async def newest_below(session: AsyncSession, session_id: UUID, message_id: UUID) -> UUID:
    """The latest continuation of a message, at its end; itself if there is none."""
    step = (
        select(ChatMessage.id, ChatMessage.seq)
        .where(ChatMessage.session_id == session_id, ChatMessage.id == message_id)
        .cte("below", recursive=True)
    )
    child = aliased(ChatMessage)
    step = step.union_all(
        select(child.id, child.seq).where(child.session_id == session_id, child.parent_id == step.c.id)
    )
    # The latest message below has no continuation of its own: that would be later still.
    found: UUID = (await session.scalars(select(step.c.id).order_by(step.c.seq.desc()).limit(1))).one()
    return found


async def siblings(
    session: AsyncSession, session_id: UUID, parents: Sequence[UUID | None]
) -> dict[UUID | None, list[UUID]]:
    """Messages below each parent, the oldest first."""
    named = [parent for parent in parents if parent is not None]
    root = ChatMessage.parent_id.is_(None) if len(named) < len(parents) else false()
    below = or_(ChatMessage.parent_id.in_(named), root)
    query = select(ChatMessage.parent_id, ChatMessage.id).where(ChatMessage.session_id == session_id, below)
    found: dict[UUID | None, list[UUID]] = {}
    for parent, child in await session.execute(query.order_by(ChatMessage.seq)):
        found.setdefault(parent, []).append(child)
    return found


async def running(session: AsyncSession, session_id: UUID) -> StoredMessage | None:
    """The answer that is under way."""
    query = _messages().where(ChatMessage.session_id == session_id, Run.status.in_(UNFINISHED))
    row = (await session.execute(query.order_by(ChatMessage.seq.desc()).limit(1))).one_or_none()
    return None if row is None else StoredMessage(row[0], row[1])


async def pending_approvals(session: AsyncSession, run_id: UUID) -> list[Approval]:
    """Open requests of a run and of the runs below it."""
    level = select(Run.id, literal(0).label("depth")).where(Run.id == run_id).cte("tree", recursive=True)
    child = aliased(Run)
    level = level.union_all(
        select(child.id, level.c.depth + 1).where(child.parent_run_id == level.c.id, level.c.depth < DEEPEST)
    )
    query = select(Approval).where(Approval.run_id.in_(select(level.c.id)), Approval.status == "pending")
    return list(await session.scalars(query.order_by(Approval.created_at)))


def _sessions() -> "Select[ChatSession, str]":
    return select(ChatSession, Workflow.slug).join(Workflow, ChatSession.workflow_id == Workflow.id)


def _messages() -> Any:
    return (
        select(ChatMessage, Run)
        .outerjoin(Run, Run.id == ChatMessage.run_id)
        .options(defer(Run.input), defer(Run.snapshot), defer(Run.pinned))
    )
