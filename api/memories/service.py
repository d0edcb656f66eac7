"""Facts in memories: found, kept, corrected, forgotten. What an agent is told next is what stands here."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError, not_found
from api.memories import models
from api.requests import decode_moment_cursor, encode_cursor
from db import audit
from db.audit import Actor
from db.tables import AgentMemory
from schemas.errors import ErrorCode
from schemas.facts import fact_hash


async def list_memories(
    session: AsyncSession, *, scope: str | None, subject: str | None, text: str | None, cursor: str | None, limit: int
) -> models.MemoryPage:
    """A page of facts."""
    before = None if cursor is None else decode_moment_cursor(cursor)
    rows = await _rows(session, scope, subject, text, before, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    more = None if last is None else encode_cursor(last.created_at.isoformat(), str(last.id))
    return models.MemoryPage(items=[_shown(row) for row in rows[:limit]], next_cursor=more)


async def create_memory(session: AsyncSession, author: Actor, body: models.CreateMemory) -> models.Memory:
    """Keep a fact; it is found by its words at once, by its meaning when the agent has used it.

    Raises:
        RequestError: `conflict` if it is known already.
    """
    row = insert(AgentMemory).values(
        workspace_id=author.workspace_id,
        scope=body.memory,
        subject=body.subject,
        text=body.text,
        hash=fact_hash(body.text),
        source={"person": author.name},
        expires_at=body.expires_at,
        created_by=author.name,
    )
    made = (await session.scalars(row.on_conflict_do_nothing().returning(AgentMemory))).one_or_none()
    if made is None:
        raise RequestError(ErrorCode.CONFLICT, "This fact is known already.")
    audit.record(session, author, "memory.created", ("memory", made.id), after={"memory": body.memory})
    return _shown(made)


async def change_memory(
    session: AsyncSession, author: Actor, memory_id: UUID, body: models.ChangeMemory
) -> models.Memory:
    """Correct a fact.

    Raises:
        RequestError: `not_found`, `conflict` if the same is known already.
    """
    row = await _required(session, memory_id)
    if row.text != body.text:
        row.text, row.hash, row.embedding = body.text, fact_hash(body.text), None
    row.expires_at = body.expires_at
    row.updated_at = func.clock_timestamp()
    try:
        await session.flush()
    except IntegrityError as error:
        raise RequestError(ErrorCode.CONFLICT, "This fact is known already.") from error
    await session.refresh(row, ["updated_at"])
    audit.record(session, author, "memory.changed", ("memory", memory_id), after={"memory": row.scope})
    return _shown(row)


async def delete_memory(session: AsyncSession, author: Actor, memory_id: UUID) -> None:
    """Forget a fact.

    Raises:
        RequestError: `not_found`.
    """
    row = await _required(session, memory_id)
    audit.record(session, author, "memory.deleted", ("memory", memory_id), before={"memory": row.scope})
    await session.delete(row)


async def erase_memories(session: AsyncSession, author: Actor, body: models.EraseMemories) -> models.Erased:
    """Forget all that is known about somebody; how much that was."""
    gone = delete(AgentMemory).where(AgentMemory.subject == body.subject)
    if body.memory is not None:
        gone = gone.where(AgentMemory.scope == body.memory)
    count = len((await session.scalars(gone.returning(AgentMemory.id))).all())
    # Not whom: the audit log would keep what was to be forgotten.
    audit.record(session, author, "memory.erased", ("memory", body.memory or "*"), after={"count": count})
    return models.Erased(count=count)


async def _rows(
    session: AsyncSession,
    scope: str | None,
    subject: str | None,
    text: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[AgentMemory]:
    order = (AgentMemory.created_at, AgentMemory.id)
    now = func.clock_timestamp()
    query = select(AgentMemory).where(or_(AgentMemory.expires_at.is_(None), AgentMemory.expires_at > now))
    if scope is not None:
        query = query.where(AgentMemory.scope == scope)
    if subject is not None:
        query = query.where(AgentMemory.subject == subject)
    if text is not None:
        query = query.where(func.lower(AgentMemory.text).contains(text.lower(), autoescape=True))
    if before is not None:
        query = query.where(tuple_(*order) < before)
    return list(await session.scalars(query.order_by(*(column.desc() for column in order)).limit(limit)))


async def _required(session: AsyncSession, memory_id: UUID) -> AgentMemory:
    query = select(AgentMemory).where(AgentMemory.id == memory_id).with_for_update()
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise not_found("memory", memory_id)
    return row


def _shown(row: AgentMemory) -> models.Memory:
    return models.Memory(
        id=row.id,
        memory=row.scope,
        subject=row.subject,
        text=row.text,
        source=row.source,
        expires_at=row.expires_at,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
