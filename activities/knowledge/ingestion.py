"""The activities that take documents in; each may be repeated, and goes on where the one before was."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer
from temporalio import activity

from activities.failures import to_application_error
from activities.heartbeat import heartbeats
from activities.knowledge.asking import of_workspace
from activities.knowledge.chunking import Piece, pieces
from activities.knowledge.extraction import extract
from activities.knowledge.index import Shelf, Text, Vector, VectorIndex
from activities.knowledge.search import Searcher
from activities.knowledge.vectors import packed, unpacked
from activities.llm.embedding import Embedded
from db.session import Database
from db.tables import KnowledgeBase, KnowledgeChunk, KnowledgeDocument, KnowledgeRemoval, UsageEntry
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.knowledge import (
    REMOVE_VECTORS,
    SEARCH_KNOWLEDGE,
    DocumentFailure,
    DocumentOrder,
    EmbeddedBatch,
    Extracted,
    Found,
    KnowledgeQuery,
    RemovalOrder,
)

if TYPE_CHECKING:
    from activities.step import Services

BATCH: Final = 64
"""Pieces that are turned into vectors and committed together."""
_ROWS: Final = 1_000


class KnowledgeServices:
    """The activities.

    Args:
        database: Where documents and texts are.
        services: How models are asked.
        index: Where vectors are searched.
    """

    def __init__(self, database: Database, services: "Services", index: VectorIndex) -> None:
        self._database = database
        self._services = services
        self._index = index
        self._searcher = Searcher(database, index)

    @activity.defn(name="extract_document")
    async def extract_document(self, order: DocumentOrder) -> Extracted:
        """Read a document and write down its pieces; those that it had before keep their vectors."""
        try:
            async with heartbeats():
                return await self._extract(order)
        except Exception as error:
            raise to_application_error(error) from None

    @activity.defn(name="embed_chunks")
    async def embed_chunks(self, order: DocumentOrder) -> EmbeddedBatch:
        """Turn the next pieces that have no vector into vectors."""
        try:
            async with heartbeats():
                return await self._embed(order)
        except Exception as error:
            raise to_application_error(error) from None

    @activity.defn(name="finish_document")
    async def finish_document(self, order: DocumentOrder) -> None:
        """Forget the pieces that the document has no more."""
        try:
            async with heartbeats():
                await self._finish(order)
        except Exception as error:
            raise to_application_error(error) from None

    @activity.defn(name="fail_document")
    async def fail_document(self, failure: DocumentFailure) -> None:
        """Write down why a document cannot be taken in; what it had before stays."""
        known = {code.value for code in ErrorCode}
        code = ErrorCode(failure.code) if failure.code in known else ErrorCode.INTERNAL
        error = ErrorInfo(code=code, message=failure.message).model_dump(mode="json")
        async with self._database.tenant(failure.workspace_id) as session:
            await session.execute(_current(failure).values(status="failed", error=error))

    @activity.defn(name=SEARCH_KNOWLEDGE)
    async def search_knowledge(self, query: KnowledgeQuery) -> Found:
        """A search that is no step."""
        try:
            embed = of_workspace(self._services, query.workspace_id, f"search/{activity.info().workflow_run_id}")
            found = await self._searcher.search(query, embed)
            if found.tokens_in or found.cost_usd:
                async with self._database.tenant(query.workspace_id) as session:
                    session.add(_usage(query.workspace_id, found.tokens_in, found.cost_usd))
        except Exception as error:
            raise to_application_error(error) from None
        return found

    @activity.defn(name=REMOVE_VECTORS)
    async def remove_vectors(self, order: RemovalOrder) -> None:
        """Forget the vectors of a document or a base that is deleted."""
        try:
            async with heartbeats():
                shelf = Shelf(UUID(order.workspace_id), UUID(order.base_id), order.dimensions)
                if order.document_id is None:
                    await self._index.drop(shelf)
                else:
                    await self._index.remove_document(shelf, UUID(order.document_id))
                async with self._database.tenant(order.workspace_id) as session:
                    await session.execute(delete(KnowledgeRemoval).where(KnowledgeRemoval.id == UUID(order.removal_id)))
        except Exception as error:
            raise to_application_error(error) from None

    async def _extract(self, order: DocumentOrder) -> Extracted:
        async with self._database.tenant(order.workspace_id) as session:
            found = await _read(session, order)
        if found is None:
            return _outdated(order)
        document, base = found
        cut = await asyncio.to_thread(_cut, document, base)
        if not cut:
            raise PerdureError(ErrorCode.INVALID_INPUT, f"There is no text in {document.name[:200]!r}.")
        async with self._database.tenant(order.workspace_id) as session:
            first = await _numbers(session, base, len(cut))
            if not await _locked(session, order):
                return _outdated(order)
            reused = await _write(session, document, order, cut, first)
            missing = await _missing(session, order)
            values = {"status": "running", "error": None, "chunks": len(cut), "embedded": len(cut) - missing}
            await session.execute(_current(order).values(**values, reused=reused))
        await self._put_texts(order, Shelf(base.workspace_id, base.id, base.dimensions))
        return Extracted(workspace_id=order.workspace_id, chunks=len(cut), missing=missing)

    async def _put_texts(self, order: DocumentOrder, shelf: Shelf) -> None:
        """All that have no vector yet: a try before this one may have died before it came here."""
        after = -1
        while self._index.takes_texts:
            async with self._database.tenant(order.workspace_id) as session:
                rows = await _unembedded(session, order, after, _ROWS)
            if not rows:
                return
            await self._index.put_texts(shelf, [Text(row.id, row.document_id, row.text) for row in rows])
            after = rows[-1].position

    async def _embed(self, order: DocumentOrder) -> EmbeddedBatch:
        async with self._database.tenant(order.workspace_id) as session:
            base = await _base(session, order)
            rows = [] if base is None else await _unembedded(session, order, -1, BATCH)
        if base is None or not rows:
            return EmbeddedBatch(workspace_id=order.workspace_id, done=0, left=0)
        key = f"{order.document_id}/{rows[0].id}"
        await self._index.check()
        embed = of_workspace(self._services, order.workspace_id, key)
        made = await embed(tuple(row.text for row in rows), base.model, base.dimensions)
        async with self._database.tenant(order.workspace_id) as session:
            session.add(_usage(order.workspace_id, made.tokens_in, made.cost_usd))
        vectors = [
            Vector(row.id, row.document_id, packed(vector)) for row, vector in zip(rows, made.vectors, strict=True)
        ]
        shelf = Shelf(base.workspace_id, base.id, _dimensions(base, made))
        # First the server, then the database: if we die in between, the same pieces come once more.
        await self._index.put(shelf, vectors)
        async with self._database.tenant(order.workspace_id) as session:
            await _store(session, base, vectors)
            left = await _missing(session, order)
            await session.execute(_current(order).values(embedded=KnowledgeDocument.chunks - left))
        return EmbeddedBatch(workspace_id=order.workspace_id, done=len(rows), left=left)

    async def _finish(self, order: DocumentOrder) -> None:
        async with self._database.tenant(order.workspace_id) as session:
            # Newer content waits until this is done: it may have pieces that are taken for gone here.
            base = await _base(session, order) if await _locked(session, order) else None
            if base is None:
                return
            old = delete(KnowledgeChunk).where(*_of(order), KnowledgeChunk.revision < order.revision)
            gone = list(await session.scalars(old.returning(KnowledgeChunk.id)))
            await self._index.remove(Shelf(base.workspace_id, base.id, base.dimensions), gone)
            done = {"status": "ready", "embedded": KnowledgeDocument.chunks, "updated_at": func.clock_timestamp()}
            await session.execute(_current(order).values(**done))


def _outdated(order: DocumentOrder) -> Extracted:
    return Extracted(workspace_id=order.workspace_id, chunks=0, missing=0, outdated=True)


def _cut(document: KnowledgeDocument, base: KnowledgeBase) -> list[Piece]:
    sections = extract(document.name, document.media_type, document.content)
    return pieces(sections, base.chunk_chars, base.overlap_chars)


async def _read(session: AsyncSession, order: DocumentOrder) -> tuple[KnowledgeDocument, KnowledgeBase] | None:
    """The document with its content, if this is still what it holds."""
    query = (
        select(KnowledgeDocument, KnowledgeBase)
        .join(KnowledgeBase, KnowledgeBase.id == KnowledgeDocument.base_id)
        .options(undefer(KnowledgeDocument.content))
        .where(KnowledgeDocument.id == UUID(order.document_id), KnowledgeDocument.revision == order.revision)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def _base(session: AsyncSession, order: DocumentOrder) -> KnowledgeBase | None:
    """The base of the document, if this is still its content."""
    query = (
        select(KnowledgeBase)
        .join(KnowledgeDocument, KnowledgeDocument.base_id == KnowledgeBase.id)
        .where(KnowledgeDocument.id == UUID(order.document_id), KnowledgeDocument.revision == order.revision)
    )
    base: KnowledgeBase | None = await session.scalar(query)
    return base


async def _locked(session: AsyncSession, order: DocumentOrder) -> bool:
    """Hold the document; whether this is still its content."""
    query = select(KnowledgeDocument.revision).where(KnowledgeDocument.id == UUID(order.document_id))
    return await session.scalar(query.with_for_update()) == order.revision


async def _numbers(session: AsyncSession, base: KnowledgeBase, count: int, **known: int) -> int:
    """The first of so many numbers that follow each other in the order of commits: others wait until ours is done."""
    counted = update(KnowledgeBase).where(KnowledgeBase.id == base.id).values(seq=KnowledgeBase.seq + count, **known)
    last: int = (await session.scalars(counted.returning(KnowledgeBase.seq))).one()
    return last - count + 1


async def _write(
    session: AsyncSession, document: KnowledgeDocument, order: DocumentOrder, cut: Sequence[Piece], first: int
) -> int:
    """Insert what is new, with numbers; how many pieces the content before had too."""
    before = set(
        await session.scalars(select(KnowledgeChunk.hash).where(*_of(order), KnowledgeChunk.revision < order.revision))
    )
    for start in range(0, len(cut), _ROWS):
        rows = [
            {
                "workspace_id": document.workspace_id,
                "base_id": document.base_id,
                "document_id": document.id,
                "revision": order.revision,
                "position": piece.position,
                "hash": piece.hash,
                "text": piece.text,
                "page": piece.page,
                "heading": piece.heading,
                "seq": first + place,
            }
            for place, piece in enumerate(cut[start : start + _ROWS], start)
        ]
        statement = insert(KnowledgeChunk).values(rows)
        moved = {name: statement.excluded[name] for name in ("revision", "position", "page", "heading")}
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=[KnowledgeChunk.document_id, KnowledgeChunk.hash], set_=moved
            )
        )
    return sum(piece.hash in before for piece in cut)


async def _missing(session: AsyncSession, order: DocumentOrder) -> int:
    query = select(func.count()).where(*_of(order), *_new(order))
    return await session.scalar(query) or 0


async def _unembedded(session: AsyncSession, order: DocumentOrder, after: int, most: int) -> Sequence[KnowledgeChunk]:
    query = select(KnowledgeChunk).where(*_of(order), *_new(order), KnowledgeChunk.position > after)
    return (await session.scalars(query.order_by(KnowledgeChunk.position).limit(most))).all()


def _of(order: DocumentOrder) -> tuple[Any, ...]:
    return (KnowledgeChunk.document_id == UUID(order.document_id),)


def _new(order: DocumentOrder) -> tuple[Any, ...]:
    return (KnowledgeChunk.revision == order.revision, KnowledgeChunk.embedding.is_(None))


def _current(order: DocumentOrder) -> Any:
    return update(KnowledgeDocument).where(
        KnowledgeDocument.id == UUID(order.document_id), KnowledgeDocument.revision == order.revision
    )


def _dimensions(base: KnowledgeBase, made: Embedded) -> int:
    """Length of the vectors of the base.

    Raises:
        PerdureError: `invalid_config` if its model gives others by now.
    """
    length = len(made.vectors[0])
    if base.dimensions not in (None, length):
        message = (
            f"The model {made.model} gives vectors of length {length}, but those of the knowledge base {base.slug!r} "
            f"have {base.dimensions}; make another base for it."
        )
        raise PerdureError(ErrorCode.INVALID_CONFIG, message)
    return length


async def _store(session: AsyncSession, base: KnowledgeBase, vectors: Sequence[Vector]) -> None:
    """Commit vectors with numbers, so that indexes take them over."""
    first = await _numbers(session, base, len(vectors), dimensions=len(unpacked(vectors[0].data)))
    chunk = cast("Table", KnowledgeChunk.__table__)
    statement = (
        update(chunk)
        .where(chunk.c.id == bindparam("chunk"))
        .values(embedding=bindparam("data"), seq=bindparam("number"))
    )
    rows = [{"chunk": one.chunk_id, "data": one.data, "number": first + place} for place, one in enumerate(vectors)]
    await (await session.connection()).execute(statement, rows)


def _usage(workspace_id: str, tokens_in: int, cost_usd: float) -> UsageEntry:
    return UsageEntry(workspace_id=UUID(workspace_id), tokens_in=tokens_in, tokens_out=0, cost_usd=cost_usd)
