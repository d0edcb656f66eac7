"""Documents of knowledge bases: put there, read, taken in again, deleted."""

import hashlib
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError, not_found
from api.knowledge import models, repository
from api.knowledge.bases import require_base
from api.requests import bad_cursor, decode_cursor, decode_moment_cursor, encode_cursor
from db import audit
from db.audit import Actor
from db.files import media_type_of, read_file
from db.tables import KnowledgeBase, KnowledgeDocument
from schemas.errors import ErrorCode, ErrorInfo
from schemas.knowledge import MAX_DOCUMENT_BYTES


async def put_document(
    session: AsyncSession, author: Actor, slug: str, body: models.PutDocument
) -> tuple[models.KnowledgeDocument, bool]:
    """Add a document, or give the one of this name other content; whether it is new.

    Raises:
        RequestError: `not_found`, `body_too_large`.
    """
    base = await require_base(session, slug, lock=True)
    content, media_type = await _content(session, body)
    row = await repository.document_named(session, base, body.name)
    created = row is None
    if row is None:
        row = KnowledgeDocument(
            workspace_id=author.workspace_id, base_id=base.id, name=body.name, created_by=author.name
        )
        session.add(row)
    digest = hashlib.sha256(content).hexdigest()
    if created or (row.content_hash, row.media_type) != (digest, media_type):
        row.content, row.content_hash, row.media_type, row.size = content, digest, media_type, len(content)
        _begin_again(row, 1 if created else row.revision + 1)
    row.metadata_ = body.metadata
    await _settle(session, row)
    action = "knowledge.document_added" if created else "knowledge.document_changed"
    after = {"name": row.name, "size": row.size, "revision": row.revision}
    audit.record(session, author, action, ("knowledge", base.slug), after=after)
    return shown(row), created


async def ingest_again(session: AsyncSession, author: Actor, slug: str, document_id: UUID) -> models.KnowledgeDocument:
    """Take a document in once more: after a failure, or with what can be read by now.

    Raises:
        RequestError: `not_found`.
    """
    base, row = await _required(session, slug, document_id, lock=True)
    _begin_again(row, row.revision + 1)
    await _settle(session, row)
    after = {"name": row.name, "revision": row.revision}
    audit.record(session, author, "knowledge.document_changed", ("knowledge", base.slug), after=after)
    return shown(row)


async def get_document(session: AsyncSession, slug: str, document_id: UUID) -> models.KnowledgeDocument:
    """A document.

    Raises:
        RequestError: `not_found`.
    """
    return shown((await _required(session, slug, document_id))[1])


async def list_documents(
    session: AsyncSession, slug: str, status: models.DocumentStatus | None, cursor: str | None, limit: int
) -> models.DocumentPage:
    """A page of documents.

    Raises:
        RequestError: `not_found`.
    """
    base = await require_base(session, slug)
    before = None if cursor is None else decode_moment_cursor(cursor)
    rows = await repository.list_documents(session, base, status, before, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    more = None if last is None else encode_cursor(last.created_at.isoformat(), str(last.id))
    return models.DocumentPage(items=[shown(row) for row in rows[:limit]], next_cursor=more)


async def list_chunks(
    session: AsyncSession, slug: str, document_id: UUID, cursor: str | None, limit: int
) -> models.ChunkPage:
    """A page of the pieces of a document.

    Raises:
        RequestError: `not_found`.
    """
    await _required(session, slug, document_id)
    after = -1 if cursor is None else _number(decode_cursor(cursor, 1)[0])
    rows = await repository.list_chunks(session, document_id, after, limit + 1)
    items = [
        models.Chunk(position=row.position, text=row.text, page=row.page, heading=row.heading, embedded=embedded)
        for row, embedded in rows[:limit]
    ]
    more = encode_cursor(str(items[-1].position)) if len(rows) > limit else None
    return models.ChunkPage(items=items, next_cursor=more)


async def delete_document(session: AsyncSession, author: Actor, slug: str, document_id: UUID) -> None:
    """Delete a document; it is found no more.

    Raises:
        RequestError: `not_found`.
    """
    base, row = await _required(session, slug, document_id, lock=True)
    before = {"name": row.name, "size": row.size}
    audit.record(session, author, "knowledge.document_deleted", ("knowledge", base.slug), before=before)
    repository.remove_vectors(session, base, row.id)
    await session.delete(row)


def shown(row: KnowledgeDocument) -> models.KnowledgeDocument:
    """A document as the API shows it."""
    return models.KnowledgeDocument(
        id=row.id,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        metadata=row.metadata_,
        status=models.DocumentStatus(row.status),
        error=None if row.error is None else ErrorInfo.model_validate(row.error),
        revision=row.revision,
        chunks=row.chunks,
        embedded=row.embedded,
        reused=row.reused,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _begin_again(row: KnowledgeDocument, revision: int) -> None:
    row.revision, row.status, row.error, row.dispatched_at = revision, "pending", None, None
    row.chunks = row.embedded = row.reused = 0


async def _settle(session: AsyncSession, row: KnowledgeDocument) -> None:
    row.updated_at = func.clock_timestamp()
    await session.flush()
    await session.refresh(row, ["id", "created_at", "updated_at"])


async def _content(session: AsyncSession, body: models.PutDocument) -> tuple[bytes, str]:
    if body.file is not None:
        file = await read_file(session, body.file)
        return file.data, body.media_type or file.media_type
    content = body.content if body.content is not None else (body.text or "").encode()
    if len(content) > MAX_DOCUMENT_BYTES:
        message = f"A document may have {MAX_DOCUMENT_BYTES:,} bytes; this one has {len(content):,}."
        raise RequestError(ErrorCode.BODY_TOO_LARGE, message)
    given = body.media_type or ("text/markdown" if body.text is not None and "." not in body.name else None)
    return content, media_type_of(body.name, given)


async def _required(
    session: AsyncSession, slug: str, document_id: UUID, *, lock: bool = False
) -> tuple[KnowledgeBase, KnowledgeDocument]:
    base = await require_base(session, slug)
    row = await repository.find_document(session, base, document_id, lock=lock)
    if row is None:
        raise not_found("document", document_id)
    return base, row


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise bad_cursor()
    return int(text)
