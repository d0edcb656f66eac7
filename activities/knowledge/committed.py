"""What the database holds of a base, in the order of its commits: what an index is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from activities.knowledge.index import Shelf
from db.session import Database
from db.tables import KnowledgeChunk


@dataclass(frozen=True)
class Committed:
    """A piece."""

    chunk_id: int
    document_id: UUID
    text: str
    data: bytes | None
    """Its vector; null if it has none yet."""
    seq: int


async def committed(database: Database, shelf: Shelf, after: int, most: int) -> Sequence[Committed]:
    """The next pieces after a number."""
    chunk = KnowledgeChunk
    query = (
        select(chunk.id, chunk.document_id, chunk.text, chunk.embedding, chunk.seq)
        .where(chunk.base_id == shelf.base_id, chunk.seq > after)
        .order_by(chunk.seq)
        .limit(most)
    )
    async with database.tenant(shelf.workspace_id) as session:
        rows = (await session.execute(query)).all()
    return [Committed(row[0], row[1], row[2], row[3], row[4] or 0) for row in rows]
