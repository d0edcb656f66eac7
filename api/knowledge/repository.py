"""Queries on knowledge bases."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import KnowledgeBase, KnowledgeChunk, KnowledgeDocument, KnowledgeRemoval

Counts = tuple[int, int, int]
"""Documents, those of them that are ready, pieces."""


async def find_base(session: AsyncSession, slug: str, *, lock: bool = False) -> KnowledgeBase | None:
    """A knowledge base; locked against other writers if asked for."""
    query = select(KnowledgeBase).where(KnowledgeBase.slug == slug)
    return (await session.scalars(query.with_for_update(key_share=True) if lock else query)).one_or_none()


def remove_vectors(session: AsyncSession, base: KnowledgeBase, document_id: UUID | None) -> None:
    """Promise that no index holds the vectors of a document, or of the whole base, any longer."""
    what = {"base_id": base.id, "document_id": document_id, "dimensions": base.dimensions}
    session.add(KnowledgeRemoval(workspace_id=base.workspace_id, **what))


async def list_bases(session: AsyncSession, after: str | None, limit: int) -> Sequence[KnowledgeBase]:
    """Knowledge bases by slug."""
    query = select(KnowledgeBase).order_by(KnowledgeBase.slug).limit(limit)
    return (await session.scalars(query if after is None else query.where(KnowledgeBase.slug > after))).all()


async def counts(session: AsyncSession, bases: Sequence[UUID]) -> dict[UUID, Counts]:
    """How much is in each base."""
    ready = func.count().filter(KnowledgeDocument.status == "ready")
    query = select(KnowledgeDocument.base_id, func.count(), ready, func.sum(KnowledgeDocument.chunks))
    rows = await session.execute(query.where(KnowledgeDocument.base_id.in_(bases)).group_by(KnowledgeDocument.base_id))
    return {row[0]: (row[1], row[2], int(row[3])) for row in rows}


async def find_document(
    session: AsyncSession, base: KnowledgeBase, document_id: UUID, *, lock: bool = False
) -> KnowledgeDocument | None:
    """A document of a base."""
    query = select(KnowledgeDocument).where(KnowledgeDocument.base_id == base.id, KnowledgeDocument.id == document_id)
    return (await session.scalars(query.with_for_update() if lock else query)).one_or_none()


async def document_named(session: AsyncSession, base: KnowledgeBase, name: str) -> KnowledgeDocument | None:
    """A document, by its name, locked against other writers."""
    query = select(KnowledgeDocument).where(KnowledgeDocument.base_id == base.id, KnowledgeDocument.name == name)
    return (await session.scalars(query.with_for_update())).one_or_none()


async def list_documents(
    session: AsyncSession, base: KnowledgeBase, status: str | None, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[KnowledgeDocument]:
    """Documents, the newest first."""
    order = (KnowledgeDocument.created_at, KnowledgeDocument.id)
    query = select(KnowledgeDocument).where(KnowledgeDocument.base_id == base.id)
    if status is not None:
        query = query.where(KnowledgeDocument.status == status)
    if before is not None:
        query = query.where(tuple_(*order) < before)
    return (await session.scalars(query.order_by(*(column.desc() for column in order)).limit(limit))).all()


async def list_chunks(
    session: AsyncSession, document_id: UUID, after: int, limit: int
) -> Sequence[tuple[KnowledgeChunk, bool]]:
    """Pieces of the present content, and whether they have a vector."""
    revision = select(KnowledgeDocument.revision).where(KnowledgeDocument.id == document_id).scalar_subquery()
    query = (
        select(KnowledgeChunk, KnowledgeChunk.embedding.is_not(None))
        .where(
            KnowledgeChunk.document_id == document_id,
            KnowledgeChunk.revision == revision,
            KnowledgeChunk.position > after,
        )
        .order_by(KnowledgeChunk.position)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]
