"""Contents of a document that follow each other closely: the newest one is found whole, and is paid for as it is."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from activities.knowledge.embedded import EmbeddedIndex
from activities.knowledge.index import Shelf
from activities.knowledge.ingestion import KnowledgeServices
from activities.step import Services
from db.session import Database
from db.tables import KnowledgeBase, KnowledgeChunk, KnowledgeDocument, UsageEntry
from schemas.errors import ErrorCode, PerdureError
from schemas.knowledge import DocumentOrder

BOTH, ONE = "# A\n\nTea.\n\n# B\n\nCoffee.", "# A\n\nTea."


class Meanwhile(EmbeddedIndex):
    """While it forgets pieces, other content of the document is taken in."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.services = KnowledgeServices(database, Services.__new__(Services), self)
        self.newer: DocumentOrder | None = None
        self.task: asyncio.Task[None] | None = None

    async def remove(self, shelf: Shelf, chunk_ids: Sequence[int]) -> None:
        if self.newer is not None:
            order, self.newer = self.newer, None
            self.task = asyncio.create_task(self._take_in(order))
            await asyncio.wait([self.task], timeout=0.5)

    async def _take_in(self, order: DocumentOrder) -> None:
        await written(self._database, order, BOTH)
        await self.services._extract(order)


class Away(EmbeddedIndex):
    """An index that is not there."""

    async def check(self) -> None:
        raise PerdureError(ErrorCode.UPSTREAM_FAILED, "Away.")


async def written(database: Database, order: DocumentOrder, text: str) -> None:
    async with database.tenant(order.workspace_id) as session:
        own = update(KnowledgeDocument).where(KnowledgeDocument.id == UUID(order.document_id))
        await session.execute(own.values(content=text.encode(), revision=order.revision))


async def pieces(database: Database, order: DocumentOrder) -> dict[str | None, int]:
    """Revisions by heading."""
    async with database.tenant(order.workspace_id) as session:
        query = select(KnowledgeChunk.heading, KnowledgeChunk.revision)
        rows = await session.execute(query.where(KnowledgeChunk.document_id == UUID(order.document_id)))
    return {row[0]: row[1] for row in rows}


@pytest.fixture
async def order(database: Database, workspace_id: UUID) -> DocumentOrder:
    """Of a document that says both."""
    own = {"workspace_id": workspace_id, "created_by": "a"}
    base, document = uuid4(), uuid4()
    async with database.tenant(workspace_id) as session:
        named = {"slug": f"b-{base.hex}", "name": "B", "model": "default"}
        session.add(KnowledgeBase(**own, **named, id=base, chunk_chars=100, overlap_chars=0))
        await session.flush()
        held = {"name": "d.md", "media_type": "text/markdown", "content_hash": "h", "size": 1}
        session.add(KnowledgeDocument(**own, **held, id=document, base_id=base, content=BOTH.encode()))
    return DocumentOrder(workspace_id=str(workspace_id), document_id=str(document), revision=1)


async def test_no_content_takes_pieces_from_a_newer_one(database: Database, order: DocumentOrder) -> None:
    index = Meanwhile(database)
    second, third = (order.model_copy(update={"revision": number}) for number in (2, 3))
    assert (await index.services._extract(order)).chunks == 2
    await written(database, second, ONE)
    await index.services._extract(second)
    index.newer = third
    await index.services._finish(second)
    assert index.task is not None
    await index.task
    assert await pieces(database, order) == {"A": 3, "B": 3}
    # What began earlier and comes later changes nothing.
    assert (await index.services._extract(second)).outdated
    await index.services._finish(second)
    assert await pieces(database, order) == {"A": 3, "B": 3}
    await index.close()


async def test_nothing_is_paid_for_while_the_index_is_away(database: Database, order: DocumentOrder) -> None:
    index = Away(database)
    services = KnowledgeServices(database, Services.__new__(Services), index)
    assert (await services._extract(order)).missing == 2
    with pytest.raises(PerdureError, match="Away"):
        await services._embed(order)
    async with database.tenant(order.workspace_id) as session:
        assert (await session.scalars(select(UsageEntry))).all() == []
    await index.close()
