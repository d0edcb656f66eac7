"""Starts what documents wait for: the row is the promise, the sweep keeps it whatever was lost."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Select, delete, func, or_, select, update
from temporalio.client import Client

from db.session import Database
from db.tables import AgentMemory, KnowledgeDocument, KnowledgeRemoval
from engine.starting import start_each, start_once
from schemas.knowledge import INGEST_DOCUMENT, REMOVE_VECTORS, DocumentOrder, RemovalOrder

QUIET: Final = timedelta(minutes=10)
"""A document that was started so long ago and is not ready may have lost its workflow."""

LONG_QUIET: Final = timedelta(days=2)
"""The same of a removal, which waits for a server for a day."""

_BATCH: Final = 50
_UNFINISHED: Final = ("pending", "running")


class IngestionStarter:
    """The sweep over documents.

    Args:
        database: Where they are.
        client: Starts their workflows.
    """

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    async def sweep(self) -> int:
        """Start what waits; how many."""
        started = await start_each(await self._due(), self._start, self._tried)
        return started + await start_each(await self._removals(), self._remove, self._tried_to_remove)

    @property
    def waits(self) -> tuple[Select[KnowledgeDocument], Select[KnowledgeRemoval]]:
        """What the sweep is about."""
        now = func.clock_timestamp()
        lost = KnowledgeDocument.dispatched_at < now - QUIET
        documents = select(KnowledgeDocument).where(
            KnowledgeDocument.status.in_(_UNFINISHED), or_(KnowledgeDocument.dispatched_at.is_(None), lost)
        )
        lost = KnowledgeRemoval.dispatched_at < now - LONG_QUIET
        return documents, select(KnowledgeRemoval).where(or_(KnowledgeRemoval.dispatched_at.is_(None), lost))

    async def _removals(self) -> Sequence[KnowledgeRemoval]:
        _, query = self.waits
        async with self._database.system() as session:
            return (await session.scalars(query.order_by(KnowledgeRemoval.created_at).limit(_BATCH))).all()

    async def _remove(self, removal: KnowledgeRemoval) -> None:
        order = RemovalOrder(
            workspace_id=str(removal.workspace_id),
            removal_id=str(removal.id),
            base_id=str(removal.base_id),
            document_id=None if removal.document_id is None else str(removal.document_id),
            dimensions=removal.dimensions,
        )
        await start_once(self._client, REMOVE_VECTORS, order, f"remove-vectors-{removal.id}")

    async def _tried_to_remove(self, removal: KnowledgeRemoval) -> None:
        started = update(KnowledgeRemoval).where(KnowledgeRemoval.id == removal.id)
        async with self._database.tenant(removal.workspace_id) as session:
            await session.execute(started.values(dispatched_at=func.clock_timestamp()))

    async def _due(self) -> Sequence[KnowledgeDocument]:
        query, _ = self.waits
        async with self._database.system() as session:
            return (await session.scalars(query.order_by(KnowledgeDocument.created_at).limit(_BATCH))).all()

    async def _start(self, document: KnowledgeDocument) -> None:
        order = DocumentOrder(
            workspace_id=str(document.workspace_id), document_id=str(document.id), revision=document.revision
        )
        await start_once(self._client, INGEST_DOCUMENT, order, ingestion_workflow_id(document.id, document.revision))

    async def _tried(self, document: KnowledgeDocument) -> None:
        started = update(KnowledgeDocument).where(
            KnowledgeDocument.id == document.id, KnowledgeDocument.revision == document.revision
        )
        async with self._database.tenant(document.workspace_id) as session:
            await session.execute(started.values(dispatched_at=func.clock_timestamp()))


def ingestion_workflow_id(document_id: UUID, revision: int) -> str:
    """Id of the Temporal workflow that takes a content of a document in."""
    return f"ingest-{document_id}.{revision}"


async def forget_memories(database: Database) -> int:
    """Delete facts whose time is over; how many."""
    over = delete(AgentMemory).where(AgentMemory.expires_at <= func.clock_timestamp()).returning(AgentMemory.id)
    async with database.system() as session:
        return len((await session.scalars(over)).all())
