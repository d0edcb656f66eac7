"""Knowledge bases: made, named, deleted, searched."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.asking_workers import Question, ask_worker
from api.errors import RequestError, not_found
from api.knowledge import models, repository
from api.requests import decode_cursor, encode_cursor
from api.services import Services
from api.workflows.documents import slug_of
from db import audit
from db.audit import Actor
from db.tables import KnowledgeBase
from schemas.errors import ErrorCode
from schemas.knowledge import SEARCH_KNOWLEDGE, Found, KnowledgeQuery, Passage

PATIENCE: Final = timedelta(seconds=30)

PASSED_ON: Final = (
    ErrorCode.NOT_FOUND,
    ErrorCode.INVALID_CONFIG,
    ErrorCode.MISSING_CREDENTIAL,
    ErrorCode.QUOTA_EXCEEDED,
)
"""What a caller can do something about; any other failure of a search is one of the servers behind it."""


async def create_base(session: AsyncSession, author: Actor, body: models.CreateKnowledgeBase) -> models.KnowledgeBase:
    """Make a knowledge base.

    Raises:
        RequestError: `conflict` if the slug is taken.
    """
    slug = body.slug or slug_of(body.name)
    values = {**body.model_dump(exclude={"slug"}), "slug": slug, "workspace_id": author.workspace_id}
    row = insert(KnowledgeBase).values(created_by=author.name, **values).on_conflict_do_nothing()
    made = (await session.scalars(row.returning(KnowledgeBase))).one_or_none()
    if made is None:
        message = f"There is a knowledge base {slug!r} already; choose another slug."
        raise RequestError(ErrorCode.CONFLICT, message, details={"slug": slug})
    after = {"name": body.name, "model": body.model}
    audit.record(session, author, "knowledge.created", ("knowledge", slug), after=after)
    return _shown(made, None)


async def list_bases(session: AsyncSession, cursor: str | None, limit: int) -> models.KnowledgeBaseList:
    """A page of knowledge bases."""
    after = None if cursor is None else decode_cursor(cursor, 1)[0]
    rows = await repository.list_bases(session, after, limit + 1)
    counts = await repository.counts(session, [row.id for row in rows])
    more = encode_cursor(rows[limit - 1].slug) if len(rows) > limit else None
    return models.KnowledgeBaseList(items=[_shown(row, counts.get(row.id)) for row in rows[:limit]], next_cursor=more)


async def get_base(session: AsyncSession, slug: str) -> models.KnowledgeBase:
    """A knowledge base.

    Raises:
        RequestError: `not_found`.
    """
    row = await require_base(session, slug)
    return _shown(row, (await repository.counts(session, [row.id])).get(row.id))


async def update_base(
    session: AsyncSession, author: Actor, slug: str, body: models.UpdateKnowledgeBase
) -> models.KnowledgeBase:
    """Name and describe a knowledge base.

    Raises:
        RequestError: `not_found`.
    """
    row = await require_base(session, slug, lock=True)
    before = {"name": row.name, "description": row.description}
    row.name, row.description = body.name or row.name, body.description or row.description
    after = {"name": row.name, "description": row.description}
    audit.record(session, author, "knowledge.updated", ("knowledge", slug), before=before, after=after)
    return await get_base(session, slug)


async def delete_base(session: AsyncSession, author: Actor, slug: str) -> None:
    """Delete a knowledge base with all its documents.

    Raises:
        RequestError: `not_found`.
    """
    row = await require_base(session, slug, lock=True)
    counts = (await repository.counts(session, [row.id])).get(row.id, (0, 0, 0))
    before = {"name": row.name, "documents": counts[0]}
    audit.record(session, author, "knowledge.deleted", ("knowledge", slug), before=before)
    repository.remove_vectors(session, row, None)
    await session.delete(row)


async def search(services: Services, workspace_id: UUID, slug: str, body: models.SearchKnowledge) -> list[Passage]:
    """Passages for a query; a worker looks, for models are asked and vectors kept nowhere else.

    Raises:
        RequestError: `not_found`, `invalid_config`, `missing_credential`, `quota_exceeded`, `unavailable`.
    """
    async with services.database.tenant(workspace_id) as session:
        await require_base(session, slug)
    query = KnowledgeQuery(workspace_id=str(workspace_id), knowledge=(slug,), **body.model_dump())
    silence = "No worker has searched in time; try again."
    found = await ask_worker(services, Question(SEARCH_KNOWLEDGE, query, PATIENCE, silence), Found, _refused)
    return list(found.passages)


async def require_base(session: AsyncSession, slug: str, *, lock: bool = False) -> KnowledgeBase:
    """The row of a knowledge base.

    Raises:
        RequestError: `not_found`.
    """
    row = await repository.find_base(session, slug, lock=lock)
    if row is None:
        raise not_found("knowledge base", slug)
    return row


def _shown(row: KnowledgeBase, counts: repository.Counts | None) -> models.KnowledgeBase:
    documents, ready, chunks = counts or (0, 0, 0)
    return models.KnowledgeBase(
        slug=row.slug,
        name=row.name,
        description=row.description,
        model=row.model,
        dimensions=row.dimensions,
        chunk_chars=row.chunk_chars,
        overlap_chars=row.overlap_chars,
        documents=documents,
        ready=ready,
        chunks=chunks,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _refused(code: ErrorCode, said: str) -> RequestError:
    return RequestError(code if code in PASSED_ON else ErrorCode.UNAVAILABLE, said)
